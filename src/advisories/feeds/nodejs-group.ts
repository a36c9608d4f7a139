import { isJsonObject, type JsonObject, listField, stringField } from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage, VersionRange } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, isFieldText, timeOf, VECTOR_LENGTH_MAX_CHARS, webAddress } from '../record-text.ts';
import { severityWordOf } from '../severity-word.ts';
import { parseConstraint, rangesOfIntervals } from '../version-constraint.ts';

/** The two lists of the Node.js Security Working Group: of Node.js itself, and the former one of npm packages. */
export const NODEJS_CORE_FEED = 'nodejs-core';
export const NODEJS_NPM_FEED = 'nodejs-npm';

const CORE_ID_PREFIX = 'NSWG-CORE-';
const NPM_ID_PREFIX = 'NSWG-ECO-';

/** Whether a parsed JSON value is one of the two lists, whole: numbered entries with the vulnerable versions of each. */
export function nodejsGroupFeed(
  value: unknown,
): typeof NODEJS_CORE_FEED | typeof NODEJS_NPM_FEED | undefined {
  if (!isJsonObject(value)) return undefined;
  const [number = '', entry] = Object.entries(value)[0] ?? [];
  if (!/^\d{1,9}$/.test(number) || !isJsonObject(entry)) return undefined;
  if (stringField(entry, 'module_name') !== '') return NODEJS_NPM_FEED;
  return stringField(entry, 'vulnerable') !== '' ? NODEJS_CORE_FEED : undefined;
}

/**
 * Reads one of the lists, whole: first the list, as new as its newest dated entry, then an advisory an entry. Node.js itself
 * is the product `node` of the ecosystem `Bitnami`, which names server applications. An entry that cannot be read is a
 * `problem` with its number.
 */
export function* parseNodejsGroupList(
  list: JsonObject,
  feed: typeof NODEJS_CORE_FEED | typeof NODEJS_NPM_FEED,
  where: string,
): Generator<FeedItem> {
  const items = Object.entries(list).map(([number, entry]) => {
    const place = `${where}, entry ${number.slice(0, 20)}`;
    return isJsonObject(entry)
      ? itemOf(entry, feed, { number, where: place })
      : ({ kind: 'problem', where: place, problem: 'is no object' } as const);
  });
  let publishedAt: number | undefined;
  for (const item of items) {
    const modified = item.kind === 'advisory' ? item.advisory.modified : undefined;
    if (modified !== undefined && modified > (publishedAt ?? 0)) publishedAt = modified;
  }
  yield { kind: 'list', feed, publishedAt };
  yield* items;
}

interface EntryPlace {
  readonly number: string;
  readonly where: string;
}

function itemOf(
  entry: JsonObject,
  feed: typeof NODEJS_CORE_FEED | typeof NODEJS_NPM_FEED,
  { number, where }: EntryPlace,
): FeedItem {
  const isCore = feed === NODEJS_CORE_FEED;
  const name = isCore ? 'node' : stringField(entry, 'module_name');
  if (!/^\d{1,9}$/.test(number) || !isFieldText(name)) {
    return { kind: 'problem', where, problem: 'has no number, or names a package without a usable name' };
  }
  const vulnerable = stringField(entry, isCore ? 'vulnerable' : 'vulnerable_versions');
  const ranges = rangesOf(vulnerable, stringField(entry, isCore ? 'patched' : 'patched_versions'));
  if (ranges === undefined) {
    const problem = `has a constraint on versions that Parapet does not understand (${vulnerable.slice(0, 80)})`;
    return { kind: 'problem', where, problem };
  }
  const id = `${isCore ? CORE_ID_PREFIX : NPM_ID_PREFIX}${number}`;
  const published = timeOf(stringField(entry, 'publish_date'));
  const affected: AffectedPackage = {
    ecosystem: isCore ? 'Bitnami' : 'npm',
    name,
    matchOn: 'binary',
    scheme: 'semver',
    ranges,
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
  };
  const advisory: Advisory = {
    id,
    cves: cvesOfIds(textsOf(entry, isCore ? 'cve' : 'cves')),
    aliases: [],
    summary: summaryOf(entry),
    published,
    modified: timeOf(stringField(entry, 'updated_at')) ?? published,
    severities: severitiesOf(entry),
    word: severityWordOf(stringField(entry, 'severity')),
    affected: [affected],
    url: webAddress(stringField(entry, 'ref') || (textsOf(entry, 'references')[0] ?? '')),
  };
  return { kind: 'advisory', feed, advisory };
}

/** `<0.0.0` as patched versions stands for none; what is patched but not understood leaves the vulnerable versions as they are. */
function rangesOf(vulnerable: string, patched: string): VersionRange[] | undefined {
  const affected = parseConstraint(vulnerable, 'semver');
  if (affected === undefined || affected.length === 0) return undefined;
  const fixed = (parseConstraint(patched, 'semver') ?? []).filter(({ from }) => from !== '');
  return rangesOfIntervals(affected, fixed, 'semver');
}

function summaryOf(entry: JsonObject): string {
  const text =
    stringField(entry, 'title') || stringField(entry, 'description') || stringField(entry, 'overview');
  return firstLine(text);
}

function severitiesOf(entry: JsonObject): Advisory['severities'] {
  const vector = stringField(entry, 'cvss_vector');
  const isVector = vector.startsWith('CVSS:3.') && vector.length <= VECTOR_LENGTH_MAX_CHARS;
  return isVector ? [{ type: 'CVSS_V3', vector }] : [];
}

function textsOf(entry: JsonObject, key: string): readonly string[] {
  return listField(entry, key).filter((text): text is string => typeof text === 'string');
}
