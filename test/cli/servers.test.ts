/** Inventories in, servers listed, shown, changed and removed, groups kept: the commands, on real inventories. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine();
const INVENTORIES = join(FIXTURES, 'inventories');
const REPORT = join(cli.folder, 'report');
writeFileSync(REPORT, reportOf('web-01'));
const DPKG = join(INVENTORIES, 'dpkg-status');

interface Imported {
  readonly imported: readonly {
    readonly server_id: string;
    readonly name: string;
    readonly is_new: boolean;
  }[];
  readonly failed: readonly { readonly file: string; readonly problem: string }[];
}

interface Listed {
  readonly total: number;
  readonly rows: readonly { readonly id: string; readonly name: string; readonly severity_level: string }[];
}

beforeAll(async () => {
  const { code, err } = await cli.run(['advisories', 'import', join(FIXTURES, 'advisories')]);
  if (code !== 0) throw new Error(err);
});

describe('parapet inventory import', () => {
  it('makes a server of a file, and replaces its inventory the next time', async () => {
    const first = await cli.json<Imported>([
      'inventory',
      'import',
      REPORT,
      '--name',
      'web-01',
      '--group',
      'edge',
    ]);
    expect(first.imported).toMatchObject([
      { name: 'web-01', system: 'debian:11', is_new: true, problems: [] },
    ]);
    const again = await cli.json<Imported>(['inventory', 'import', REPORT]);
    expect(again.imported).toMatchObject([{ server_id: first.imported[0]?.server_id, is_new: false }]);
  });

  it('reads standard input, with the os-release beside it', async () => {
    const osRelease = join(cli.folder, 'os-release');
    writeFileSync(osRelease, 'ID=debian\nVERSION_ID="11"\n');
    const stdin = readFileSync(DPKG, 'utf8');
    const args = ['inventory', 'import', '-', '--os-release', osRelease, '--server-id', 'i-0001'];
    const unnamed = await cli.run(args, { stdin });
    expect(unnamed.code).toBe(1);
    expect(unnamed.err).toContain('--name');
    const named = await cli.json<Imported>([...args, '--name', 'db-01'], { stdin });
    expect(named.imported).toMatchObject([{ server_id: 'i-0001', name: 'db-01', system: 'debian:11' }]);
  });

  it('keeps what an existing server is known by when its id is given', async () => {
    const { rows } = await cli.json<Listed>(['server', 'list', '--name', 'web-01']);
    const id = rows[0]?.id ?? '';
    const again = await cli.json<Imported>([
      'inventory',
      'import',
      REPORT,
      '--server-id',
      id,
      '--name',
      'web-01',
    ]);
    expect(again.imported).toMatchObject([{ server_id: id, is_new: false, identity: 'name:web-01' }]);
  });

  it('names a bad file, takes the others, and fails at the end', async () => {
    const bad = join(cli.folder, 'bad.json');
    writeFileSync(bad, '{"hello":"world"}');
    const { code, out, err } = await cli.run([
      'inventory',
      'import',
      '--json',
      bad,
      join(cli.folder, 'gone'),
      join(INVENTORIES, 'trivy-npm.json'),
    ]);
    expect(code).toBe(1);
    const result: Imported = JSON.parse(out);
    expect(result.imported).toMatchObject([{ is_new: true }]);
    expect(result.failed.map((one) => one.file)).toEqual([bad, join(cli.folder, 'gone')]);
    expect(err).toMatch(/^failed: .*bad\.json is not an inventory/m);
  });

  it('takes every file below a folder, in the order of their names, and names what it cannot take', async () => {
    const folder = join(cli.folder, 'fleet');
    mkdirSync(join(folder, 'rack-2'), { recursive: true });
    writeFileSync(join(folder, 'b'), reportOf('folder-b'));
    writeFileSync(join(folder, 'rack-2', 'a'), reportOf('folder-a'));
    writeFileSync(join(folder, '.hidden'), 'not an inventory');
    writeFileSync(join(folder, 'note.txt'), 'not an inventory');
    symlinkSync(REPORT, join(folder, 'out'));
    const { code, out } = await cli.run(['inventory', 'import', '--json', folder]);
    expect(code).toBe(1);
    const result: Imported = JSON.parse(out);
    expect(result.imported.map((one) => one.name)).toEqual(['folder-b', 'folder-a']);
    expect(result.failed.map((one) => one.file)).toEqual([join(folder, 'out'), join(folder, 'note.txt')]);
    writeFileSync(join(folder, 'note\u001b[2J.txt'), 'not an inventory');
    const { err } = await cli.run(['inventory', 'import', folder]);
    expect(err.match(/Understood, plain or gzip/g), 'the formats are told once').toHaveLength(1);
    expect(err).toContain('note?[2J.txt is not an inventory');
    expect(err).not.toContain('\u001b');
    rmSync(join(folder, 'note\u001b[2J.txt'));
    const named = await cli.run(['inventory', 'import', folder, '--name', 'x']);
    expect(named.code).toBe(2);
    expect(named.err).toContain('--name and --server-id go with one file');
  });

  it('reads from a device no more than it reads of a file', async () => {
    const { code, err } = await cli.run(['inventory', 'import', '/dev/zero', '--name', 'endless']);
    expect(code).toBe(1);
    expect(err).toContain('failed: /dev/zero: an inventory may have 256 MiB; this is more');
  });

  it('says that a folder has no files', async () => {
    const empty = join(cli.folder, 'empty');
    mkdirSync(empty);
    const { code, err } = await cli.run(['inventory', 'import', empty]);
    expect(code).toBe(1);
    expect(err).toContain(`failed: ${empty}: is a folder without files`);
  });

  it('refuses a second file of the same server instead of replacing what it just took', async () => {
    const copy = join(cli.folder, 'dpkg-status');
    writeFileSync(copy, readFileSync(DPKG));
    const { code, err } = await cli.run(['inventory', 'import', DPKG, copy, '--system', 'debian:12']);
    expect(code).toBe(1);
    expect(err).toContain('is of the same server as');
  });

  it.each([
    [['--name', 'x'.repeat(65)], '--name: must have 1 to 64 characters'],
    [['--region', 'x'.repeat(33)], '--region: must have 0 to 32 characters'],
    [['--asset-value', 'vital'], '--asset-value: "vital" is none of important, common, test'],
    [['--edition', 'gold'], 'none of null, basic'],
    [['--node-type', 'vm'], '--node-type'],
    [['--nme', 'x'], "Unknown option '--nme'"],
    [[DPKG, '--name', 'x'], '--name and --server-id go with one file'],
  ])('refuses wrong options with exit code 2: %j', async (more, problem) => {
    const { code, err } = await cli.run(['inventory', 'import', DPKG, '--system', 'debian:12', ...more]);
    expect(err).toContain(problem);
    expect(code).toBe(2);
  });

  it('refuses an enterprise project and a project that are not there', async () => {
    const ep = await cli.run([
      'inventory',
      'import',
      DPKG,
      '--system',
      'debian:12',
      '--enterprise-project',
      'nope',
    ]);
    expect(ep).toMatchObject({ code: 1 });
    expect(ep.err).toContain('nope');
    const project = await cli.run([
      'inventory',
      'import',
      DPKG,
      '--system',
      'debian:12',
      '--project',
      'nope',
    ]);
    expect(project).toMatchObject({ code: 1 });
    expect(project.err).toContain('default');
  });
});

describe('parapet server', () => {
  it('lists servers worst first, in a table and in JSON', async () => {
    const { code, out } = await cli.run(['server', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^name +level +score +critical +high +medium +low +state +group +last report +id$/m);
    expect(out).toMatch(/^web-01 /m);
    const listed = await cli.json<Listed>(['server', 'list']);
    expect(listed.total).toBe(listed.rows.length);
    expect(listed.rows[0]).toMatchObject({ scan_time: expect.stringMatching(/Z$/) });
  });

  it('filters, pages, and refuses what is no filter', async () => {
    const byGroup = await cli.json<Listed>([
      'server',
      'list',
      '--group',
      'EDG',
      '--handle-status',
      'unhandled',
    ]);
    expect(byGroup.rows.map((row) => row.name)).toEqual(['web-01']);
    const page = await cli.json<Listed>(['server', 'list', '--limit', '1', '--offset', '1']);
    expect(page.rows).toHaveLength(1);
    expect(page.total).toBeGreaterThan(2);
    expect((await cli.run(['server', 'list', '--name', 'no such server'])).out).toBe('No server matches.\n');
    for (const bad of [['--severity', 'Critical'], ['--limit', '0x20'], ['--limit', '1e9'], ['extra']]) {
      expect(await cli.run(['server', 'list', ...bad])).toMatchObject({ code: 2, out: '' });
    }
  });

  it('shows one server by id or name, with packages, fixes and places of its findings', async () => {
    const { code, out } = await cli.run(['server', 'show', 'web-01']);
    expect(code).toBe(0);
    expect(out).toMatch(/^system +Debian.*\(debian:11\)$/m);
    expect(out).toMatch(/^coverage +(?:stale|covered): /m);
    expect(out).toMatch(/^priority +vulnerability +status +published +fetched +matched +title$/m);
    expect(out).toMatch(/^ {12}\S+ \S+, (?:fixed in \S+|no fix yet)/m);
    const shown = await cli.json<{
      findings: readonly { id: string; packages: readonly { name: string; fixed_version?: string }[] }[];
    }>(['server', 'show', 'web-01']);
    expect(shown.findings.length).toBeGreaterThan(0);
    for (const finding of shown.findings) expect(finding.packages.length).toBeGreaterThan(0);
    const missing = await cli.run(['server', 'show', "x'; DROP TABLE server; --"]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('No server of this project');
  });

  it('changes settings and keeps them against later imports', async () => {
    const set = [
      'server',
      'set',
      'web-01',
      '--asset-value',
      'important',
      '--region',
      'eu-1',
      '--group',
      'Käse 🧀',
    ];
    expect(
      await cli.run([...set, '--public-ip', '203.0.113.7', '--cluster-id', 'c1', '--node-type', 'cce']),
    ).toMatchObject({ code: 0 });
    await cli.json(['inventory', 'import', REPORT]);
    expect(await cli.json(['server', 'show', 'web-01'])).toMatchObject({
      asset_value: 'important',
      region: 'eu-1',
      group_name: 'Käse 🧀',
      public_ip: '203.0.113.7',
      cluster_id: 'c1',
      node_type: 'cce',
    });
    expect(await cli.run(['server', 'set', 'web-01'])).toMatchObject({ code: 2 });
    for (const [option, value, problem] of [
      ['--public-ip', 'web-01.example', 'IPv4 or IPv6'],
      ['--private-ip', '10.0.0.1;10.0.0.2', 'joined by commas'],
      ['--name', 'web\u001b[2J', 'control characters'],
      ['--region', 'eu\n1', 'control characters'],
      ['--group', 'a\u202eb', 'control characters'],
    ] as const) {
      const { code, err } = await cli.run(['server', 'set', 'web-01', option, value]);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`${option}: `) });
      expect(err).toContain(problem);
    }
    expect(await cli.run(['inventory', 'import', REPORT, '--server-id', '../x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--server-id: must have 1 to 64 letters'),
    });
    expect(await cli.run(['server', 'set', 'web-01', '--group', 'a', '--no-group'])).toMatchObject({
      code: 2,
    });
  });

  it('asks for the id where two servers have one name', async () => {
    await cli.json(['inventory', 'import', REPORT, '--server-id', 'twin-1', '--name', 'twin']);
    await cli.json(['inventory', 'import', REPORT, '--server-id', 'twin-2', '--name', 'twin']);
    const { code, err } = await cli.run(['server', 'remove', 'twin']);
    expect(code).toBe(1);
    expect(err).toContain('twin-1, twin-2');
    expect(await cli.run(['server', 'remove', 'twin-1'])).toMatchObject({ code: 0 });
    expect(await cli.json<Listed>(['server', 'list', '--name', 'twin'])).toMatchObject({
      rows: [{ id: 'twin-2' }],
    });
  });
});

describe('parapet group', () => {
  it('makes, lists, renames and removes groups', async () => {
    expect(await cli.run(['group', 'create', 'blue'])).toMatchObject({ code: 0 });
    expect(await cli.run(['group', 'create', 'blue'])).toMatchObject({ code: 1 });
    expect(await cli.run(['group', 'create', 'x'.repeat(65)])).toMatchObject({ code: 2 });
    expect(await cli.run(['group', 'rename', 'blue', 'edge'])).toMatchObject({ code: 1 });
    expect(await cli.run(['group', 'rename', 'blue', 'green'])).toMatchObject({ code: 0 });
    const groups = await cli.json<readonly { name: string; servers: number }[]>(['group', 'list']);
    expect(groups.map((group) => group.name)).toEqual(['Käse 🧀', 'edge', 'green']);
    expect(await cli.run(['group', 'remove', 'Käse 🧀'])).toMatchObject({ code: 0 });
    expect(await cli.json(['server', 'show', 'web-01'])).not.toHaveProperty('group_name');
    expect(await cli.run(['group', 'remove', 'Käse 🧀'])).toMatchObject({ code: 1 });
  });
});
