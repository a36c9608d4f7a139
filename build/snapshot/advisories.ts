/** The advisories of the snapshot: read with Parapet's own importer, reduced to the facts it reads, written as OSV. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Advisory, AffectedPackage } from '../../src/advisories/advisory.ts';
import type { FeedItem } from '../../src/advisories/feed.ts';
import { parseOsvRecord } from '../../src/advisories/feeds/osv.ts';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { compareVersions } from '../../src/versions/compare.ts';
import { osvOfAdvisory } from './advisory-to-osv.ts';
import { log4jAdvisory } from './log4j.ts';
import { type OpenEulerRow, readOpenEulerReports } from './openeuler-reports.ts';

/** The releases of Debian that some server of the sample fleet has, and the one after them. */
const DEBIAN_SYSTEMS: ReadonlySet<string> = new Set(['8', '9', '10', '11', '12'].map((r) => `debian:${r}`));
/** secdb has no dates: its facts are as of the commit they were taken from (see snapshot/README.md). */
const ALPINE_SECDB_DATE_MS = Date.UTC(2020, 5, 8);

/** One file of OSV records of the snapshot, and what was left out of it. */
export interface OsvFile {
  readonly name: string;
  readonly lines: readonly string[];
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Makes the OSV files from the folder of gathered data. Deterministic: the order is that of the ids. */
export async function osvFiles(data: string): Promise<readonly OsvFile[]> {
  const read = (path: string): Promise<Read> => readAll([`${data}/advisories/${path}`]);
  const dsa = await read('debian-tracker/DSA.list.gz');
  const dla = await read('debian-tracker/DLA.list.gz');
  const reports = readFileSync(`${data}/ground-truth/openeuler-image-reports/openeuler-mirror.tar.gz`);
  return [
    fileOf('almalinux-8', onlyOf(await read('osv/almalinux8.osv.jsonl.gz'), new Set(['almalinux:8']))),
    fileOf('bitnami', await read('osv/bitnami.osv.jsonl.gz')),
    fileOf('pypi', await read('osv/pypi.osv.jsonl.gz')),
    fileOf('debian', onlyOf({ items: [...dsa.items, ...dla.items] }, DEBIAN_SYSTEMS)),
    fileOf('alpine', oneRecordACve(await read('alpine-secdb.tar.gz'))),
    fileOf('drupal', await read('../cms/drupal.osv.jsonl.gz')),
    fileOf('friends-of-php', await read('../cms/friendsofphp.tar.gz')),
    fileOf('log4j', { items: [itemOf(log4jAdvisory(data))] }),
    fileOf('openeuler', { items: openEulerAdvisories(readOpenEulerReports(reports)).map(itemOf) }),
  ];
}

interface Read {
  readonly items: readonly FeedItem[];
}

async function readAll(paths: readonly string[]): Promise<Read> {
  const items: FeedItem[] = [];
  for await (const item of readAdvisoryFiles(paths)) items.push(item);
  return { items };
}

function itemOf(advisory: Advisory): FeedItem {
  return { kind: 'advisory', feed: 'osv', advisory };
}

function fileOf(name: string, { items }: Read): OsvFile {
  const leftOut: Record<string, number> = {};
  const advisories: Advisory[] = [];
  for (const item of items) {
    // OSV wants the time of the last change: the few records without one (malicious packages) cannot be written.
    if (item.kind === 'advisory' && item.advisory.modified === undefined) {
      leftOut['undated'] = (leftOut['undated'] ?? 0) + 1;
    } else if (item.kind === 'advisory') advisories.push(item.advisory);
    else if (item.kind === 'withdrawn') leftOut[item.reason] = (leftOut[item.reason] ?? 0) + 1;
    else if (item.kind === 'problem') leftOut['unreadable'] = (leftOut['unreadable'] ?? 0) + 1;
  }
  advisories.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { name, lines: advisories.map(lineOf), leftOut };
}

/** Throws where the record does not say again what the advisory says: then the snapshot would not be those facts. */
function lineOf(advisory: Advisory): string {
  const line = JSON.stringify(osvOfAdvisory(advisory));
  const again = parseOsvRecord(JSON.parse(line), advisory.id);
  if (again.kind !== 'advisory' || !isDeepStrictEqual(again.advisory, advisory)) {
    throw new Error(`${advisory.id} does not read as it was written: ${JSON.stringify([advisory, again])}`);
  }
  return line;
}

/**
 * What the records say of these systems. A few of a release also name others; kept, they would make a feed of thirty
 * records answer for a whole release.
 */
function onlyOf({ items }: Read, systems: ReadonlySet<string>): Read {
  return {
    items: items.flatMap((item): FeedItem[] => {
      if (item.kind !== 'advisory') return [item];
      const affected = item.advisory.affected.filter(({ ecosystem }) => systems.has(ecosystem));
      return affected.length === 0 ? [] : [itemOf({ ...item.advisory, affected })];
    }),
  };
}

/** secdb has a file a release and repository; OSV replaces by id, so all that fixes one CVE stands in one record. */
function oneRecordACve({ items }: Read): Read {
  const byId = new Map<string, Advisory>();
  for (const item of items) {
    // What is no CVE (a Xen advisory of 2018) has its CVEs in records of their own.
    if (item.kind !== 'advisory' || item.advisory.cves.length === 0) continue;
    const id = `ALPINE-${item.advisory.id}`;
    const affected = [...(byId.get(id)?.affected ?? []), ...item.advisory.affected];
    byId.set(id, { ...item.advisory, id, modified: ALPINE_SECDB_DATE_MS, affected });
  }
  return { items: [...byId.values()].map(itemOf) };
}

/** One advisory an id: each package with the version that fixes it, dated by the first scan that names it. */
function openEulerAdvisories(rows: readonly OpenEulerRow[]): readonly Advisory[] {
  const byId = new Map<string, OpenEulerRow[]>();
  for (const row of rows) byId.set(row.advisory, [...(byId.get(row.advisory) ?? []), row]);
  return [...byId].map(([id, own]) => ({
    id,
    cves: [],
    aliases: [],
    summary: '',
    published: undefined,
    modified: Math.min(...own.map((row) => row.scannedAt)),
    severities: [],
    word: own[0]?.word,
    affected: openEulerAffected(own),
    url: `https://www.openeuler.org/zh/security/security-bulletins/detail/?id=${id}`,
  }));
}

function openEulerAffected(rows: readonly OpenEulerRow[]): readonly AffectedPackage[] {
  const fixes = new Map<string, OpenEulerRow>();
  for (const row of rows) {
    const key = `${row.system}\n${row.package}`;
    const known = fixes.get(key);
    if (known === undefined || compareVersions('rpm', row.fixed, known.fixed) > 0) fixes.set(key, row);
  }
  const sorted = [...fixes].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, { system, package: name, fixed }]) => ({
    ecosystem: system,
    name,
    matchOn: 'binary',
    scheme: 'rpm',
    ranges: [{ introduced: '', fixed, lastAffected: '' }],
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
  }));
}
