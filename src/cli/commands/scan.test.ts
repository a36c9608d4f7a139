import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPILED_FILE_NAME } from '../../advisories/compiled-format.ts';
import { writeCompiled } from '../../advisories/compiled-write.ts';
import { readAdvisoryFiles } from '../../advisories/read.ts';
import { readConfig } from '../../config.ts';
import { parseInventory } from '../../inventory/parse.ts';
import { parseDpkgStatus } from '../../inventory/parse-dpkg-status.ts';
import { filedName } from '../../matching/candidate.ts';
import type { CommandIo } from '../command.ts';
import { runCommand } from '../main.ts';

const STATUS = `Package: libssl1.1
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 1.1.1k-1+b1
Description: libraries
 Version: not a field

Package: gone
Status: deinstall ok config-files
Version: 1

Package: bash
Status: install ok installed
Version: 5.1-2+b3
Source: bash (5.1-2)
`;
const DSA_LIST = `[24 Aug 2021] DSA-4963-1 openssl - security update
	{CVE-2021-3711 CVE-2021-3712}
	[bullseye] - openssl 1.1.1k-1+deb11u1
[01 Aug 2021] DSA-4900-1 bash - security update
	{CVE-2021-0001}
	[bullseye] - bash 5.1-2
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parapet-scan-'));
  await writeFile(join(folder, 'status'), STATUS);
  await writeFile(join(folder, 'DSA.list'), DSA_LIST);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], fields: Partial<CommandIo> = {}) {
  let out = '';
  let err = '';
  const io: CommandIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    useColour: false,
    stdin: Readable.from([]),
    config: () => readConfig({ env: { PARAPET_DATA_DIR: folder }, cwd: folder }),
    signal: new AbortController().signal,
    ...fields,
  };
  const code = await runCommand(args, io);
  return { code, out, err };
}

const INPUT = () => ['--inventory', join(folder, 'status'), '--system', 'debian:11'];
const FILES = () => ['--advisories', join(folder, 'DSA.list')];

describe('parapet scan', () => {
  it('prints one JSON object with --json and ends with 0, also with findings', async () => {
    const { code, out } = await run(['scan', ...INPUT(), ...FILES(), '--json']);
    expect(code).toBe(0);
    const result: unknown = JSON.parse(out);
    expect(result).toMatchObject({
      server: { system: 'debian:11', packages: 2 },
      coverage: { system: 'debian:11', status: 'stale' },
      findings: [
        {
          vul_id: 'DSA-4963-1',
          cves: ['CVE-2021-3711', 'CVE-2021-3712'],
          package: { name: 'libssl1.1', source: 'openssl' },
        },
      ],
    });
  });

  it('reads the inventory from standard input', async () => {
    const stdin = Readable.from([Buffer.from(STATUS)]);
    const { out } = await run(['scan', '--inventory', '-', '--system', 'debian:11', ...FILES(), '--json'], {
      stdin,
    });
    expect(JSON.parse(out).findings).toHaveLength(1);
  });

  it('fails with 3 where a finding reaches --fail-on', async () => {
    const codes = [];
    for (const priority of ['critical', 'HIGH', 'medium', 'low']) {
      codes.push((await run(['scan', ...INPUT(), ...FILES(), '--fail-on', priority])).code);
    }
    expect(codes).toEqual([0, 0, 3, 3]);
  });

  it('prints an aligned table, with colours only where they may be used', async () => {
    const plain = await run(['scan', ...INPUT(), ...FILES()]);
    expect(plain.out.split('\n').slice(3, 5)).toEqual([
      'PRIORITY  VULNERABILITY  PACKAGE    INSTALLED    FIXED IN',
      'Medium    DSA-4963-1     libssl1.1  1.1.1k-1+b1  1.1.1k-1+deb11u1',
    ]);
    expect(plain.out).toContain('1 vulnerability: 0 Critical, 0 High, 1 Medium, 0 Low\n');
    const coloured = await run(['scan', ...INPUT(), ...FILES()], { useColour: true });
    expect(coloured.out).toContain('\x1b[33mMedium\x1b[0m    DSA-4963-1');
  });

  it('answers the same from the compiled file in the data folder', async () => {
    const items = readAdvisoryFiles([join(folder, 'DSA.list')]);
    async function* advisories() {
      for await (const item of items) if (item.kind === 'advisory') yield item;
    }
    await writeCompiled(join(folder, COMPILED_FILE_NAME), {
      revision: 1,
      writtenAt: 0,
      advisories: advisories(),
      knownExploited: new Set(),
      worth: new Map(),
      probabilities: new Map(),
      coverage: [
        {
          feed: 'debian-dsa',
          ecosystem: 'debian:11',
          publishedAt: Date.UTC(2021, 7, 24),
          newestAt: undefined,
          records: 2,
        },
      ],
      filedName,
    });
    const compiled = await run(['scan', ...INPUT(), '--json']);
    const files = await run(['scan', ...INPUT(), ...FILES(), '--json']);
    expect(JSON.parse(compiled.out)).toEqual(JSON.parse(files.out));
  });

  it('says in words what it cannot use', async () => {
    expect(await run(['scan', ...INPUT(), '--fail-on', 'worst'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--fail-on takes'),
    });
    expect(await run(['scan', '--inventory', join(folder, 'nothing')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENOENT'),
    });
    const other = join(folder, 'other');
    const config = () => readConfig({ env: { PARAPET_DATA_DIR: other }, cwd: folder });
    expect(await run(['scan', ...INPUT()], { config })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Import advisories first'),
    });
    await writeFile(join(folder, 'empty.json'), '{}');
    expect((await run(['scan', ...INPUT(), '--advisories', join(folder, 'empty.json')])).code).toBe(1);
  });
});

describe('parapet explain', () => {
  it('says why, and why not, of each package that a record names', async () => {
    const { code, out } = await run(['explain', 'CVE-2021-3711', ...INPUT(), ...FILES()]);
    expect(code).toBe(0);
    expect(out).toContain('libssl1.1 1.1.1k-1+b1 (debian:11): affected');
    expect(out).toContain('1.1.1k-1+b1 < 1.1.1k-1+deb11u1 (deb)');
    const not = await run(['explain', 'DSA-4900-1', ...INPUT(), ...FILES(), '--json']);
    expect(JSON.parse(not.out).verdicts).toMatchObject([
      {
        package: { name: 'bash' },
        decision: 'not-affected',
        raises_finding: false,
        records: [{ installed_version: '5.1-2', fixed_version: '5.1-2' }],
      },
    ]);
  });

  it('says so where nothing names the package or the inventory has none', async () => {
    expect((await run(['explain', 'CVE-1999-0001', ...INPUT(), ...FILES()])).out).toContain(
      'No advisory that names CVE-1999-0001',
    );
    expect((await run(['explain', '--package', 'nothing', ...INPUT(), ...FILES()])).out).toBe(
      'The inventory has no package nothing.\n',
    );
    expect((await run(['explain', ...INPUT(), ...FILES()])).code).toBe(2);
  });
});

describe('the short way of reading a dpkg status', () => {
  it('reads what the long way reads, and leaves everything else to that', () => {
    const bytes = Buffer.from(STATUS);
    const options = { file: 'status', system: 'debian:11' };
    expect(parseDpkgStatus(bytes, options)).toEqual(parseInventory(bytes, options));
    expect(parseDpkgStatus(Buffer.from('{"bomFormat":"CycloneDX"}'), options)).toBeUndefined();
    expect(parseDpkgStatus(bytes, { ...options, system: 'not a system' })).toBeUndefined();
  });
});
