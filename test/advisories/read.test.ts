import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { FeedItem, ReadProgress } from '../../src/advisories/feed.ts';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { RECORD_BYTES_MAX } from '../../src/advisories/read-records.ts';
import { zipOf } from '../archive/zip.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/advisories', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'parapet-read-'));
let folder = base;
let folders = 0;

beforeEach(() => {
  folders += 1;
  folder = join(base, String(folders));
  mkdirSync(folder);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function osv(id: string, over: object = {}): object {
  const events = [{ introduced: '0' }, { fixed: '1.0.0' }];
  const affected = [{ package: { ecosystem: 'npm', name: 'x' }, ranges: [{ type: 'SEMVER', events }] }];
  return { id, modified: '2024-01-01T00:00:00Z', affected, ...over };
}

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function itemsOf(paths: readonly string[]): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readAdvisoryFiles(paths)) items.push(item);
  return items;
}

/** Items as ids and problems, places relative to the folder. */
async function read(...paths: string[]): Promise<string[]> {
  return (await itemsOf(paths)).map((item) => {
    if (item.kind === 'advisory') return item.advisory.id;
    if (item.kind === 'problem') return `${item.where.replace(`${folder}/`, '')}: ${item.problem}`;
    return item.kind;
  });
}

function countsOf(items: readonly FeedItem[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const key = 'reason' in item ? item.reason : item.kind;
    counts[key] = (counts[key] ?? 0) + ('count' in item ? item.count : 1);
  }
  return counts;
}

