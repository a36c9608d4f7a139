/**
 * Servers as columns: a row is one version of one server, written once and never changed but for what nothing is sorted or
 * filtered by (`takeMarks`). The same form holds what is loaded, a snapshot in the view's order, and the rows that have
 * changed since.
 */
import type { ServerRow } from './server-view.ts';
import { TextColumn } from './text-column.ts';
import type { FindingsRecord, ViewRecord } from './view-record.ts';

export const DIMENSIONS = [
  'enterpriseProjectId',
  'groupId',
  'assetValue',
  'severityLevel',
  'handleStatus',
  'clusterId',
  'nodeType',
] as const;

/** A field of few values, kept as a code and indexed by value. */
export type Dimension = (typeof DIMENSIONS)[number];

const TEXTS = ['id', 'name', 'nameFolded', 'publicIp', 'privateIp'] as const;
/** Texts in which parts are looked for; a row's word of that name is the one of `TextStems`. */
export const SOUGHT_TEXTS = ['nameFolded', 'publicIp', 'privateIp'] as const;
export type SoughtText = (typeof SOUGHT_TEXTS)[number];
const NUMBERS = ['worstFirst', 'worstNext', 'scanTime'] as const;
/** What makes two rows of one server read differently; their texts stand in their heads. */
const READ_WORDS = ['list', 'score', 'statusBits', ...DIMENSIONS] as const;
const WORDS = ['head', 'version', 'pass', 'set', ...SOUGHT_TEXTS, ...READ_WORDS] as const;

type TextName = (typeof TEXTS)[number];
type NumberName = (typeof NUMBERS)[number];
type WordName = (typeof WORDS)[number];

/** What a row is made of beside the record itself. */
export interface RowParts {
  readonly nameFolded: string;
  readonly codes: Readonly<Record<Dimension, number>>;
  readonly stems: Readonly<Record<SoughtText, number>>;
  /** Address of the encoded fields that are the server's own. */
  readonly head: number;
  /** Slot of its list in `ShownSets`. */
  readonly set: number;
  /** Number of its list in `ShownLists`. */
  readonly list: number;
  /** The pass of comparing in which it was written or compared last. */
  readonly pass: number;
}

/** What of these an assessment changes. */
export interface RowFindings extends Pick<RowParts, 'set' | 'list' | 'pass'> {
  readonly severityLevel: number;
  readonly handleStatus: number;
}

/** A row and the columns that have it. */
export interface FoundRow {
  readonly columns: ServerColumns;
  readonly row: number;
}

/** Codes of these two dimensions are the indexes here: rows are written from them. */
export const SEVERITY_LEVELS: readonly ServerRow['severityLevel'][] = [
  '',
  'High',
  'Medium',
  'Low',
  'Security',
];
export const HANDLE_STATUSES: readonly ServerRow['handleStatus'][] = ['unhandled', 'handled'];

/** Score of a row that has none. */
export const NO_SCORE = 255;

const ROWS_A_STEP = 4_096;
const COUNT_BITS = 21;
const COUNT_SPAN = 2 ** COUNT_BITS;
/** Findings of one priority that a row can count: more than any server has packages times advisories. */
export const COUNT_MAX = COUNT_SPAN - 1;

export class ServerColumns {
  readonly texts: Readonly<Record<TextName, TextColumn>>;
  readonly numbers: Record<NumberName, Float64Array>;
  readonly words: Record<WordName, Uint32Array>;
  /** Those of `numbers` and of `words` one after the other: a row by itself is copied by a plain loop over them. */
  #numberArrays: readonly Float64Array[] = [];
  #wordArrays: readonly Uint32Array[] = [];
  #count = 0;

  /** Room for so many rows, and for texts of as many bytes as `like` has; it grows where that is not enough. */
  constructor(rows: number, like: readonly ServerColumns[] = []) {
    const text = (name: TextName): TextColumn =>
      like.length === 0
        ? new TextColumn(rows)
        : new TextColumn(
            rows,
            like.reduce((sum, columns) => sum + columns.texts[name].length, 0),
          );
    this.texts = {
      id: text('id'),
      name: text('name'),
      nameFolded: text('nameFolded'),
      publicIp: text('publicIp'),
      privateIp: text('privateIp'),
    };
    const numbers = (): Float64Array => new Float64Array(rows);
    this.numbers = { worstFirst: numbers(), worstNext: numbers(), scanTime: numbers() };
    const words = (): Uint32Array => new Uint32Array(rows);
    this.words = {
      head: words(),
      version: words(),
      pass: words(),
      set: words(),
      nameFolded: words(),
      publicIp: words(),
      privateIp: words(),
      list: words(),
      score: words(),
      statusBits: words(),
      enterpriseProjectId: words(),
      groupId: words(),
      assetValue: words(),
      severityLevel: words(),
      handleStatus: words(),
      clusterId: words(),
      nodeType: words(),
    };
    this.#listArrays();
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    let bytes = 0;
    for (const name of TEXTS) bytes += this.texts[name].bytes;
    for (const name of NUMBERS) bytes += this.numbers[name].byteLength;
    for (const name of WORDS) bytes += this.words[name].byteLength;
    return bytes;
  }

