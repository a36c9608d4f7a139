import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_FIELDS, type ConfigField, readConfig } from './config.ts';

const root = mkdtempSync(join(tmpdir(), 'parapet-config-'));
let cwd = '';
let folders = 0;

beforeEach(() => {
  folders += 1;
  cwd = join(root, String(folders));
  mkdirSync(cwd);
});
afterAll(() => rmSync(root, { recursive: true }));

function read(env: Record<string, string>) {
  return readConfig({ env, cwd });
}

function problem(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    expect(error).toMatchObject({ code: 'config-invalid' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the configuration was accepted');
}

function writeConfig(content: unknown, path = join(cwd, 'parapet.json')): string {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the configuration', () => {
  it('has the documented defaults, frozen, with absolute paths', () => {
    const config = read({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: join(cwd, 'data'),
      dataDirIsDefault: true,
      databaseUrl: undefined,
      databaseConnectionsMax: 10,
      projectName: 'default',
      feedStaleDays: 30,
      serverSilentDays: 7,
      logLevel: 'info',
      tlsCert: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes the file, and the environment before it', () => {
    writeConfig({ port: 9000, host: '0.0.0.0', dataDir: 'store', tlsCert: 'a.pem', tlsKey: '/k.pem' });
    expect(read({ PARAPET_PORT: '9001' })).toMatchObject({
      port: 9001,
      host: '0.0.0.0',
      dataDir: join(cwd, 'store'),
      dataDirIsDefault: false,
      tlsCert: join(cwd, 'a.pem'),
      tlsKey: '/k.pem',
    });
  });

  it("starts a relative path from the file's folder in a file, and from the working folder in a variable", () => {
    mkdirSync(join(cwd, 'etc'));
    writeConfig({ dataDir: 'store', secretKeyFile: 'key' }, join(cwd, 'etc', 'p.json'));
    expect(read({ PARAPET_CONFIG: 'etc/p.json', PARAPET_SECRET_KEY_FILE: 'key' })).toMatchObject({
      dataDir: join(cwd, 'etc', 'store'),
      secretKeyFile: join(cwd, 'key'),
    });
  });

  it('counts an empty variable as not given', () => {
    expect(read({ DATABASE_URL: '', PARAPET_PORT: '', PARAPET_CONFIG: '' })).toMatchObject({
      databaseUrl: undefined,
      port: 8080,
    });
  });

  it('leaves alone what Kubernetes sets for a service called parapet', () => {
    const links = {
      PARAPET_SERVICE_HOST: '10.0.0.7',
      PARAPET_SERVICE_PORT: '80',
      PARAPET_SERVICE_PORT_HTTP: '80',
      PARAPET_PORT: 'tcp://10.0.0.7:80',
      PARAPET_PORT_80_TCP: 'tcp://10.0.0.7:80',
      PARAPET_PORT_80_TCP_ADDR: '10.0.0.7',
    };
    expect(read(links).port).toBe(8080);
  });

  it('reads the folders of PATH that are absolute', () => {
    expect(read({ PATH: '/usr/bin:.::bin:/opt/pg/bin' }).searchPath).toEqual(['/usr/bin', '/opt/pg/bin']);
  });
});

describe('a value beyond its limit is refused by name, with the limit and the way out', () => {
  const refused: readonly [name: string, values: readonly string[]][] = [
    ['PARAPET_PORT', ['65536', '-1', '0x20', '1e3', '80.5', ' 80', 'Infinity', '٨٠', '9'.repeat(400)]],
    ['PARAPET_FEED_STALE_DAYS', ['0', '3651', 'NaN', 'thirty']],
    ['PARAPET_SERVER_SILENT_DAYS', ['0', '-7']],
    ['PARAPET_DATABASE_CONNECTIONS_MAX', ['1', '151']],
    ['PARAPET_HOST', ['1.2.3', '999.1.1.1', 'a b', '-a', 'http://x', 'x'.repeat(64)]],
    [
      'PARAPET_PUBLIC_URL',
      ['parapet.example', 'ftp://x', 'https://u:p@x/', 'https://x/?a=1', 'https://x/#a', 'https://'],
    ],
    ['PARAPET_PROJECT_NAME', ['a b', 'x'.repeat(65), 'a/b', '\u202e']],
    ['PARAPET_LOG_LEVEL', ['loud', 'INFO']],
    ['PARAPET_DATA_DIR', ['a\0b', 'x'.repeat(4097)]],
  ];
  for (const [name, values] of refused) {
    it(name, () => {
      for (const value of values) {
        const said = problem({ [name]: value });
        expect(said.startsWith(`${name}: `)).toBe(true);
        expect(said).toContain(JSON.stringify(value.slice(0, 80)));
        expect(said.length).toBeLessThan(700);
      }
    });
  }

  it('and a secret is never shown', () => {
    for (const value of ['mysql://u:hush@db/x', 'hush', 'postgres://u:hush@[bad/x']) {
      const said = problem({ DATABASE_URL: value });
      expect(said).toContain('DATABASE_URL: its value is not a URL that begins with `postgres://`');
      expect(said).not.toContain('hush');
    }
    expect(problem({ PARAPET_ADMIN_PASSWORD: 'hush'.repeat(100) })).not.toContain('hush');
    writeConfig('{"databaseUrl": "postgres://u:hush@db/x", }');
    expect(problem({})).not.toContain('hush');
  });

  it('and half of a TLS pair names the other half', () => {
    expect(problem({ PARAPET_TLS_CERT: 'c.pem' })).toMatch(
      /^PARAPET_TLS_KEY: is missing while PARAPET_TLS_CERT/,
    );
    expect(problem({ PARAPET_TLS_KEY: 'k.pem' })).toMatch(/^PARAPET_TLS_CERT: is missing/);
  });
});

describe('what is allowed', () => {
  const allowed: readonly [name: string, key: keyof typeof CONFIG_FIELDS, given: string, value: unknown][] = [
    ['PARAPET_HOST', 'host', '::1', '::1'],
    ['PARAPET_HOST', 'host', 'parapet.internal.example', 'parapet.internal.example'],
    ['PARAPET_PORT', 'port', '0', 0],
    ['PARAPET_PORT', 'port', '65535', 65_535],
    ['PARAPET_PUBLIC_URL', 'publicUrl', 'https://x.example/parapet/', 'https://x.example/parapet'],
    ['PARAPET_PROJECT_NAME', 'projectName', 'cn-north-4', 'cn-north-4'],
    ['PARAPET_PROJECT_NAME', 'projectName', '华北-北京四', '华北-北京四'],
    ['PARAPET_ADMIN_PASSWORD', 'adminPassword', ' pass wörd ', ' pass wörd '],
    [
      'DATABASE_URL',
      'databaseUrl',
      'postgresql://me@/db?host=/run/postgresql',
      'postgresql://me@/db?host=/run/postgresql',
    ],
    [
      'DATABASE_URL',
      'databaseUrl',
      'postgres://u:p@[::1]:5433/db?sslmode=require',
      'postgres://u:p@[::1]:5433/db?sslmode=require',
    ],
  ];
  for (const [name, key, given, value] of allowed) {
    it(`${name}=${given}`, () => expect(read({ [name]: given })[key]).toBe(value));
  }
});

describe('an unknown name is refused', () => {
  it('with the nearest known one', () => {
    expect(problem({ PARAPET_PROT: '1' })).toBe(
      'PARAPET_PROT: is no setting of Parapet. Did you mean PARAPET_PORT? Correct or remove it.',
    );
    writeConfig({ datadir: 'x' });
    expect(problem({})).toContain('parapet.json: datadir: is no key of Parapet. Did you mean dataDir?');
  });

  it('with all known ones where none is near', () => {
    const said = problem({ PARAPET_COFFEE_MACHINE: 'on' });
    for (const field of Object.values(CONFIG_FIELDS)) expect(said).toContain(field.variable);
  });

  it('also where it is a name that every object has', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      writeConfig(`{"${key}": "x"}`);
      expect(problem({})).toContain(`parapet.json: ${key}: is no key`);
    }
  });
});

describe('a configuration file', () => {
  it('that is not JSON, or no object, or too large, is refused', () => {
    for (const content of [
      '',
      '{',
      '[]',
      '"x"',
      'null',
      '{"port": [1]}',
      '{"port": true}',
      '{"port": null}',
    ]) {
      writeConfig(content);
      expect(problem({})).toContain('parapet.json');
    }
    writeConfig(`{"host": "${'x'.repeat(70_000)}"}`);
    expect(problem({})).toMatch(/a configuration file may have at most 65536/);
  });

  it('that is named must exist, and be a file', () => {
    expect(problem({ PARAPET_CONFIG: 'absent.json' })).toMatch(
      /absent\.json: the configuration file cannot be read \(ENOENT\)/,
    );
    expect(() => readConfig({ env: {}, cwd, file: '.' })).toThrow(/cannot be read/);
  });

  it('may begin with a byte order mark, as Windows editors write it', () => {
    writeConfig('\uFEFF{"port": 9000}');
    expect(read({}).port).toBe(9000);
  });
});

it('any text for any setting is either taken or refused in words', () => {
  const fields: readonly ConfigField<unknown>[] = Object.values(CONFIG_FIELDS).filter(
    ({ variable }) => !variable.startsWith('PARAPET_TLS'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.string({ unit: 'binary' }), ({ variable }, text) => {
      try {
        read({ [variable]: text });
      } catch (error) {
        expect(error).toMatchObject({ code: 'config-invalid', fields: { name: variable } });
      }
    }),
  );
});
