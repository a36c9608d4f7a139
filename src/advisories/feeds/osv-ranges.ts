import { isJsonObject, type JsonObject, listField, stringField } from '../../archive/json-guard.ts';
import { comparerOf, isInRange } from '../../versions/compare.ts';
import type { VersionComparer, VersionScheme } from '../../versions/scheme.ts';
import type { VersionRange } from '../advisory.ts';
import { isFieldText } from '../record-text.ts';

/** Most events one range may have. The most in real records are some 80. */
export const RANGE_EVENTS_MAX = 5_000;
/** Most versions one affected package may list. The longest real lists (kernels) have some 2,500. */
export const LISTED_VERSIONS_MAX = 50_000;

/** What a record is reported with when a part of it is not as the schema says: the place and the fault. */
export class RecordProblem extends Error {}

/** One event of a range; `limit` closes like `fixed`. */
interface RangeEvent {
  readonly kind: 'introduced' | 'fixed' | 'lastAffected';
  /** Empty: before any version. */
  readonly version: string;
}

/** `introduced: "0"` stands for "from the first version" (OSV schema, "Special values"). */
const FIRST = '0';
const NO_LIMIT = '*';

/**
 * Ranges of an affected package (`ECOSYSTEM` and `SEMVER`; `GIT` says nothing of versions and is passed over), by the
 * evaluation that the OSV schema describes: events in the order of their versions, an introduction opens, a fix, limit
 * or last affected version closes, whatever their order in the record. Throws `RecordProblem`.
 */
export function rangesOf(affected: JsonObject, scheme: VersionScheme): VersionRange[] {
  const ranges: VersionRange[] = [];
  for (const range of listField(affected, 'ranges')) {
    if (!isJsonObject(range)) throw new RecordProblem('has a range that is no object');
    if (stringField(range, 'type') === 'GIT') continue;
    ranges.push(...intervalsOf(eventsOf(listField(range, 'events')), comparerOf(scheme)));
  }
  return ranges;
}

function eventsOf(list: readonly unknown[]): RangeEvent[] {
  if (list.length > RANGE_EVENTS_MAX) {
    throw new RecordProblem(`has a range of more than ${RANGE_EVENTS_MAX} events`);
  }
  const events: RangeEvent[] = [];
  for (const event of list) {
    if (!isJsonObject(event)) throw new RecordProblem('has a range event that is no object');
    for (const [name, version] of Object.entries(event)) {
      const kind = kindOf(name);
      if (kind === undefined || (name === 'limit' && version === NO_LIMIT)) continue;
      if (kind === 'introduced' && (version === FIRST || version === '')) events.push({ kind, version: '' });
      else if (typeof version === 'string' && isFieldText(version)) events.push({ kind, version });
      else throw new RecordProblem(`has a range event whose ${name} is no version`);
    }
  }
  return events;
}

function kindOf(name: string): RangeEvent['kind'] | undefined {
  if (name === 'introduced') return 'introduced';
  if (name === 'fixed' || name === 'limit') return 'fixed';
  return name === 'last_affected' ? 'lastAffected' : undefined;
}

function intervalsOf(events: RangeEvent[], compare: VersionComparer): VersionRange[] {
  if (events.length === 0) return [];
  // A range without an introduction breaks the schema; what it means is clear, and unknown is not safe.
  if (!events.some((event) => event.kind === 'introduced'))
    events.unshift({ kind: 'introduced', version: '' });
  // Most ranges go from the first version to one fix: nothing to sort. The sort is stable, so that of two events at one
  // version the one listed first comes first.
  if (events.length > 2 || events[0]?.version !== '') {
    events.sort((a, b) => {
      if (a.version === '' || b.version === '')
        return a.version === b.version ? 0 : a.version === '' ? -1 : 1;
      return compare(a.version, b.version);
    });
  }
  const intervals: VersionRange[] = [];
  let introduced: string | undefined;
  for (const { kind, version } of events) {
    if (kind === 'introduced') introduced ??= version;
    else if (introduced !== undefined) {
      if (kind === 'fixed') {
        if (introduced !== version) intervals.push({ introduced, fixed: version, lastAffected: '' });
      } else intervals.push({ introduced, fixed: '', lastAffected: version });
      introduced = undefined;
    }
  }
  if (introduced !== undefined) intervals.push({ introduced, fixed: '', lastAffected: '' });
  return intervals;
}

/**
 * The listed versions that no range covers: databases list every version of their ranges again, and a package is
 * affected by either, so only these add anything. Throws `RecordProblem`.
 */
export function versionsBeyond(
  affected: JsonObject,
  ranges: readonly VersionRange[],
  scheme: VersionScheme,
): string[] {
  const listed = listField(affected, 'versions');
  if (listed.length > LISTED_VERSIONS_MAX) {
    throw new RecordProblem(`lists more than ${LISTED_VERSIONS_MAX} versions of a package`);
  }
  const compare = comparerOf(scheme);
  const beyond: string[] = [];
  for (const version of listed) {
    if (typeof version !== 'string' || !isFieldText(version)) {
      throw new RecordProblem('lists a version that is no version');
    }
    if (!ranges.some((range) => isInRange(compare, version, range))) beyond.push(version);
  }
  return beyond;
}
