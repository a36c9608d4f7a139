/**
 * A filter as conditions, each of which can select positions of a snapshot and judge a single row. Those on values are
 * answered from the snapshot's sets; those on texts look through bytes, and only through those of the servers that the others
 * leave where these are few.
 */
import { FINDING_STATUSES } from '../findings/finding.ts';
import type { Dimension, ServerColumns } from './columns.ts';
import {
  AllPositions,
  intersectionOf,
  keepWhere,
  ListPositions,
  NO_POSITIONS,
  type PositionSet,
  unionOf,
} from './position-set.ts';
import type { ServerGroups } from './server-groups.ts';
import { foldCase, type ServerFilter } from './server-view.ts';
import type { Snapshot } from './snapshot.ts';
import type { ValueCodes } from './value-codes.ts';

export interface Condition {
  readonly select: (snapshot: Snapshot) => PositionSet;
  readonly holds: (columns: ServerColumns, row: number) => boolean;
  /** Whether `select` looks through every server. */
  readonly scans: boolean;
}

export interface FilterValues {
  readonly codes: Readonly<Record<Dimension, ValueCodes>>;
  readonly groups: ServerGroups;
}

/** Judging servers one by one costs about this many times what a scan costs a server. */
const SINGLE_COST = 4;

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
  where(filter.nameContains, (text) => holdsText('nameFolded', text));
  where(filter.publicIpContains, (text) => holdsText('publicIp', text));
  where(filter.privateIpContains, (text) => holdsText('privateIp', text));
  return conditions;
}

/** The positions of a snapshot for which all conditions hold. */
export function selectPositions(snapshot: Snapshot, conditions: readonly Condition[]): PositionSet {
  const { count } = snapshot.columns;
  let selected = intersectionOf(
    conditions.filter((condition) => !condition.scans).map((condition) => condition.select(snapshot)),
    count,
  );
  for (const condition of conditions) {
    if (!condition.scans) continue;
    selected =
      selected.count * SINGLE_COST < count
        ? keepWhere(selected, (position) => condition.holds(snapshot.columns, position))
        : intersectionOf([selected, condition.select(snapshot)], count);
  }
  return selected;
}

function hasCode(dimension: Dimension, codes: readonly number[]): Condition {
  const wanted = new Set(codes);
  return {
    scans: false,
    select: (snapshot) =>
      unionOf(
        [...wanted].map((code) => snapshot.byValue[dimension][code] ?? NO_POSITIONS),
        snapshot.columns.count,
      ),
    holds: (columns, row) => wanted.has(columns.words[dimension][row] ?? -1),
  };
}

function hasStatus(status: number): Condition {
  return {
    scans: false,
    select: (snapshot) => snapshot.byStatus[status] ?? NO_POSITIONS,
    holds: (columns, row) => (((columns.words.statusBits[row] ?? 0) >>> status) & 1) === 1,
  };
}

function hasId(ids: readonly string[]): Condition {
  const wanted = new Set(ids);
  return {
    scans: false,
    select: (snapshot) => {
      const found = [...wanted].map((id) => snapshot.ids.find(id)).filter((position) => position >= 0);
      return new ListPositions(Uint32Array.from(found).sort());
    },
    holds: (columns, row) => wanted.has(columns.texts.id.get(row)),
  };
}

function holdsText(name: 'nameFolded' | 'publicIp' | 'privateIp', text: string): Condition {
  const part = Buffer.from(foldCase(text), 'utf8');
  if (part.length === 0)
    return {
      scans: false,
      select: (snapshot) => new AllPositions(snapshot.columns.count),
      holds: () => true,
    };
  return {
    scans: true,
    select: (snapshot) => snapshot.columns.texts[name].find(part),
    holds: (columns, row) => columns.texts[name].holds(row, part),
  };
}
