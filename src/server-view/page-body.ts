/** The whole answer of the contract as bytes: encoded fragments, copied into one buffer of exactly the length they have. */
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

interface PlacedRow {
  readonly columns: ServerColumns;
  readonly row: number;
  readonly group: Buffer;
  readonly risk: string;
}

/** `{"total_num":…,"data_list":[…]}`. */
export function pageBody(
  { total, rows }: PageRows,
  overlay: Overlay,
  encoder: RowEncoder,
  buffers: BodyBuffers,
): Buffer {
  const { heads, lists } = encoder;
  const start = `{"total_num":${total},"data_list":[`;
  const end = ']}';
  let length = start.length + end.length - (rows.length > 0 ? 1 : 0);
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
  body.write(end, at, 'latin1');
  return body;
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
