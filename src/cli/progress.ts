/** Progress on standard error: a bar on a terminal, a line every now and then elsewhere. */
import type { CommandIo } from './command.ts';

const BAR_WIDTH_CHARS = 30;
const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;

export interface Progress {
  /** `done` of `total` units; `total` 0: not known. */
  readonly show: (state: { readonly done: number; readonly total: number; readonly note: string }) => void;
  /** Takes the bar away. */
  readonly end: () => void;
}

/** Starts the progress of one piece of work, named `title`. */
export function startProgress(io: CommandIo, title: string, now: () => number = Date.now): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let width = 0;
  return {
    show: ({ done, total, note }) => {
      const interval = io.errIsTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
      if (now() - shownAt < interval) return;
      shownAt = now();
      const share = total > 0 ? Math.min(1, done / total) : undefined;
      const percent = share === undefined ? '' : `${String(Math.floor(share * 100)).padStart(3)} % `;
      if (!io.errIsTerminal) {
        io.err(`${title}: ${percent}${note}\n`);
        return;
      }
      const filled = Math.round((share ?? 0) * BAR_WIDTH_CHARS);
      const bar =
        share === undefined ? '' : `[${'#'.repeat(filled)}${' '.repeat(BAR_WIDTH_CHARS - filled)}] `;
      const line = `${title} ${bar}${percent}${note}`;
      io.err(`\r${line.padEnd(width)}`);
      width = line.length;
    },
    end: () => {
      if (width > 0) io.err(`\r${' '.repeat(width)}\r`);
      width = 0;
    },
  };
}
