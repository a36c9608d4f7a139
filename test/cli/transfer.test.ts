/** The advisories of one machine on another without internet: `parapet advisories export` and the import of what it writes. */
import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { feedServer } from '../fetching/feed-server.ts';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const server = await feedServer();
const online = await testCommandLine();
const offline = await testCommandLine();
const ADVISORIES = join(FIXTURES, 'advisories');
const FILE = join(online.folder, 'parapet.export');

const facts = async ({ database }: typeof online) => ({
  advisories: await database.query(
    `SELECT a.feed, a.id, a.published_at, a.modified_at, a.facts,
       (SELECT array_agg(f.ecosystem || ' ' || f.name || ' ' || f.entries ORDER BY f.ecosystem COLLATE "C", f.name COLLATE "C")
        FROM advisory_affected f WHERE f.advisory = a.number) AS affected
     FROM advisory a ORDER BY a.feed COLLATE "C", a.id COLLATE "C"`,
  ),
  exploited: await database.query('SELECT * FROM known_exploited ORDER BY cve'),
  probabilities: await database.query('SELECT * FROM exploit_probability ORDER BY cve'),
  feeds: await database.query('SELECT name, published_at, imported_at, records FROM feed ORDER BY name'),
  coverage: await database.query('SELECT * FROM feed_coverage ORDER BY feed, ecosystem'),
  vulnerabilities: await database.query(
    `SELECT type, id, title, cves, cvss, severity_word, known_exploited, exploit_probability
     FROM vulnerability ORDER BY type, id`,
  ),
});

/** The key of `online`, made by the first test. */
let key = '';

async function importing(file: string, ...more: readonly string[]) {
  return await offline.run(['advisories', 'import', file, ...more]);
}

