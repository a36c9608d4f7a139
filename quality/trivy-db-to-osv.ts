/** Turns Trivy's advisory database, as its integration tests write it (YAML of buckets, keys and values), into OSV. */
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../src/archive/json-guard.ts';
import { systemFromName } from '../src/inventory/system-from-name.ts';
import { APPLICATION_NAMES, osvEcosystemOf } from './osv-names.ts';
import { yamlOf } from './texts.ts';
import { osvRanges, type WrittenRange, writtenRange } from './version-ranges.ts';

export interface TrivyDb {
  readonly records: readonly object[];
  /** Facts left out, by reason. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** `text`: one YAML file of the database. */
export function trivyDbToOsv(text: string): TrivyDb {
  const records: object[] = [];
  const leftOut = new Map<string, number>();
  const document = yamlOf(text);
  for (const bucket of Array.isArray(document) ? document : []) {
    if (!isJsonObject(bucket)) continue;
    const name = stringField(bucket, 'bucket');
    for (const pkg of listField(bucket, 'pairs')) {
      if (!isJsonObject(pkg) || stringField(pkg, 'bucket') === '') continue;
      for (const pair of listField(pkg, 'pairs')) {
        if (!isJsonObject(pair)) continue;
        const made = recordsOf(name, stringField(pkg, 'bucket'), pair);
        if (typeof made === 'string') leftOut.set(made, (leftOut.get(made) ?? 0) + 1);
        else records.push(...made);
      }
    }
  }
  return { records, leftOut };
}

function recordsOf(bucket: string, name: string, pair: JsonObject): readonly object[] | string {
  const key = stringField(pair, 'key');
  const value = objectField(pair, 'value') ?? {};
  if (bucket === 'Red Hat') return redHatRecords(name, key, value);
  const application = APPLICATION_NAMES.get(bucket.split('::')[0] ?? '');
  if (application !== undefined) {
    const ranges = listField(value, 'VulnerableVersions').flatMap((range) =>
      typeof range === 'string' ? [writtenRange(range)] : [],
    );
    return [osvRecord(bucket, key, application, name, ranges)];
  }
  const [, family = '', release = ''] = /^(.*) (\S+)$/.exec(bucket) ?? [];
  const system = systemFromName(family, release);
  const ecosystem = system === undefined ? undefined : osvEcosystemOf(system);
  if (ecosystem === undefined) return `no OSV name for the bucket ${bucket}`;
  const fixed = stringField(value, 'FixedVersion');
  return [osvRecord(bucket, key, ecosystem, name, [fixedAt(fixed)])];
}

/** The numbers of affected products mean nothing without their table; a fixed version still carries its release. */
function redHatRecords(name: string, key: string, value: JsonObject): readonly object[] | string {
  const records: object[] = [];
  for (const entry of listField(value, 'Entries')) {
    if (!isJsonObject(entry)) continue;
    const fixed = stringField(entry, 'FixedVersion');
    const release = /\.el(\d+)/.exec(fixed)?.[1];
    if (release === undefined) continue;
    const cves = listField(entry, 'Cves').flatMap((cve) =>
      isJsonObject(cve) && stringField(cve, 'ID') !== '' ? [stringField(cve, 'ID')] : [],
    );
    for (const ecosystem of ['Red Hat:enterprise_linux:', 'CentOS:']) {
      records.push(
        osvRecord(`${ecosystem}${fixed}`, key, `${ecosystem}${release}`, name, [fixedAt(fixed)], cves),
      );
    }
  }
  return records.length > 0 ? records : 'Red Hat entry whose products are numbers without their table';
}

function fixedAt(version: string): WrittenRange {
  const fixed = version.replace(/^0:/, '');
  return fixed === '' ? { introduced: '0' } : { introduced: '0', fixed };
}

/** The database has a record a bucket and id; in OSV an id stands once. */
function osvRecord(
  bucket: string,
  id: string,
  ecosystem: string,
  name: string,
  ranges: readonly WrittenRange[],
  cves: readonly string[] = [],
): object {
  return {
    schema_version: '1.7.0',
    id: `TRIVY-${bucket}-${name}-${id}`.replace(/[^\w.:-]+/g, '-').slice(0, 100),
    modified: '2000-01-01T00:00:00Z',
    upstream: cves.length > 0 ? cves : [id],
    aliases: [id],
    affected: [
      {
        package: { ecosystem, name },
        ranges: osvRanges(ranges),
      },
    ],
  };
}