  /** Appends a row; answers its number. */
  append(record: ViewRecord, parts: RowParts): number {
    const row = this.#count;
    this.#reserve(1);
    this.numbers.scanTime[row] = record.scanTime;
    this.words.head[row] = parts.head;
    const { severityLevel, handleStatus } = parts.codes;
    this.#setFindings(row, record, { ...parts, severityLevel, handleStatus });
    for (const dimension of DIMENSIONS) this.words[dimension][row] = parts.codes[dimension];
    for (const text of SOUGHT_TEXTS) this.words[text][row] = parts.stems[text];
    this.texts.id.append(record.id);
    this.texts.name.append(record.name);
    this.texts.nameFolded.append(parts.nameFolded);
    this.texts.publicIp.append(record.publicIp);
    this.texts.privateIp.append(record.privateIp);
    this.#count += 1;
    return row;
  }

  /** Appends a row of other columns, or of these, with other findings; answers its number. */
  appendWithFindings(held: FoundRow, record: FindingsRecord, findings: RowFindings): number {
    const row = this.#count;
    this.appendFrom(held.columns, held.row, held.row + 1);
    this.#setFindings(row, record, findings);
    return row;
  }

  /** Appends the rows `from` to `to` (exclusive) of other columns. */
  appendFrom(other: ServerColumns, from: number, to: number): void {
    this.#reserve(to - from);
    const at = this.#count;
    if (to - from === 1) {
      copyRow(this.#numberArrays, at, other.#numberArrays, from);
      copyRow(this.#wordArrays, at, other.#wordArrays, from);
    } else {
      for (const name of NUMBERS) this.numbers[name].set(other.numbers[name].subarray(from, to), at);
      for (const name of WORDS) this.words[name].set(other.words[name].subarray(from, to), at);
    }
    for (const name of TEXTS) this.texts[name].appendFrom(other.texts[name], from, to);
    this.#count += to - from;
  }

  /**
   * Appends rows of other columns in this order, column by column: a fifth of the time that row by row takes. A row of `changed`
   * is named by `~row`.
   */
  *gather(rows: Int32Array, kept: ServerColumns, changed: ServerColumns = kept): Generator<void> {
    const first = this.#count;
    this.#reserve(rows.length);
    for (const name of NUMBERS)
      yield* gatherNumbers(
        this.numbers[name].subarray(first),
        rows,
        kept.numbers[name],
        changed.numbers[name],
      );
    for (const name of WORDS)
      yield* gatherNumbers(this.words[name].subarray(first), rows, kept.words[name], changed.words[name]);
    for (const name of TEXTS)
      yield* gatherTexts(this.texts[name], rows, kept.texts[name], changed.texts[name]);
    this.#count += rows.length;
  }

  /** Takes the last row back. */
  dropLast(): void {
    this.#count -= 1;
    for (const name of TEXTS) this.texts[name].dropLast();
  }

  /** Takes over what a change that shows nothing changes: when a row was scanned, written and compared, and its set. */
  takeMarks(row: number, other: ServerColumns, otherRow: number): void {
    this.numbers.scanTime[row] = other.numbers.scanTime[otherRow] ?? 0;
    this.words.version[row] = other.words.version[otherRow] ?? 0;
    this.words.pass[row] = other.words.pass[otherRow] ?? 0;
    this.words.set[row] = other.words.set[otherRow] ?? 0;
  }

  counts(row: number): ViewRecord['counts'] {
    const worstFirst = this.numbers.worstFirst[row] ?? 0;
    const worstNext = this.numbers.worstNext[row] ?? 0;
    return {
      critical: inverted(Math.floor(worstFirst / COUNT_SPAN) % COUNT_SPAN),
      high: inverted(worstFirst % COUNT_SPAN),
      medium: inverted(Math.floor(worstNext / COUNT_SPAN)),
      low: inverted(worstNext % COUNT_SPAN),
    };
  }

  #setFindings(row: number, record: FindingsRecord, findings: RowFindings): void {
    const { counts } = record;
    this.numbers.worstFirst[row] =
      (record.sortRank * COUNT_SPAN + inverted(counts.critical)) * COUNT_SPAN + inverted(counts.high);
    this.numbers.worstNext[row] = inverted(counts.medium) * COUNT_SPAN + inverted(counts.low);
    this.words.version[row] = record.version;
    this.words.score[row] = record.score ?? NO_SCORE;
    this.words.statusBits[row] = record.statusBits;
    this.words.set[row] = findings.set;
    this.words.list[row] = findings.list;
    this.words.pass[row] = findings.pass;
    this.words.severityLevel[row] = findings.severityLevel;
    this.words.handleStatus[row] = findings.handleStatus;
  }

  #reserve(rows: number): void {
    const held = this.numbers.scanTime.length;
    if (this.#count + rows <= held) return;
    const size = Math.max(this.#count + rows, held * 2);
    for (const name of NUMBERS) {
      const grown = new Float64Array(size);
      grown.set(this.numbers[name]);
      this.numbers[name] = grown;
    }
    for (const name of WORDS) {
      const grown = new Uint32Array(size);
      grown.set(this.words[name]);
      this.words[name] = grown;
    }
    this.#listArrays();
  }

  #listArrays(): void {
    this.#numberArrays = NUMBERS.map((name) => this.numbers[name]);
    this.#wordArrays = WORDS.map((name) => this.words[name]);
  }
}

function copyRow<Column extends Float64Array | Uint32Array>(
  into: readonly Column[],
  at: number,
  other: readonly Column[],
  row: number,
): void {
  for (let index = 0; index < into.length; index += 1) {
    const column = into[index];
    if (column !== undefined) column[at] = other[index]?.[row] ?? 0;
  }
}

function* gatherNumbers<Column extends Float64Array | Uint32Array>(
  into: Column,
  rows: Int32Array,
  kept: Column,
  changed: Column,
): Generator<void> {
  for (let from = 0; from < rows.length; from += ROWS_A_STEP) {
    const to = Math.min(rows.length, from + ROWS_A_STEP);
    for (let at = from; at < to; at += 1) {
      const row = rows[at] ?? 0;
      into[at] = (row < 0 ? changed[~row] : kept[row]) ?? 0;
    }
    yield;
  }
}

/** Texts that lie one after the other are copied at once. */
function* gatherTexts(
  into: TextColumn,
  rows: Int32Array,
  kept: TextColumn,
  changed: TextColumn,
): Generator<void> {
  for (let at = 0, step = ROWS_A_STEP; at < rows.length; ) {
    const row = rows[at] ?? 0;
    const limit = Math.min(rows.length, at + ROWS_A_STEP);
    let end = at + 1;
    if (row < 0) into.appendFrom(changed, ~row, ~row + 1);
    else {
      while (end < limit && rows[end] === row + end - at) end += 1;
      into.appendFrom(kept, row, row + end - at);
    }
    at = end;
    if (at < step) continue;
    step = at + ROWS_A_STEP;
    yield;
  }
}

/** Worst first: score, then Critical, High, Medium, Low counts descending, then name and id as bytes (design.md section 4). */
export function compareRows(a: ServerColumns, rowA: number, b: ServerColumns, rowB: number): number {
  return (
    (a.numbers.worstFirst[rowA] ?? 0) - (b.numbers.worstFirst[rowB] ?? 0) ||
    (a.numbers.worstNext[rowA] ?? 0) - (b.numbers.worstNext[rowB] ?? 0) ||
    a.texts.name.compare(rowA, b.texts.name, rowB) ||
    a.texts.id.compare(rowA, b.texts.id, rowB)
  );
}

/** Whether two rows of one server read the same but for their marks and heads. */
export function isSameRow(a: ServerColumns, rowA: number, b: ServerColumns, rowB: number): boolean {
  for (const name of READ_WORDS) if (a.words[name][rowA] !== b.words[name][rowB]) return false;
  return (
    a.numbers.worstFirst[rowA] === b.numbers.worstFirst[rowB] &&
    a.numbers.worstNext[rowA] === b.numbers.worstNext[rowB]
  );
}

function inverted(count: number): number {
  if (!(count >= 0 && count <= COUNT_MAX))
    throw new RangeError(`a row counts 0 to ${COUNT_MAX} findings, not ${count}`);
  return COUNT_MAX - count;
}
