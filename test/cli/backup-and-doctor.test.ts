/** `parapet backup`, `restore` and `doctor`: the commands with their files. The rows are compared in test/store/backup.test.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine({ PARAPET_PORT: '0' });
const target = await testCommandLine();
const BACKUP = join(cli.folder, 'parapet.backup');
const REPORT = join(cli.folder, 'report');
writeFileSync(REPORT, reportOf('web-01'));

interface Doctor {
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly status: string; readonly finding: string }[];
}

async function statusOf(
  check: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const { out } = await cli.run(['doctor', '--json'], { env });
  const { checks }: Doctor = JSON.parse(out);
  return checks.find((one) => one.check === check)?.status;
}

describe('parapet doctor', () => {
  it('finds a new installation well, but without advisories', async () => {
    const { code, out } = await cli.run(['doctor']);
    expect(out).toContain('warning  advisories: No advisories have been imported');
    expect(out).not.toContain('WRONG');
    expect(code).toBe(0);
    expect(existsSync(cli.dataDir)).toBe(false);
  });

  it('calls it wrong where a system that servers run is not covered', async () => {
    await cli.run(['inventory', 'import', REPORT]);
    await cli.run(['advisories', 'import', join(FIXTURES, 'advisories/bitnami.osv.jsonl')]);
    const { code, out } = await cli.run(['doctor']);
    expect(out).toMatch(/WRONG +advisories: 1 server is unknown.*debian:11/);
    expect(out).toContain('warning  exploitation: The known-exploited catalogue was never imported');
    expect(code).toBe(1);
  });

  it('says what is wrong with the settings, the database and the key', async () => {
    expect(await statusOf('settings', { PARAPET_PORT: 'eighty' })).toBe('wrong');
    const away = { DATABASE_URL: 'postgresql://parapet@127.0.0.1:1/parapet' };
    expect(await statusOf('database', away)).toBe('wrong');
    await cli.run(['key', 'create']);
    expect(await statusOf('secret key')).toBe('ok');
    writeFileSync(join(cli.dataDir, 'secret-key'), `${'a'.repeat(64)}\n`);
    expect(await statusOf('secret key')).toBe('wrong');
  });

  it('tells a foreign program on the port from a free one', async () => {
    const foreign = createServer((socket) => socket.resume().end('220 hello\r\n'));
    const port = await new Promise<number>((resolve) =>
      foreign.listen(0, '127.0.0.1', () => {
        const address = foreign.address();
        resolve(address === null || typeof address === 'string' ? 0 : address.port);
      }),
    );
    const env = { PARAPET_PORT: String(port) };
    expect(await statusOf('port', env)).toBe('wrong');
    await new Promise((resolve) => foreign.close(resolve));
    expect(await statusOf('port', env)).toBe('ok');
  });
});

describe('parapet backup and restore', () => {
  it('writes a file that only its owner may read, and nothing beside it', async () => {
    const { code, out } = await cli.run(['backup', BACKUP]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /: \d+ rows, 1 server, \d+ bytes\.\nThe secret key is not in it\. Keep a copy of .*secret-key elsewhere\.\n$/,
    );
    expect(statSync(BACKUP).mode & 0o777).toBe(0o600);
    expect(readdirSync(cli.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says where it cannot write, and leaves an earlier backup as it was', async () => {
    const nowhere = await cli.run(['backup', join(cli.folder, 'no/such/folder/x')]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.err).toContain('there is no such file or folder');
    const before = readFileSync(BACKUP);
    const folder = join(cli.folder, 'folder');
    mkdirSync(join(folder, 'in-it'), { recursive: true });
    const onFolder = await cli.run(['backup', folder]);
    expect(onFolder.code).toBe(1);
    expect(onFolder.err).toContain('it is a folder');
    expect(readFileSync(BACKUP).equals(before)).toBe(true);
    expect(readdirSync(cli.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('refuses files that are no whole backup', async () => {
    const bytes = readFileSync(BACKUP);
    const files = {
      'a text': Buffer.from('hello'),
      nothing: Buffer.alloc(0),
      'cut short': bytes.subarray(0, bytes.length - 20),
      'one bit changed': Buffer.from(
        bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)),
      ),
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(cli.folder, name);
      writeFileSync(path, content);
      const { code, err } = await target.run(['restore', path]);
      expect(`${name}: ${err}`).toContain('cannot be used');
      expect(code).toBe(1);
    }
    expect(await target.run(['restore', join(cli.folder, 'gone')])).toMatchObject({ code: 1 });
    expect(await target.database.query('SELECT id FROM domain')).toEqual([]);
  });
});
