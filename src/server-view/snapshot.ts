/**
 * The base of the read model: servers in the view's order, so that a position is a rank, with a set of positions for every
 * value that a filter may name. A snapshot is built aside, in steps, and never changed afterwards.
 */
import { FINDING_STATUS_WORDS } from '../findings/finding.ts';
import { BitPositions, emptyWords, setBit } from './bitset.ts';
import { compareRows, DIMENSIONS, type Dimension, ServerColumns, type SoughtText } from './columns.ts';
import { IdMap } from './id-map.ts';
import { ListPositions, POSITIONS_PER_LIST_MEMBER, type PositionSet } from './position-set.ts';
import { type StemPositions, stemPositions } from './stem-positions.ts';
import type { TextStems } from './text-stems.ts';

/** Rows handled between two places where whoever builds may pause. */
const ROWS_A_STEP = 1024;
const SORTED_RUN_ROWS = 512;

export interface Snapshot {
  readonly columns: ServerColumns;
  readonly ids: IdMap;
  /** By dimension and code; a code that came later has none. */
  readonly byValue: Readonly<Record<Dimension, readonly PositionSet[]>>;
  /** By the number of a finding's status. */
  readonly byStatus: readonly PositionSet[];
  readonly byStem: Readonly<Record<SoughtText, StemPositions>>;
  readonly bytes: number;
}

/** A snapshot of the rows that `fill` appends in the view's order; they come from `sources`. */
export function* buildSnapshot(
  fill: (columns: ServerColumns) => Generator<void>,
  sources: readonly ServerColumns[],
  stems: Readonly<Record<SoughtText, TextStems>>,
): Generator<void, Snapshot> {
  const rows = sources.reduce((sum, columns) => sum + columns.count, 0);
  const columns = new ServerColumns(rows, sources);
  yield;
  yield* fill(columns);
  const ids = new IdMap(columns.texts.id);
  for (let from = 0; from < columns.count; from += ROWS_A_STEP) {
    ids.addRange(from, Math.min(columns.count, from + ROWS_A_STEP));
    yield;
  }
  const byValue: Record<Dimension, readonly PositionSet[]> = {
    enterpriseProjectId: [],
    groupId: [],
    assetValue: [],
    severityLevel: [],
    handleStatus: [],
    clusterId: [],
    nodeType: [],
  };
  for (const dimension of DIMENSIONS)
    byValue[dimension] = yield* setsByCode(columns.words[dimension], columns.count);
  const byStatus: PositionSet[] = [];
  for (const status of FINDING_STATUS_WORDS.keys())
    byStatus.push(yield* setOfBit(columns.words.statusBits, columns.count, status));
  const { count } = columns;
  const byStem = {
    nameFolded: yield* stemPositions(columns.words.nameFolded, count, stems.nameFolded),
    publicIp: yield* stemPositions(columns.words.publicIp, count, stems.publicIp),
    privateIp: yield* stemPositions(columns.words.privateIp, count, stems.privateIp),
  };
  let bytes = columns.bytes + ids.bytes;
  for (const positions of Object.values(byStem)) bytes += positions.bytes;
  for (const sets of [...Object.values(byValue), byStatus])
    bytes += sets.reduce((sum, set) => sum + set.bytes, 0);
  return { columns, ids, byValue, byStatus, byStem, bytes };
}

/** The positions of each code: bits where it is common, a list where it is rare, so that ten thousand groups cost no more. */
function* setsByCode(codes: Uint32Array, count: number): Generator<void, readonly PositionSet[]> {
  const members: number[] = [];
  for (let from = 0; from < count; from += ROWS_A_STEP) {
    const to = Math.min(count, from + ROWS_A_STEP);
    for (let at = from; at < to; at += 1) {
      const code = codes[at] ?? 0;
      members[code] = (members[code] ?? 0) + 1;
    }
    yield;
  }
  const words: (Uint32Array | undefined)[] = [];
  const lists: (Uint32Array | undefined)[] = [];
  // A loop by index: codes that no server has leave holes.
  for (let code = 0; code < members.length; code += 1) {
    const size = members[code] ?? 0;
    if (size * POSITIONS_PER_LIST_MEMBER > count) words[code] = emptyWords(count);
    else lists[code] = new Uint32Array(size);
  }
  const filled = new Uint32Array(members.length);
  for (let from = 0; from < count; from += ROWS_A_STEP) {
    const to = Math.min(count, from + ROWS_A_STEP);
    for (let at = from; at < to; at += 1) {
      const code = codes[at] ?? 0;
      const bits = words[code];
      const list = lists[code];
      if (bits !== undefined) {
        setBit(bits, at);
      } else if (list !== undefined) {
        const next = filled[code] ?? 0;
        list[next] = at;
        filled[code] = next + 1;
      }
    }
    yield;
  }
  const sets: PositionSet[] = [];
  for (let code = 0; code < members.length; code += 1) {
    const bits = words[code];
    sets.push(
      bits === undefined
        ? new ListPositions(lists[code] ?? new Uint32Array(0), true)
        : new BitPositions(bits, { isOfSnapshot: true }),
    );
    if (bits !== undefined) yield;
  }
  return sets;
}

function* setOfBit(values: Uint32Array, count: number, bit: number): Generator<void, PositionSet> {
  const words = emptyWords(count);
  for (let from = 0; from < count; from += ROWS_A_STEP * 8) {
    const to = Math.min(count, from + ROWS_A_STEP * 8);
    for (let at = from; at < to; at += 1) if ((((values[at] ?? 0) >>> bit) & 1) === 1) setBit(words, at);
    yield;
  }
  return new BitPositions(words, { isOfSnapshot: true });
}

/** The rows of `columns` in the view's order: sorted runs, then merged, in steps (a sort of 2,000,000 takes over a second). */
export function* sortedRows(columns: ServerColumns): Generator<void, Int32Array> {
  const { count } = columns;
  let rows = new Int32Array(count);
  for (let from = 0; from < count; from += SORTED_RUN_ROWS) {
    const to = Math.min(count, from + SORTED_RUN_ROWS);
    for (let at = from; at < to; at += 1) rows[at] = at;
    rows.subarray(from, to).sort((a, b) => compareRows(columns, a, columns, b));
    yield;
  }
  let merged = new Int32Array(count);
  for (let width = SORTED_RUN_ROWS; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(count, from + width);
      const end = Math.min(count, from + 2 * width);
      let left = from;
      let right = middle;
      for (let at = from; at < end; at += 1) {
        const takesLeft =
          left < middle &&
          (right >= end || compareRows(columns, rows[left] ?? 0, columns, rows[right] ?? 0) <= 0);
        merged[at] = rows[takesLeft ? left : right] ?? 0;
        if (takesLeft) left += 1;
        else right += 1;
        if (at % ROWS_A_STEP === 0) yield;
      }
    }
    [rows, merged] = [merged, rows];
  }
  return rows;
}

/** The first position of a snapshot that does not come before a row of other columns. */
export function positionBefore(snapshot: Snapshot, columns: ServerColumns, row: number): number {
  let low = 0;
  let high = snapshot.columns.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRows(snapshot.columns, middle, columns, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