describe('parapet advisories export', () => {
  it('makes a key once, for its owner alone, and never another in its place', async () => {
    const missing = await online.run(['advisories', 'export', FILE]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('make one: parapet advisories export --new-key');
    const made = await online.json<{ readonly key_file: string; readonly public_key: string }>([
      'advisories',
      'export',
      '--new-key',
    ]);
    key = made.public_key;
    expect(key).toMatch(/^ed25519:[A-Za-z0-9_-]{43}$/);
    expect(statSync(made.key_file).mode & 0o777).toBe(0o600);
    const again = await online.run(['advisories', 'export', '--new-key']);
    expect(again.err).toContain('there is one already; it is not replaced');
  });

  it('carries the same set to another machine: records, catalogue, probabilities, dates', async () => {
    await online.json(['advisories', 'import', ADVISORIES]);
    server.files.set('/pypi', {
      content: readFileSync(join(ADVISORIES, 'pypi.osv.jsonl')),
      lastModified: 'Mon, 23 Nov 2026 10:00:00 GMT',
    });
    await online.json(['advisories', 'update', '--feed', `pypi=${server.url}/pypi`]);
    const written = await online.json<{ readonly bytes: number; readonly public_key: string }>([
      'advisories',
      'export',
      FILE,
    ]);
    expect(written).toMatchObject({ bytes: statSync(FILE).size, public_key: key });
    const { code, err } = await importing(FILE, '--trust', key);
    expect({ code, err: err.includes('Made at 20') }).toEqual({ code: 0, err: true });
    expect(await facts(offline)).toEqual(await facts(online));
  });

  it('gives the same verdicts on the same server', async () => {
    const inventory = join(online.folder, 'report');
    writeFileSync(inventory, reportOf('web-01'));
    const scan = ['scan', '--inventory', inventory];
    const here = await online.json<{ readonly findings: readonly unknown[] }>(scan);
    expect(here.findings.length).toBeGreaterThan(0);
    expect(await offline.json(scan)).toEqual(here);
  });

  it('changes nothing when it is imported again', async () => {
    const summary = await offline.json(['advisories', 'import', FILE, '--trust', key]);
    expect(summary).toMatchObject({ added: 0, changed: 0, removed: 0 });
  });

  it('takes away what is gone there, and leaves what is only here', async () => {
    const secfixes = { '1.0-r0': ['CVE-2023-1000'] };
    const secdb = {
      distroversion: 'v3.18',
      reponame: 'main',
      packages: [{ pkg: { name: 'one', secfixes } }],
    };
    const ours = join(offline.folder, 'ours.json');
    writeFileSync(ours, JSON.stringify(secdb));
    await offline.json(['advisories', 'import', ours]);
    await online.database.query(`DELETE FROM advisory WHERE id = 'DSA-5380-1'`);
    const gone = 'SELECT id FROM advisory WHERE id = $1';
    expect(await offline.database.query(gone, ['DSA-5380-1'])).toHaveLength(1);
    const newer = join(online.folder, 'newer.export');
    await online.json(['advisories', 'export', newer]);
    await offline.json(['advisories', 'import', newer, '--trust', key]);
    expect(await offline.database.query(gone, ['DSA-5380-1'])).toEqual([]);
    const local = await offline.database.query(
      `SELECT id FROM advisory WHERE feed = 'alpine-secdb:3.18/main'`,
    );
    expect(local).toEqual([{ id: 'CVE-2023-1000' }]);
  });

  it('is not taken where it is older than the last one, unless that is meant', async () => {
    const { code, err } = await importing(FILE, '--trust', key);
    expect(code).toBe(1);
    expect(err).toContain('before the one that was imported last');
    expect(err).toContain('Give --older');
    expect((await importing(FILE, '--trust', key, '--older')).code).toBe(0);
  });

  it('leaves nothing behind where the file cannot be written', async () => {
    const { code, err } = await online.run(['advisories', 'export', join(online.folder, 'nowhere', 'x')]);
    expect(code).toBe(1);
    expect(err).toContain('cannot be written');
    expect(existsSync(join(online.folder, 'nowhere'))).toBe(false);
  });
});

describe('an export that is not what it should be', () => {
  const copy = (change: (bytes: Buffer) => Buffer): string => {
    const path = join(offline.folder, 'changed.export');
    writeFileSync(path, change(readFileSync(FILE)));
    return path;
  };
  const refused = async (path: string, trust: string = key): Promise<string> => {
    const before = await facts(offline);
    const { code, err } = await importing(path, ...(trust === '' ? [] : ['--trust', trust]));
    expect(code).toBe(1);
    expect(err).toContain('Nothing was changed');
    expect(await facts(offline)).toEqual(before);
    return err;
  };

  it('is refused where nobody trusts its key, which is named', async () => {
    expect(await refused(FILE, '')).toContain(`is signed with ${key}, which is not trusted here`);
    expect(await refused(FILE, `ed25519:${'A'.repeat(43)}`)).toContain('which is not trusted here');
  });

  it('is taken where the settings trust its key', async () => {
    const { code } = await offline.run(['advisories', 'import', FILE, '--older'], {
      env: { PARAPET_TRUSTED_KEYS: `ed25519:${'A'.repeat(43)}, ${key}` },
    });
    expect(code).toBe(0);
  });

  it('is refused where it was cut short, anywhere', async () => {
    const { size } = statSync(FILE);
    for (const bytes of [9, 60, 111, 112, 113, Math.floor(size / 2), size - 1]) {
      const path = join(offline.folder, 'cut.export');
      copyFileSync(FILE, path);
      truncateSync(path, bytes);
      expect(await refused(path)).toContain('it was cut short');
    }
  });

  it('is refused where any part of it was changed', async () => {
    const { size } = statSync(FILE);
    for (const at of [48, 111, 112, 130, Math.floor(size / 2), size - 1]) {
      const path = copy((bytes) => {
        bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
        return bytes;
      });
      expect(await refused(path)).toContain('it was changed or damaged');
    }
    expect(await refused(copy((bytes) => Buffer.concat([bytes, Buffer.from('x')])))).toContain('bytes where');
  });

  it("is refused where another's key was put into it", async () => {
    const other = await testKey();
    const path = copy((bytes) => {
      Buffer.from(other.slice('ed25519:'.length), 'base64url').copy(bytes, 16);
      return bytes;
    });
    expect(await refused(path, other)).toContain('it was changed or damaged');
  });

  it('is refused together with other files', async () => {
    const { code, err } = await importing(FILE, ADVISORIES);
    expect(code).toBe(2);
    expect(err).toContain('is an export; import it by itself');
  });
});

/** The public half of a key of somebody else. */
async function testKey(): Promise<string> {
  const path = join(offline.folder, 'other.pem');
  const { out } = await offline.run(['advisories', 'export', '--new-key', '--json'], {
    env: { PARAPET_EXPORT_KEY_FILE: path },
  });
  return (JSON.parse(out) as { readonly public_key: string }).public_key;
}