describe('readAdvisoryFiles', () => {
  it('reads every fixture in one go, recognised by content alone', async () => {
    const items = await itemsOf([FIXTURES]);
    expect(items.filter((item) => item.kind === 'problem')).toEqual([]);
    expect(countsOf(items)).toEqual({
      // AlmaLinux, Bitnami, PyPI, the samples; DSA, DLA, secdb in YAML and JSON, notus; the rest, Microsoft and WES-NG last.
      advisory: 5 + 3 + 3 + 11 + (5 + 2 + 7 + 1 + 3) + (5 + 3 + 3 + 5 + 3 + 4) + (3 + 4),
      list: 11,
      ...{ 'other-product': 3, 'no-update': 2 },
      withdrawn: 2,
      'no-vulnerability': 2,
      'live-patch': 1,
      'other-ecosystem': 1,
      'no-versions': 2,
      'known-exploited': 3,
      'exploit-probability': 2,
    });
  });

  it('reads one record, lines, a list and an indented document, with or without gzip, whatever their names', async () => {
    const lines = [osv('A'), osv('B')].map((record) => JSON.stringify(record)).join('\n');
    put('1.txt', JSON.stringify(osv('ONE')));
    put('2', lines);
    put('3.csv', JSON.stringify([osv('C'), osv('D')], null, 2));
    put('4.zip', JSON.stringify(osv('INDENTED'), null, 2));
    put('5.json', gzipSync(lines));
    put('6', `\ufeff${JSON.stringify(osv('MARKED'))}`);
    expect(await read(folder)).toEqual(['ONE', 'A', 'B', 'C', 'D', 'INDENTED', 'A', 'B', 'MARKED']);
  });

  it('reads zip and tar.gz, naming the entry of what is wrong', async () => {
    const files = [
      { name: 'all/A.json', content: Buffer.from(JSON.stringify(osv('A'))) },
      { name: '../evil.json', content: Buffer.from(JSON.stringify(osv('EVIL'))) },
      { name: 'all/broken.json', content: Buffer.from('{"id":') },
      { name: 'all/B.json', content: Buffer.from(JSON.stringify(osv('B'))) },
    ];
    const zip = put('all.zip', zipOf(files));
    const read1 = await read(zip);
    expect(read1.map((line) => line.replace(/\(.*/, '('))).toEqual([
      'A',
      'all.zip!../evil.json: points outside the archive (',
      'all.zip!all/broken.json:1: is broken JSON (',
      'B',
    ]);
    mkdirSync(join(folder, 'in'));
    put('in/C.json', JSON.stringify(osv('C')));
    execFileSync('tar', ['-czf', join(folder, 'x.tgz'), '-C', folder, 'in']);
    expect(await read(join(folder, 'x.tgz'))).toEqual(['C']);
  });

  it('names a broken record with its line and goes on with the next', async () => {
    const lines = [
      JSON.stringify(osv('A')),
      '{"id":"cut',
      '',
      '[1]',
      JSON.stringify(osv('B', { affected: [1] })),
      JSON.stringify(osv('C')),
    ];
    const found = await read(put('x.jsonl', lines.join('\n')));
    expect(found.map((line) => line.replace(/\(.*/, '('))).toEqual([
      'A',
      'x.jsonl:2: is broken JSON (',
      'x.jsonl:4: is no advisory: an OSV record has an id and a list of what is affected',
      'x.jsonl:5: B names an affected package that is no object',
      'C',
    ]);
    const first = await read(put('y.jsonl', `{"id":"cut\n${JSON.stringify(osv('A'))}\n`));
    expect(first.map((line) => line.replace(/\(.*/, '('))).toEqual(['y.jsonl:1: is broken JSON (', 'A']);
  });

  it('says once what a file is that it does not read', async () => {
    put('a.html', '<html>hello</html>');
    put('b', Buffer.from([0, 1, 2, 3]));
    put('c', '');
    put('d.jsonl', Array.from({ length: 5_000 }, (_, index) => JSON.stringify({ number: index })).join('\n'));
    put('e.json', '{"a": 1}');
    put('f.yaml', 'distroversion: [\n');
    put('g', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]));
    const tail = 'see docs/advisories.md for those it reads)';
    expect((await read(folder)).map((line) => line.replace(tail, '…').replace(/YAML \(.*/, 'YAML'))).toEqual([
      'a.html: is not read: it is a web page',
      'b: is no advisory format Parapet reads (it is binary; …',
      'c: is no advisory format Parapet reads (it is empty; …',
      'd.jsonl: is no advisory format Parapet reads (none of its first 100 records; …',
      'e.json: is no advisory format Parapet reads (it begins with "{"a": 1}"; …',
      'f.yaml: is broken YAML',
      'g: is broken xz data (an unknown kind of checksum): copy or download it again',
    ]);
  });

  it('replaces nothing by a list that is cut short', async () => {
    const epss = gzipSync(
      `#model_version:1,score_date:2023-03-07\ncve,epss\n${'CVE-2020-5902,0.97567\n'.repeat(5_000)}`,
    );
    const kev = readFileSync(join(FIXTURES, 'known-exploited.json'));
    expect(await read(put('epss.gz', epss.subarray(0, epss.byteLength - 20)))).toEqual([
      'epss.gz: ends in the middle of its gzip data: copy or download it again',
    ]);
    expect(
      (await read(put('kev.json', kev.subarray(0, 2_000)))).map((line) => line.replace(/\(.*/, '(')),
    ).toEqual(['kev.json: is broken JSON (']);
  });

  it('refuses a record that is too large, and goes on', async () => {
    const huge = JSON.stringify(osv('HUGE', { details: 'x'.repeat(RECORD_BYTES_MAX) }));
    expect(await read(put('x.jsonl', `${huge}\n${JSON.stringify(osv('A'))}\n`))).toEqual([
      `x.jsonl:1: is a record of more than ${RECORD_BYTES_MAX} bytes`,
      'A',
    ]);
  });

  it('follows no link out of a folder, opens no device, and says what is missing', async () => {
    mkdirSync(join(folder, 'in'));
    put('outside.json', JSON.stringify(osv('OUTSIDE')));
    put('in/a.json', JSON.stringify(osv('A')));
    mkdirSync(join(folder, 'in/.git'));
    put('in/.git/x.json', JSON.stringify(osv('HIDDEN')));
    symlinkSync('../outside.json', join(folder, 'in/out.json'));
    symlinkSync('a.json', join(folder, 'in/same.json'));
    symlinkSync('..', join(folder, 'in/up'));
    execFileSync('mkfifo', [join(folder, 'in/pipe')]);
    expect(await read(join(folder, 'in'), join(folder, 'nowhere'), '/dev/zero')).toEqual([
      'in/out.json: is a link that leads out of the folder: not followed',
      'in/pipe: is no ordinary file',
      'in/up: is a link that leads out of the folder: not followed',
      'nowhere: does not exist',
      '/dev/zero: is no ordinary file or folder',
      'A',
    ]);
  });

  it('tells how far it has come, ending at the whole', async () => {
    put('a.jsonl', `${JSON.stringify(osv('A', { details: 'x'.repeat(2_000_000) }))}\n`);
    put('b.zip', zipOf([{ name: 'B', content: Buffer.from(JSON.stringify(osv('B'))) }]));
    const told: ReadProgress[] = [];
    const onProgress = (progress: ReadProgress): void => {
      told.push(progress);
    };
    for await (const _ of readAdvisoryFiles([folder], { onProgress }));
    const read = told.map(({ bytesRead }) => bytesRead);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    expect(read.length).toBeGreaterThan(3);
    expect(read.at(-1)).toBe(told.at(-1)?.bytesTotal);
  });

  it('stops when told to', async () => {
    put('a.jsonl', `${JSON.stringify(osv('A'))}\n`.repeat(10_000));
    const stop = new AbortController();
    let items = 0;
    const readSome = async (): Promise<void> => {
      for await (const _ of readAdvisoryFiles([folder], { signal: stop.signal })) {
        items += 1;
        stop.abort();
      }
    };
    await expect(readSome()).rejects.toThrow('aborted');
    expect(items).toBeLessThan(10_000);
  });
});

describe('hostile files', () => {
  it('never make reading throw or hang, whatever their bytes', async () => {
    const starts = [
      '',
      '{',
      '[',
      '[{',
      '{"id":"A","affected":',
      '[01 Jan 2023] DSA-1-1 x\n',
      'cve,epss\n',
      'distroversion: v3.1\n',
      '---\nreponame: main\n',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        await itemsOf([put('x', Buffer.concat([Buffer.from(start), rest]))]);
      }),
      { numRuns: 300 },
    );
  });

  it('never make reading throw, whatever JSON is in them', async () => {
    const key = fc.constantFrom(
      'id',
      'modified',
      'affected',
      'package',
      'ecosystem',
      'name',
      'ranges',
      'events',
      'versions',
      'severity',
      'aliases',
      'database_specific',
      'ecosystem_specific',
      'binaries',
      'catalogVersion',
      'vulnerabilities',
      'distroversion',
      'packages',
      'pkg',
      'secfixes',
      'reponame',
      'product_name',
      'advisories',
      'fixed_packages',
      'oid',
      '__proto__',
      'constructor',
      'toString',
    );
    const leaf = fc.oneof(
      fc.constantFrom(
        'npm',
        'Debian:12',
        'openEuler:22.03-LTS',
        'v3.18',
        'main',
        'EulerOS V2.0SP9',
        '0',
        '1.0',
        'SEMVER',
        '',
      ),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.string(),
    );
    const { node } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 7 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('node')), { maxLength: 8 }).map((fields) => Object.fromEntries(fields)),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(node, { maxLength: 4 }), async (values) => {
        await itemsOf([
          put('x', values.map((value) => JSON.stringify(value)).join('\n')),
          put('y', JSON.stringify(values)),
        ]);
      }),
      { numRuns: 300 },
    );
    expect(Object.hasOwn(Object.prototype, 'id')).toBe(false);
  });

  it('never make reading throw when an archive is cut anywhere or a byte of it changes', async () => {
    const record = Buffer.from(`${JSON.stringify(osv('A'))}\n`.repeat(50));
    const archives = [gzipSync(record), zipOf([{ name: 'a', content: record }])];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...archives), fc.nat(), fc.nat(255), async (archive, at, byte) => {
        const place = at % archive.byteLength;
        await itemsOf([put('x', archive.subarray(0, place))]);
        const changed = Buffer.from(archive);
        changed[place] = byte;
        await itemsOf([put('x', changed)]);
      }),
      { numRuns: 150 },
    );
  });

  it('nested 100,000 deep are a problem, not a crash', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    put('a', `{"id":"A","affected":${deep}}\n`);
    put('b', deep);
    put('c.yaml', `distroversion: ${'['.repeat(20_000)}`);
    const found = await read(folder);
    expect(found).toHaveLength(3);
    expect(found[0]).toBe('a:1: is nested more than 128 levels deep');
  });
});

