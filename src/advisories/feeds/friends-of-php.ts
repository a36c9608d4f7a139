import { createHash } from 'node:crypto';
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { Advisory, VersionRange } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, isFieldText, timeOf, webAddress } from '../record-text.ts';
import { type Interval, parseConstraint, rangesOfIntervals } from '../version-constraint.ts';

/** The PHP security advisories database of FriendsOfPHP, a YAML file a record: records add or replace by id. */
export const FRIENDS_OF_PHP_FEED = 'friends-of-php';
/** Most branches of one record. The most in real records are some 15. */
export const BRANCHES_MAX = 1_000;

const REFERENCE = /^composer:\/\/([^/\s]+\/[^/\s]+)$/;

/** Whether a text begins as a record of FriendsOfPHP does: it names the Composer package it refers to. */
export function isFriendsOfPhpText(text: string): boolean {
  return /^reference:\s*['"]?composer:\/\//m.test(text);
}

/** Whether a parsed YAML value is such a record. */
export function isFriendsOfPhpRecord(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) &&
    REFERENCE.test(stringField(value, 'reference')) &&
    objectField(value, 'branches') !== undefined
  );
}

/**
 * Reads one record: one problem of one Composer package, with the affected versions of each branch. Records have no ids of
 * their own: theirs here is made of package and CVE, or of package, date and a digest of title and link. Their latest date
 * counts as date of publication. What cannot be read is a `problem` at `where`.
 */
export function parseFriendsOfPhpRecord(record: JsonObject, where: string): FeedItem {
  const name = (REFERENCE.exec(stringField(record, 'reference'))?.[1] ?? '').toLowerCase();
  if (!isFieldText(name)) {
    return { kind: 'problem', where, problem: 'names a package without a usable name' };
  }
  const branches = Object.values(objectField(record, 'branches') ?? {});
  if (branches.length > BRANCHES_MAX) {
    return { kind: 'problem', where, problem: `has more than ${BRANCHES_MAX} branches` };
  }
  const ranges = rangesOf(branches);
  if (typeof ranges === 'string') return { kind: 'problem', where, problem: ranges };
  const cve = cveOfId(stringField(record, 'cve'));
  const published = latestOf(branches);
  const id = `FOP-${name}/${cve ?? idWithoutCve(record, published)}`;
  if (ranges.length === 0) {
    return {
      kind: 'withdrawn',
      feed: FRIENDS_OF_PHP_FEED,
      id,
      modified: published,
      reason: 'no-versions',
    };
  }
  const advisory: Advisory = {
    id,
    cves: cve === undefined ? [] : [cve],
    aliases: [],
    summary: firstLine(stringField(record, 'title')),
    published,
    modified: published,
    severities: [],
    word: undefined,
    affected: [
      {
        ecosystem: 'Packagist',
        name,
        matchOn: 'binary',
        scheme: 'packagist',
        ranges,
        versions: [],
        architectures: [],
        module: '',
        pocket: '',
      },
    ],
    url: webAddress(stringField(record, 'link')),
  };
  return { kind: 'advisory', feed: FRIENDS_OF_PHP_FEED, advisory };
}

/** The ranges of all branches together, or what is wrong with one. The comparisons of a branch's list all have to hold. */
function rangesOf(branches: readonly unknown[]): VersionRange[] | string {
  const intervals: Interval[] = [];
  for (const branch of branches) {
    const versions = isJsonObject(branch) ? listField(branch, 'versions') : [];
    if (versions.length === 0) continue;
    const constraint = versions.map(String).join(',');
    const parsed = parseConstraint(constraint, 'packagist');
    if (parsed === undefined) {
      return `has a constraint on versions that Parapet does not understand (${constraint.slice(0, 80)})`;
    }
    intervals.push(...parsed);
  }
  return rangesOfIntervals(intervals, [], 'packagist');
}

function latestOf(branches: readonly unknown[]): number | undefined {
  let latest: number | undefined;
  for (const branch of branches) {
    const time = isJsonObject(branch)
      ? timeOf(stringField(branch, 'time').replace(/^(\S+) (\S+)$/, '$1T$2Z'))
      : undefined;
    if (time !== undefined && (latest === undefined || time > latest)) latest = time;
  }
  return latest;
}

function idWithoutCve(record: JsonObject, published: number | undefined): string {
  const text = `${stringField(record, 'title')}\n${stringField(record, 'link')}`;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return published === undefined ? digest : `${new Date(published).toISOString().slice(0, 10)}-${digest}`;
}
