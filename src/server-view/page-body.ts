/** The whole answer of the contract as bytes: encoded fragments, copied into one buffer of exactly the length they have, or as they lie. */
import type { BodyBuffers } from './body-buffers.ts';
import { HANDLE_STATUSES, NO_SCORE, SEVERITY_LEVELS, type ServerColumns } from './columns.ts';
import type { Overlay } from './overlay.ts';
import type { PageRows } from './page.ts';
import { RISK_BYTES_MAX, type Risk, writeRisk } from './risk-json.ts';
import type { RowEncoder } from './row-encoder.ts';

const ROW_PUNCTUATION_BYTES = 3;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const END = ']}';

/** Answers of up to so many bytes are put together in one buffer, which is quicker to send; 40,000 ids are 1 MiB. */
export const BODY_IN_ONE_BYTES_MAX = 8 * 1024 * 1024;

/** `{"total_num":…,"data_list":[…]}`, in one buffer of `buffers`, or in parts where it is larger than `inOneMax` bytes. */
export function pageBody(
  { total, rows }: PageRows,
  overlay: Overlay,
  encoder: RowEncoder,
  { buffers, inOneMax }: { readonly buffers: BodyBuffers; readonly inOneMax: number },
): readonly Buffer[] {
  const { groups, heads, lists } = encoder;
  const start = `{"total_num":${total},"data_list":[`;
  let lengthMax = start.length + END.length;
  for (const position of rows) {
    const { words } = columnsAt(overlay, position);
    const row = rowAt(position);
    lengthMax += heads.length(words.head[row] ?? 0) + groups.fields(words.groupId[row] ?? 0).length;
    lengthMax += RISK_BYTES_MAX + lists.fragmentLength(words.list[row] ?? 0) + ROW_PUNCTUATION_BYTES;
  }
  if (lengthMax > inOneMax) return bodyInParts(start, rows, overlay, encoder);
  const body = buffers.take(lengthMax);
  let at = body.write(start, 0, 'latin1');
  for (const position of rows) {
    const columns = columnsAt(overlay, position);
    const { words } = columns;
    const row = rowAt(position);
    if (at > start.length) {
      body[at] = COMMA;
      at += 1;
    }
    body[at] = OPEN_BRACE;
    at = heads.copy(words.head[row] ?? 0, body, at + 1);
    at += groups.fields(words.groupId[row] ?? 0).copy(body, at);
    at = writeRisk(riskOf(columns, row), body, at);
    at = lists.copyFragment(words.list[row] ?? 0, body, at);
    body[at] = CLOSE_BRACE;
    at += 1;
  }
  at += body.write(END, at, 'latin1');
  return [body.subarray(0, at)];
}

/** The lists where they lie, so that a page of servers with a million ids each takes no more memory than any other. */
function bodyInParts(
  start: string,
  rows: readonly number[],
  overlay: Overlay,
  { groups, heads, lists }: RowEncoder,
): readonly Buffer[] {
  const parts: Buffer[] = [];
  const risk = Buffer.alloc(RISK_BYTES_MAX);
  let before = start;
  for (const position of rows) {
    const columns = columnsAt(overlay, position);
    const { words } = columns;
    const row = rowAt(position);
    const head = heads.view(words.head[row] ?? 0);
    const group = groups.fields(words.groupId[row] ?? 0);
    const riskLength = writeRisk(riskOf(columns, row), risk, 0);
    parts.push(Buffer.concat([Buffer.from(`${before}{`), head, group, risk.subarray(0, riskLength)]));
    parts.push(lists.viewFragment(words.list[row] ?? 0));
    before = '},';
  }
  parts.push(Buffer.from(`}${END}`));
  return parts;
}

function columnsAt({ columns, snapshot }: Overlay, position: number): ServerColumns {
  return position < 0 ? columns : snapshot.columns;
}

/** Below 0 it is a row of the overlay: see `PageRows`. */
function rowAt(position: number): number {
  return position < 0 ? -1 - position : position;
}

function riskOf(columns: ServerColumns, row: number): Risk {
  const score = columns.words.score[row] ?? NO_SCORE;
  return {
    scanTime: columns.numbers.scanTime[row] ?? 0,
    severityLevel: SEVERITY_LEVELS[columns.words.severityLevel[row] ?? 0] ?? '',
    score: score === NO_SCORE ? undefined : score,
    handleStatus: HANDLE_STATUSES[columns.words.handleStatus[row] ?? 0] ?? 'unhandled',
    counts: columns.counts(row),
  };
}
