/**
 * A filter as conditions, each of which can select positions of a snapshot and judge a single row. Those on values are
 * answered from the snapshot's sets; those on texts look through the stems of the texts, or through the texts of the servers
 * that the others leave where these are few.
 */
import { FINDING_STATUSES } from '../findings/finding.ts';
import type { Dimension, ServerColumns, SoughtText } from './columns.ts';
import { intersectionOf, keepWhere, unionOfApart } from './combine-positions.ts';
import { AllPositions, ListPositions, NO_POSITIONS, type PositionSet } from './position-set.ts';
import type { ServerGroups } from './server-groups.ts';
import { foldCase, type ServerFilter } from './server-view.ts';
import type { Snapshot } from './snapshot.ts';
import type { PartPlaces } from './stem-positions.ts';
import { stemJudge, stemOf, type TextStems } from './text-stems.ts';
import type { ValueCodes } from './value-codes.ts';

export interface Condition {
  /** Conditions with the same key are the same. */
  readonly key: string;
  readonly select: (snapshot: Snapshot) => PositionSet;
  /** Makes what judges single rows; about `rows` of them are going to be. */
  readonly judge: (columns: ServerColumns, rows: number) => (row: number) => boolean;
  /** Instead of `select`, of the positions that other conditions leave those for which it holds; undefined: not worth while. */
  readonly keep?: (snapshot: Snapshot, selected: PositionSet) => PositionSet | undefined;
}

export interface FilterValues {
  readonly codes: Readonly<Record<Dimension, ValueCodes>>;
  readonly groups: ServerGroups;
  readonly stems: Readonly<Record<SoughtText, TextStems>>;
}

/** Looking through all texts of a snapshot in one go costs a quarter of what one text after the other costs. */
const SCAN_GAIN = 4;
/** Where fewer rows are judged, looking at each text takes no longer than judging its stem. */
const STEMS_WORTH_ROWS = 2_000;

/** The conditions of a filter. The project is the model's own and not looked at. */
export function conditionsOf(filter: ServerFilter, values: FilterValues): readonly Condition[] {
  const conditions: Condition[] = [];
  const where = <T>(value: T | undefined, condition: (value: T) => Condition): void => {
    if (value !== undefined) conditions.push(condition(value));
  };
  const valued = (dimension: Dimension, texts: readonly string[]): Condition => {
    const codes = texts.map((text) => values.codes[dimension].find(text));
    return hasCode(
      dimension,
      codes.filter((code) => code !== undefined),
    );
  };
  if (filter.enterpriseProjects !== 'all')
    conditions.push(valued('enterpriseProjectId', filter.enterpriseProjects));
  where(filter.assetValue, (value) => valued('assetValue', [value]));
  where(filter.severityLevel, (level) => valued('severityLevel', [level]));
  where(filter.handleStatus, (status) => valued('handleStatus', [status]));
  where(filter.clusterId, (id) => valued('clusterId', [id]));
  where(filter.nodeType, (type) => valued('nodeType', [type]));
  where(filter.status, (status) => hasStatus(FINDING_STATUSES[status]));
  where(filter.ids, hasId);
  where(filter.groupNameContains, (text) => hasCode('groupId', values.groups.codesHolding(foldCase(text))));
  const sought = (name: SoughtText) => (text: string) => holdsText(name, text, values.stems[name]);
  where(filter.nameContains, sought('nameFolded'));
  where(filter.publicIpContains, sought('publicIp'));
  where(filter.privateIpContains, sought('privateIp'));
  return conditions;
}

/** What conditions select, kept for as long as it holds. */
export interface SelectionStore {
  get(key: string): PositionSet | undefined;
  set(key: string, selected: PositionSet): void;
}

