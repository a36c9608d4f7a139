/** `parapet advisories update`: feeds of the catalogue by a mirror and feeds of one's own, over HTTP, into the set in force. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { FEED_CATALOGUE } from '../../src/fetching/feed-catalogue.ts';
import { UPDATE_FEEDS_LOCK } from '../../src/jobs/update-feeds.ts';
import { answer, feedServer } from '../fetching/feed-server.ts';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const server = await feedServer();
const cli = await testCommandLine({
  PARAPET_FEEDS_MIRRORS: `*=${server.url}/`,
  PARAPET_FEEDS_UPDATE_HOURS: '6',
});

const file = (name: string): Buffer => readFileSync(join(FIXTURES, 'advisories', name));
const DSA_PATH = '/salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DSA/list';
const KEV_PATH = '/www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';
const PYPI_PATH = '/osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip';
const SECDB = '/secdb.alpinelinux.org';
const FRESH = new Date().toUTCString();

interface Update {
  readonly ok: boolean;
  readonly feeds: readonly {
    readonly feed: string;
    readonly outcome: string;
    readonly error: string;
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
  }[];
}

async function update(
  ...feeds: readonly string[]
): Promise<Update & { readonly code: number; readonly err: string }> {
  const args = feeds.flatMap((feed) => ['--feed', feed]);
  const { code, out, err } = await cli.run(['advisories', 'update', ...args, '--json']);
  return { ...(JSON.parse(out) as Update), code, err };
}

async function feedsInForce() {
  return await cli.database.query<{ name: string; records: number; published_at: number | null }>(
    'SELECT name, records, published_at FROM feed ORDER BY name',
  );
}

beforeEach(() => {
  server.asked.length = 0;
  server.misbehave.length = 0;
});

describe('parapet advisories update', () => {
  it('imports what feeds of the catalogue hold, fetched from a mirror', async () => {
    server.files.set(DSA_PATH, { content: file('DSA.list') });
    server.files.set(KEV_PATH, { content: file('known-exploited.json') });
    const { code, ok, feeds } = await update('kev', 'debian-dsa');
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(feeds.map(({ feed, outcome }) => [feed, outcome])).toEqual([
      ['kev', 'changed'],
      ['debian-dsa', 'changed'],
    ]);
    expect((await feedsInForce()).map(({ name }) => name)).toEqual(['debian-dsa', 'known-exploited']);
    expect(readdirSync(join(cli.dataDir, 'feeds'))).toEqual([]);
  });

  it('asks only for what changed', async () => {
    const { feeds } = await update('kev', 'debian-dsa');
    expect(feeds.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
    expect(server.asked.every(({ headers }) => headers['if-none-match'] !== undefined)).toBe(true);
  });

  it('fetches a list anew that was imported from elsewhere meanwhile', async () => {
    await cli.json(['advisories', 'import', join(FIXTURES, 'advisories', 'known-exploited.json')]);
    const { feeds } = await update('kev', 'debian-dsa');
    expect(feeds.map(({ outcome }) => outcome)).toEqual(['changed', 'unchanged']);
  });

  it('goes on where a feed fails, leaves its old state in force, says why, and exits with 1', async () => {
    const before = await feedsInForce();
    server.files.set(KEV_PATH, { content: Buffer.from('<html>please log in to the network</html>') });
    server.files.set(DSA_PATH, {
      content: Buffer.concat([
        Buffer.from('[24 Nov 2026] DSA-9999-1 one - more\n\t{CVE-2026-1}\n\t[bookworm] - one 2-1\n'),
        file('DSA.list'),
      ]),
    });
    const { code, ok, feeds, err } = await update('kev', 'osv-maven', 'debian-dsa');
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(feeds).toMatchObject([
      { feed: 'kev', outcome: 'failed', error: expect.stringContaining('what arrived cannot be used') },
      {
        feed: 'osv-maven',
        outcome: 'failed',
        error: expect.stringContaining('has nothing there (HTTP 404)'),
      },
      { feed: 'debian-dsa', outcome: 'changed', added: 1 },
    ]);
    expect(err).toContain('osv-maven: ');
    const after = await feedsInForce();
    expect(after.find(({ name }) => name === 'known-exploited')).toEqual(
      before.find(({ name }) => name === 'known-exploited'),
    );
    const text = await cli.run(['advisories', 'update', '--feed', 'kev']);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/^kev +failed.*\n {2}what arrived cannot be used: https:\/\/www\.cisa\.gov/m);
  });

  it('keeps the state of each feed, and when it is to be tried again', async () => {
    const rows = await cli.database.query<{
      name: string;
      failures: number;
      error: string;
      succeeded: boolean;
    }>(
      `SELECT name, failures, error, succeeded_at IS NOT NULL AS succeeded FROM feed_source
       WHERE next_at > tried_at ORDER BY name`,
    );
    expect(rows).toMatchObject([
      { name: 'debian-dsa', failures: 0, error: '', succeeded: true },
      { name: 'kev', failures: 2, error: expect.stringContaining('cannot be used'), succeeded: true },
      { name: 'osv-maven', failures: 1, succeeded: false },
    ]);
  });

  it('refuses a list that lost most of its records', async () => {
    const header = '#model_version:v2023.03.01,score_date:2026-11-23T00:00:00+0000\ncve,epss,percentile\n';
    const line = (number: number): string => `CVE-2024-${1000 + number},0.5,0.5\n`;
    const list = (length: number) =>
      Buffer.from(header + Array.from({ length }, (_, at) => line(at)).join(''));
    const path = '/epss.empiricalsecurity.com/epss_scores-current.csv.gz';
    server.files.set(path, { content: gzipSync(list(300)) });
    expect(await update('epss')).toMatchObject({ ok: true });
    server.files.set(path, { content: gzipSync(list(20)) });
    expect(await update('epss')).toMatchObject({
      ok: false,
      feeds: [{ outcome: 'failed', error: expect.stringContaining('would shrink from 300 records to 20') }],
    });
    expect(await cli.database.query('SELECT count(*) AS held FROM exploit_probability')).toEqual([
      { held: 300 },
    ]);
  });

  it('fetches every file that an index names, those that changed alone, and goes on past one that is missing', async () => {
    server.files.set(`${SECDB}/`, {
      content: Buffer.from('<a href="../">up</a><a href="v3.10/">v3.10</a><a href="v3.16/">v3.16</a>'),
    });
    const yaml = file('alpine-secdb-3.10-main.yaml');
    server.files.set(`${SECDB}/v3.10/main.json`, { content: yaml, lastModified: FRESH });
    server.files.set(`${SECDB}/v3.16/community.json`, { content: file('alpine-secdb-3.16-community.json') });
    expect(await update('alpine-secdb')).toMatchObject({ ok: true, feeds: [{ outcome: 'changed' }] });
    const lists = (await feedsInForce()).filter(({ name }) => name.startsWith('alpine'));
    expect(lists.map(({ name }) => name)).toEqual(['alpine-secdb:3.10/main', 'alpine-secdb:3.16/community']);
    // The list has no date of its own: its file's counts.
    expect(lists[0]?.published_at).toBe(Date.parse(FRESH));
    expect(await update('alpine-secdb')).toMatchObject({ feeds: [{ outcome: 'unchanged' }] });
    server.files.set(`${SECDB}/v3.10/main.json`, {
      content: Buffer.concat([yaml, Buffer.from('\n')]),
      lastModified: FRESH,
    });
    server.files.set(`${SECDB}/v3.16/community.json`, { content: Buffer.from('{"distroversion":"v3.16"') });
    expect(await update('alpine-secdb')).toMatchObject({
      ok: false,
      feeds: [{ outcome: 'partly', error: expect.stringContaining('community.json') }],
    });
  });

  it('takes the advisories of an rpm repository with the checksum that the repository tells', async () => {
    const content = readFileSync(join(FIXTURES, 'vendor-formats', 'amazon-2-kernel-5.15-updateinfo.xml.gz'));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const host = '/cdn.amazonlinux.com/2/core';
    const repomd = (checksum: string): string =>
      `<repomd><data type="primary"><location href="repodata/primary.xml.gz"/></data>` +
      `<data type="updateinfo"><checksum type="sha256">${checksum}</checksum><location href="repodata/u.xml.gz"/></data></repomd>`;
    server.files.set(`${host}/latest/x86_64/mirror.list`, {
      content: Buffer.from(
        'https://elsewhere.example/2\nhttps://cdn.amazonlinux.com/2/core/2.0/x86_64/abc\n',
      ),
    });
    const place = `${host}/2.0/x86_64/abc/repodata`;
    server.files.set(`${place}/u.xml.gz`, { content });
    server.files.set(`${place}/repomd.xml`, { content: Buffer.from(repomd(sha256)) });
    expect(await update('amazon-2')).toMatchObject({ ok: true, feeds: [{ outcome: 'changed' }] });
    expect(await update('amazon-2')).toMatchObject({ feeds: [{ outcome: 'unchanged' }] });
    expect(server.asked.at(-1)?.path).toBe(`${place}/repomd.xml`);
    server.files.set(`${place}/repomd.xml`, { content: Buffer.from('<repomd></repomd>') });
    expect(await update('amazon-2')).toMatchObject({
      feeds: [{ outcome: 'failed', error: expect.stringContaining('has no advisories') }],
    });
    server.files.set(`${host}/latest/x86_64/mirror.list`, {
      content: Buffer.from('https://elsewhere.example/2\n'),
    });
    expect(await update('amazon-2')).toMatchObject({
      feeds: [{ outcome: 'failed', error: expect.stringContaining('names no mirror on its own host') }],
    });
  });

  it('takes of an index only files that it does not have, where those never change', async () => {
    const host = '/repo.openeuler.org/security/data/cvrf';
    const name = '2025/cvrf-openEuler-SA-2025-1379.xml';
    const content = readFileSync(join(FIXTURES, 'vendor-formats', 'cvrf-openEuler-SA-2025-1379.xml'));
    server.files.set(`${host}/index.txt`, { content: Buffer.from(`${name}\n../../../etc/passwd\n`) });
    server.files.set(`${host}/${name}`, { content });
    expect(await update('openeuler-cvrf')).toMatchObject({ ok: true, feeds: [{ outcome: 'changed' }] });
    server.asked.length = 0;
    expect(await update('openeuler-cvrf')).toMatchObject({ ok: true, feeds: [{ outcome: 'unchanged' }] });
    expect(server.asked.map(({ path }) => path)).toEqual([`${host}/index.txt`]);
  });

  it('counts a file of which nothing is to be held as read, and does not fetch it again', async () => {
    const record = {
      id: 'GHSA-aaaa-bbbb-cccc',
      modified: '2026-01-01T00:00:00Z',
      affected: [
        {
          package: { ecosystem: 'Hackage', name: 'x' },
          ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
        },
      ],
    };
    server.files.set('/other.jsonl', { content: Buffer.from(`${JSON.stringify(record)}\n`) });
    const other = `other=${server.url}/other.jsonl`;
    expect(await update(other)).toMatchObject({ ok: true, feeds: [{ outcome: 'unchanged', error: '' }] });
    server.asked.length = 0;
    expect(await update(other)).toMatchObject({ ok: true, feeds: [{ outcome: 'unchanged' }] });
    expect(server.asked[0]?.headers['if-none-match']).toBeDefined();
  });

  it('dates the ecosystems of an OSV file by the file, for their coverage', async () => {
    server.files.set(PYPI_PATH, { content: file('pypi.osv.jsonl'), lastModified: FRESH });
    expect(await update('osv-pypi')).toMatchObject({ ok: true });
    const dates = () =>
      cli.database.query(`SELECT published_at FROM feed_coverage WHERE feed = 'osv' AND ecosystem = 'PyPI'`);
    expect(await dates()).toEqual([{ published_at: Date.parse(FRESH) }]);
    await cli.json(['advisories', 'import', join(FIXTURES, 'advisories', 'samples.osv.json')]);
    expect(await dates()).toEqual([{ published_at: Date.parse(FRESH) }]);
  });

  it("fetches feeds of one's own from where they are, whatever the mirrors", async () => {
    server.files.set('/ours.jsonl', { content: file('bitnami.osv.jsonl') });
    const own = `ours=${server.url}/ours.jsonl`;
    expect(await update(own)).toMatchObject({ ok: true, feeds: [{ feed: 'ours', outcome: 'changed' }] });
    const configured = await cli.run(['advisories', 'update', '--feed', 'ours', '--json'], {
      env: { PARAPET_FEEDS: `kev,${own}` },
    });
    expect(JSON.parse(configured.out)).toMatchObject({ feeds: [{ feed: 'ours', outcome: 'unchanged' }] });
  });

  it('takes, without a word of which, those that answer for what is installed', async () => {
    const inventory = join(FIXTURES, 'inventories', 'apk-installed');
    await cli.json(['inventory', 'import', inventory, '--system', 'alpine:3.10']);
    server.misbehave.push(...Array.from({ length: 99 }, () => answer(410)));
    const { feeds } = await update();
    expect(feeds.map(({ feed }) => feed)).toEqual(['kev', 'epss', 'alpine-secdb']);
  });

  it('refuses a feed that there is not, and says which may be meant', async () => {
    const { code, err } = await cli.run(['advisories', 'update', '--feed', 'debian-das']);
    expect(code).toBe(1);
    expect(err).toContain('There is no feed debian-das. Did you mean debian-dsa?');
    expect((await cli.run(['advisories', 'update', '--feed', `kev=${server.url}/x`])).err).toContain(
      'the catalogue has that name',
    );
  });

  it('leaves an update that is already running alone', async () => {
    const lock = await cli.database.tryLock(UPDATE_FEEDS_LOCK);
    const { code, err } = await cli.run(['advisories', 'update', '--feed', 'kev']);
    await lock?.release();
    expect(code).toBe(1);
    expect(err).toContain('Another update of feeds is running');
  });
});

describe('what is said of feeds that are fetched', () => {
  interface Status {
    readonly feeds: readonly { readonly name: string; readonly status: string; readonly reason: string }[];
    readonly sources: readonly { readonly name: string; readonly error: string; readonly tried_at: string }[];
    readonly never_fetched: readonly string[];
    readonly systems: readonly { readonly system: string; readonly status: string }[];
  }

  it('stands in advisories status: state, last attempt, last success, the reason of a failure', async () => {
    const { code, out } = await cli.run(['advisories', 'status', '--json'], {
      env: { PARAPET_FEEDS: 'kev,osv-npm' },
    });
    expect(code).toBe(0);
    const status = JSON.parse(out) as Status;
    expect(status.never_fetched).toEqual(['osv-npm']);
    const kev = status.sources.find(({ name }) => name === 'kev');
    expect(kev).toMatchObject({
      error: expect.stringContaining('HTTP 410'),
      tried_at: expect.stringMatching(/Z$/),
    });
    const catalogue = status.feeds.find(({ name }) => name === 'known-exploited');
    expect(catalogue?.reason).toContain('The last attempt to fetch kev failed.');
    const alpine = status.feeds.find(({ name }) => name === 'alpine-secdb:3.10/main');
    expect(alpine).toMatchObject({ status: 'current', sources: ['alpine-secdb'] });
    const text = await cli.run(['advisories', 'status']);
    expect(text.out).toMatch(/^kev +\d{4}.* failed 3 times$/m);
    expect(text.out).toContain('(HTTP 410)');
  });

  it('stands in doctor', async () => {
    const { out } = await cli.run(['doctor', '--json'], { env: { PARAPET_FEEDS: 'kev' } });
    const { checks } = JSON.parse(out) as { readonly checks: readonly { readonly check: string }[] };
    expect(checks.find(({ check }) => check === 'feeds')).toMatchObject({
      status: 'warning',
      finding: expect.stringContaining('kev failed'),
    });
  });

  it('shows in the coverage of a server, with its silence and its applications', async () => {
    const report = join(cli.folder, 'report');
    writeFileSync(report, reportOf('web-01'));
    await cli.json(['inventory', 'import', report]);
    interface Shown {
      readonly coverage: {
        readonly status: string;
        readonly reasons: readonly string[];
        readonly is_silent: boolean;
        readonly ecosystems: readonly { readonly ecosystem: string; readonly status: string }[];
      };
    }
    const { coverage } = await cli.json<Shown>(['server', 'show', 'web-01']);
    expect(coverage).toMatchObject({ status: 'covered', is_silent: false });
    expect(coverage.ecosystems).toMatchObject([{ ecosystem: 'Bitnami', status: expect.any(String) }]);
    await cli.database.query('UPDATE server SET scan_time = scan_time - 8 * 86400000::bigint');
    const silent = await cli.json<Shown>(['server', 'show', 'web-01']);
    expect(silent.coverage).toMatchObject({ status: 'unknown', is_silent: true });
    expect(silent.coverage.reasons[0]).toBe('It has not reported for 7 days.');
    const text = await cli.run(['server', 'show', 'web-01']);
    expect(text.out).toMatch(/^coverage +unknown: It has not reported for 7 days\.$/m);
  });
});

describe('parapet advisories feeds', () => {
  it('lists every feed of the catalogue with publisher, terms and address', async () => {
    const feeds = await cli.json<
      readonly { readonly name: string; readonly url: string; readonly licence: string }[]
    >(['advisories', 'feeds']);
    expect(feeds.map(({ name }) => name)).toEqual(FEED_CATALOGUE.map(({ name }) => name));
    expect(new Set(feeds.map(({ name }) => name)).size).toBe(feeds.length);
    for (const { url, licence } of feeds) {
      expect(url).toMatch(/^https:\/\//);
      expect(licence).not.toBe('');
    }
  });
});