if (existsSync(SHARED)) {
  describe('the real files', () => {
    const counts: readonly (readonly [string, Record<string, number>])[] = [
      ['advisories/osv/almalinux8.osv.jsonl.gz', { advisory: 2_051, 'no-vulnerability': 1_186 }],
      ['advisories/osv/bitnami.osv.jsonl.gz', { advisory: 3_583 }],
      ['advisories/osv/pypi.osv.jsonl.gz', { advisory: 2_651, withdrawn: 10 }],
      ['advisories/debian-tracker/DSA.list.gz', { list: 1, advisory: 5_381, 'no-versions': 25 }],
      ['advisories/debian-tracker/DLA.list.gz', { list: 1, advisory: 3_530, 'no-versions': 4 }],
      ['advisories/alpine-secdb.tar.gz', { list: 6, advisory: 4_971 }],
      ['prioritisation/known_exploited_vulnerabilities.json', { list: 1, 'known-exploited': 1_404 }],
      ['prioritisation/exploited-cves-cvss-epss.csv.gz', { list: 1, 'exploit-probability': 6_182 }],
    ];
    it.each(counts)('%s is used to the last record', async (path, expected) => {
      expect(countsOf(await itemsOf([join(SHARED, path)]))).toEqual(expected);
    });

    it('notus product files are used to the last package', async () => {
      const items = await itemsOf([join(SHARED, 'advisories/notus')]);
      expect(countsOf(items)).toEqual({ list: 9, advisory: 8_546 });
    });

    it('every package and CVE of secdb is in some advisory', async () => {
      const items = await itemsOf([join(SHARED, 'advisories/alpine-secdb.tar.gz')]);
      const fixes = new Set<string>();
      for (const item of items) {
        if (item.kind !== 'advisory') continue;
        for (const pkg of item.advisory.affected)
          fixes.add(`${item.feed} ${pkg.name} ${pkg.ranges[0]?.fixed} ${item.advisory.id}`);
      }
      const text = execFileSync('tar', ['-xzOf', join(SHARED, 'advisories/alpine-secdb.tar.gz')]).toString();
      const lines = text.split('\n').filter((line) => /^\s+- .*CVE-\d{4}-\d{4}/.test(line));
      expect(fixes.size).toBeGreaterThan(lines.length * 0.99);
    });

    it('lines of OSV repeated to 100,000 records do not make memory grow', async () => {
      const text = gunzipSync(readFileSync(join(SHARED, 'advisories/osv/bitnami.osv.jsonl.gz')));
      const path = put(
        'many.jsonl.gz',
        gzipSync(Buffer.concat(Array.from({ length: 28 }, () => text)), { level: 1 }),
      );
      const before = process.memoryUsage.rss();
      let records = 0;
      let peak = 0;
      for await (const item of readAdvisoryFiles([path])) {
        if (item.kind === 'advisory') records += 1;
        if (records % 5_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
      }
      expect(records).toBe(28 * 3_583);
      expect(peak - before).toBeLessThan(400 * 1024 ** 2);
    });
  });
}
