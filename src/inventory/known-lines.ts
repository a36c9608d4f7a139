import type { LineReader } from './formats/report-lines.ts';
import type { CheckedPackage, PackageList } from './package-list.ts';

/** Lines kept of each section of reports; a line takes about a kilobyte with what it reads as. */
export const LINES_KEPT_MAX = 60_000;
/** A longer line is read each time, in characters. */
export const LINE_KEPT_LENGTH_MAX_CHARS = 512;

interface Kept {
  recent: Map<string, CheckedPackage>;
  earlier: Map<string, CheckedPackage>;
}

/**
 * What lines of reports read as, kept from one report to the next: servers of a fleet say the same of most of their packages,
 * and a server the same as last time. What was not read again while half of `LINES_KEPT_MAX` others came in is forgotten.
 */
export class KnownLines {
  readonly #bySection = new Map<LineReader, Kept>();

  /** Adds to `list` what the line reads as by `read`; `where` names its place where something is wrong with it. */
  read(read: LineReader, line: string, list: PackageList, where: () => string): void {
    if (line.length > LINE_KEPT_LENGTH_MAX_CHARS) {
      read(line, where(), list);
      return;
    }
    const kept = this.#keptBy(read);
    const recent = kept.recent.get(line);
    if (recent !== undefined) {
      list.addChecked(recent);
      return;
    }
    // A part of a text holds on to all of it, so what is kept is a copy.
    const own = Buffer.from(line).toString();
    const earlier = kept.earlier.get(line);
    if (earlier !== undefined) list.addChecked(earlier);
    const known = earlier ?? read(own, where(), list);
    if (known === undefined) return;
    if (kept.recent.size >= LINES_KEPT_MAX / 2) {
      kept.earlier = kept.recent;
      kept.recent = new Map();
    }
    kept.recent.set(own, known);
  }

  #keptBy(read: LineReader): Kept {
    let kept = this.#bySection.get(read);
    if (kept === undefined) {
      kept = { recent: new Map(), earlier: new Map() };
      this.#bySection.set(read, kept);
    }
    return kept;
  }
}
