/** The whole answer of the contract as bytes: encoded fragments, copied into one buffer of exactly the length they have, or as they lie. */
import type { BodyBuffers } from './body-buffers.ts';
import { HANDLE_STATUSES, NO_SCORE, SEVERITY_LEVELS, type ServerColumns } from './columns.ts';
import type { Overlay } from './overlay.ts';
import type { PageRows } from './page.ts';
import { riskJson } from './risk-json.ts';
import type { RowEncoder } from './row-encoder.ts';

const ROW_PUNCTUATION_BYTES = 3;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const END = ']}';

interface PlacedRow {
  readonly columns: ServerColumns;
  readonly row: number;
  readonly group: Buffer;
  readonly risk: string;
}

/** Answers of up to so many bytes are put together in one buffer, which is quicker to send; 40,000 ids are 1 MiB. */
export const BODY_IN_ONE_BYTES_MAX = 8 * 1024 * 1024;

/** `{"total_num":…,"data_list":[…]}`, in one buffer of `buffers`, or in parts where it is larger than `inOneMax` bytes. */
export function pageBody(
  { total, rows }: PageRows,
  overlay: Overlay,
  encoder: RowEncoder,
  { buffers, inOneMax }: { readonly buffers: BodyBuffers; readonly inOneMax: number },
): readonly Buffer[] {
  const { heads, lists } = encoder;
  const start = `{"total_num":${total},"data_list":[`;
  let length = start.length + END.length - (rows.length > 0 ? 1 : 0);
  const placed: PlacedRow[] = [];
  for (const position of rows) {
    const columns = position < 0 ? overlay.columns : overlay.snapshot.columns;
    const row = position < 0 ? -1 - position : position;
    const group = encoder.groups.fields(columns.words.groupId[row] ?? 0);
    const risk = riskOf(columns, row);
    placed.push({ columns, row, group, risk });
    length += heads.length(columns.words.head[row] ?? 0) + group.length + risk.length;
    length += lists.fragmentLength(columns.words.list[row] ?? 0) + ROW_PUNCTUATION_BYTES;
  }
  if (length > inOneMax) return bodyInParts(start, placed, encoder);
  const body = buffers.take(length);
  let at = body.write(start, 0, 'latin1');
  for (const { columns, row, group, risk } of placed) {
    if (at > start.length) {
      body[at] = COMMA;
      at += 1;
    }
    body[at] = OPEN_BRACE;
    at = heads.copy(columns.words.head[row] ?? 0, body, at + 1);
    at += group.copy(body, at);
    at += body.write(risk, at, 'latin1');
    at = lists.copyFragment(columns.words.list[row] ?? 0, body, at);
    body[at] = CLOSE_BRACE;
    at += 1;
  }
  body.write(END, at, 'latin1');
  return [body];
}

/** The lists where they lie, so that a page of servers with a million ids each takes no more memory than any other. */
function bodyInParts(
  start: string,
  placed: readonly PlacedRow[],
  { heads, lists }: RowEncoder,
): readonly Buffer[] {
  const parts: Buffer[] = [];
  let before = start;
  for (const { columns, row, group, risk } of placed) {
    const head = heads.view(columns.words.head[row] ?? 0);
    parts.push(Buffer.concat([Buffer.from(`${before}{`), head, group, Buffer.from(risk)]));
    parts.push(lists.viewFragment(columns.words.list[row] ?? 0));
    before = '},';
  }
  parts.push(Buffer.from(`}${END}`));
  return parts;
}

function riskOf(columns: ServerColumns, row: number): string {
  const score = columns.words.score[row] ?? NO_SCORE;
  return riskJson({
    scanTime: columns.numbers.scanTime[row] ?? 0,
    severityLevel: SEVERITY_LEVELS[columns.words.severityLevel[row] ?? 0] ?? '',
    score: score === NO_SCORE ? undefined : score,
    handleStatus: HANDLE_STATUSES[columns.words.handleStatus[row] ?? 0] ?? 'unhandled',
    counts: columns.counts(row),
  });
}