/** The positions of a snapshot for which all conditions hold. */
export function selectPositions(
  snapshot: Snapshot,
  conditions: readonly Condition[],
  store: SelectionStore,
): PositionSet {
  const { count } = snapshot.columns;
  const ready: PositionSet[] = [];
  const sought: Condition[] = [];
  for (const condition of conditions) {
    const known = condition.keep === undefined ? undefined : store.get(condition.key);
    if (known !== undefined || condition.keep === undefined) ready.push(known ?? condition.select(snapshot));
    else sought.push(condition);
  }
  let selected = intersectionOf(ready, count);
  for (const condition of sought) {
    selected =
      condition.keep?.(snapshot, selected) ??
      intersectionOf([selected, selectAndKeep(snapshot, condition, store)], count);
  }
  return selected;
}

function selectAndKeep(snapshot: Snapshot, condition: Condition, store: SelectionStore): PositionSet {
  const selected = condition.select(snapshot);
  store.set(condition.key, selected);
  return selected;
}

function hasCode(dimension: Dimension, codes: readonly number[]): Condition {
  const wanted = new Set(codes);
  return {
    key: `${dimension} ${codes.join()}`,
    select: ({ byValue, columns }) => {
      const sets = Array.from(wanted, (code) => byValue[dimension][code] ?? NO_POSITIONS);
      return unionOfApart(sets, columns.count);
    },
    judge: ({ words }) => {
      const column = words[dimension];
      return (row) => wanted.has(column[row] ?? -1);
    },
  };
}

function hasStatus(status: number): Condition {
  return {
    key: `status ${status}`,
    select: (snapshot) => snapshot.byStatus[status] ?? NO_POSITIONS,
    judge: ({ words }) => {
      const { statusBits } = words;
      return (row) => (((statusBits[row] ?? 0) >>> status) & 1) === 1;
    },
  };
}

function hasId(ids: readonly string[]): Condition {
  const wanted = new Set(ids);
  return {
    key: `id ${JSON.stringify(ids)}`,
    select: (snapshot) => {
      const found = [...wanted].map((id) => snapshot.ids.find(id)).filter((position) => position >= 0);
      return new ListPositions(Uint32Array.from(found).sort());
    },
    judge: ({ texts }) => {
      const sought = [...wanted].map((id) => Buffer.from(id, 'utf8'));
      return (row) => sought.some((id) => texts.id.equals(row, id));
    },
  };
}

function holdsText(name: SoughtText, text: string, stems: TextStems): Condition {
  const folded = foldCase(text);
  const part = Buffer.from(folded, 'utf8');
  if (part.length === 0)
    return {
      key: '',
      select: (snapshot) => new AllPositions(snapshot.columns.count),
      judge: () => () => true,
    };
  let places: { readonly of: Snapshot; readonly are: PartPlaces | undefined } | undefined;
  const placesIn = (snapshot: Snapshot): PartPlaces | undefined => {
    if (places?.of !== snapshot) places = { of: snapshot, are: snapshot.byStem[name].placesOf(folded) };
    return places.are;
  };
  return {
    key: `${name} ${folded}`,
    select: (snapshot) => {
      const texts = snapshot.columns.texts[name];
      const found = placesIn(snapshot);
      return found === undefined ? texts.find(part) : snapshot.byStem[name].select(found, texts, part);
    },
    keep: (snapshot, selected) => {
      const texts = snapshot.columns.texts[name];
      const found = placesIn(snapshot);
      if (found !== undefined) return snapshot.byStem[name].keep(selected, found, texts, part);
      if (selected.count > snapshot.columns.count / SCAN_GAIN) return undefined;
      return keepWhere(selected, (position) => texts.holds(position, part));
    },
    judge: (columns, rows) => {
      const holds = (row: number): boolean => columns.texts[name].holds(row, part);
      if (rows < STEMS_WORTH_ROWS) return holds;
      const words = columns.words[name];
      const ofStem = stemJudge(folded, stems);
      return (row) => ofStem(stemOf(words[row] ?? 0)) ?? holds(row);
    },
  };
}
