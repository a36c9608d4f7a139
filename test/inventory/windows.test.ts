import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { type ParseInventoryOptions, parseInventory } from '../../src/inventory/parse.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/inventories', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../shared/data/inventories', import.meta.url));

function parse(path: string, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(readFileSync(path), options);
}

/** The system's key, its build and how many updates it has. */
function shown(inventory: Inventory): string {
  const system = inventory.packages.find((pkg) => pkg.name === 'Windows');
  const updates = system?.updates?.split(' ').filter((number) => number !== '') ?? [];
  return `${inventory.system?.key.slice('windows:'.length)}, ${system?.version}, ${updates.length}`;
}

describe('systeminfo', () => {
  it('is read in Chinese, in the code page of the console', () => {
    const inventory = parse(join(FIXTURES, 'systeminfo-zh-cn.txt'));
    expect(shown(inventory)).toBe('Windows 10 Version 1809 for x64-based Systems, 10.0.17763, 1');
    expect(inventory.server).toMatchObject({ name: 'DESKTOP-0CQH3P2', privateIps: ['192.168.5.128'] });
    expect(inventory.packages[0]?.updates).toBe('KB4464455');
    expect(inventory.runningKernel).toEqual({ release: '10.0.17763', version: '' });
    // The name's letters are lost with the code page; the product's own name is shown instead.
    expect(inventory.system?.name).toBe('Windows 10 Version 1809 for x64-based Systems');
  });

  it('is read in French, in the code page of the console', () => {
    const inventory = parse(join(FIXTURES, 'systeminfo-fr-cp850.txt'));
    expect(shown(inventory)).toMatch(/^Windows 7 for x64-based Systems Service Pack 1, 6\.1\.7601, \d$/);
    expect(inventory.server.name).toBe('WIN-IDKKFN87EL8');
  });

  it('is read in Russian', () => {
    const inventory = parse(join(FIXTURES, 'systeminfo-ru.txt'));
    expect(shown(inventory)).toBe('Windows Server 2012 R2, 6.3.9600, 7');
    expect(inventory.problems).toEqual([]);
  });

  it('names a list that is shorter than it says', () => {
    const text = readFileSync(join(FIXTURES, 'systeminfo-ru.txt'), 'utf8').replace(
      /\n *\[07\]: KB2999226\r?/,
      '',
    );
    expect(parseInventory(Buffer.from(text)).problems).toEqual([
      expect.stringContaining('says 7 updates and lists 6'),
    ]);
    const withHotFixes = `${text}\nSource HotFixID   InstalledOn\nDC     KB2999226  4/17/2020\nDC     KB2919355  3/18/2014\n`;
    expect(shown(parseInventory(Buffer.from(withHotFixes)))).toBe('Windows Server 2012 R2, 6.3.9600, 7');
  });

  it('of a version without a name is a system of its own, which nobody covers', () => {
    const text = readFileSync(join(FIXTURES, 'systeminfo-zh-cn.txt'), 'latin1').replaceAll('17763', '29999');
    expect(parseInventory(Buffer.from(text, 'latin1')).system?.key).toBe('windows:Windows 10.0.29999');
  });
});

describe('lists of updates', () => {
  const system = 'windows:windows server 2019';

  it('of wmic, in UTF-16, need to be told their system', () => {
    const path = join(FIXTURES, 'wmic-qfe-utf16.txt');
    expect(() => parse(path)).toThrow('system');
    const inventory = parse(path, { system });
    expect(shown(inventory)).toBe('Windows Server 2019, unknown, 5');
    expect(inventory.packages[0]?.updates).toBe('KB4470788 KB4480056 KB4482887 KB4486553 KB4487038');
  });

  it.each([
    [
      'a table',
      'Source  Description      HotFixID      InstalledBy  InstalledOn\n------  -----------      --------      -----------  -----------\nWIN     Security Update  KB4470788     NT AUTHORITY 3/1/2019\nWIN     Update           4480056       NT AUTHORITY 3/1/2019\n',
    ],
    [
      'a list of properties',
      'Source      : WIN\nHotFixID    : KB4470788\n\nSource      : WIN\nHotFixID    : KB4480056\n',
    ],
    [
      'comma-separated values',
      '"Source","Description","HotFixID"\n"WIN","Update","KB4470788"\n"WIN","Update","KB4480056"\n',
    ],
    [
      'wmic /format:list',
      'Description=Update\nHotFixID=KB4470788\n\nDescription=Update\nHotFixID=KB4480056\n',
    ],
    ['JSON', '[{"Source":"WIN","HotFixID":"KB4470788"},{"HotFixID":"KB4480056"}]'],
  ])('are read as %s', (_form, text) => {
    const inventory = parseInventory(Buffer.from(text), { system });
    expect(inventory.packages[0]?.updates).toBe('KB4470788 KB4480056');
  });
});

describe("Vuls' results", () => {
  it('give the build, the updates and whether a restart is due', () => {
    const document = {
      jsonVersion: 4,
      serverName: 'win',
      family: 'windows',
      release: 'Windows Server 2022',
      runningKernel: { release: '', version: '10.0.20348.4648', rebootRequired: true },
      packages: {},
      windowsKB: { applied: ['5009555', '5033118'], unapplied: ['5066782'] },
    };
    const inventory = parseInventory(Buffer.from(JSON.stringify(document)));
    expect(inventory.packages.map((pkg) => [pkg.name, pkg.version, pkg.origin, pkg.updates])).toEqual([
      ['Windows', '10.0.20348.4648', 'restart-pending', 'KB5009555 KB5033118'],
      ['Windows after restart', '10.0.20348.4648', '', 'KB5009555 KB5033118'],
    ]);
    expect(inventory.runningKernel).toEqual({ release: '10.0.20348.4648', version: '' });
  });
});

describe("Parapet's report", () => {
  const report = (windows: readonly string[], updates: readonly string[]): Buffer =>
    Buffer.from(
      [
        'parapet-report 1',
        'digest -',
        '[server]',
        'name win-01',
        '[windows]',
        ...windows,
        '[windows updates]',
        ...updates,
        '[end]',
        '',
      ].join('\n'),
    );

  it('tells of the build, of updates, and of those that wait for a restart', () => {
    const inventory = parseInventory(
      report(
        [
          'version 10.0.17763.5936',
          'type server',
          'installation core',
          'architecture x64',
          'restart-required yes',
        ],
        ['KB5039217\tinstalled', 'KB5040430\tpending', 'Update\tinstalled', 'KB5000000\tperhaps'],
      ),
    );
    expect(inventory.system?.key).toBe('windows:Windows Server 2019 (Server Core installation)');
    expect(inventory.packages.map((pkg) => [pkg.name, pkg.version, pkg.updates])).toEqual([
      ['Windows', '10.0.17763.5936', 'KB5039217'],
      ['Windows after restart', '10.0.17763.5936', 'KB5039217 KB5040430'],
    ]);
    expect(inventory.problems).toEqual([
      '[windows updates]: "Update\tinstalled" is no update'.replace('\t', ' '),
      '[windows updates]: KB5000000 is neither installed nor pending',
    ]);
  });

  it('without a version names no system', () => {
    expect(() => parseInventory(report(['type server'], ['KB5039217\tinstalled']))).toThrow();
  });
});

if (existsSync(SHARED)) {
  describe('the real outputs', () => {
    const folder = join(SHARED, 'windows-systeminfo');

    it('of systeminfo all name their system and list their updates', () => {
      const files = readdirSync(folder).filter((name) => name.includes('systeminfo'));
      expect(files).toHaveLength(32);
      const systems = new Map(files.map((name) => [name, shown(parse(join(folder, name)))]));
      expect([...systems.values()].filter((line) => !/^Windows .*, \d+$/.test(line))).toEqual([]);
      expect(systems.get('7_sp1_x64_enterprise_fr_systeminfo_powershell.txt')).toBe(
        'Windows 7 for x64-based Systems Service Pack 1, 6.1.7601, 93',
      );
      expect(systems.get('srv_2008_rtm_x86_standard_en-us_systeminfo.txt')).toBe(
        'Windows Server 2008 for 32-bit Systems, 6.0.6001, 1',
      );
      expect(systems.get('xp_rtm_x86_professional_en-us_systeminfo.txt')).toBe('Windows XP, 5.1.2600, 2');
    });

    it('of wmic qfe list what systeminfo lists of the same host', () => {
      const updatesOf = (inventory: Inventory): readonly string[] =>
        inventory.packages[0]?.updates?.split(' ') ?? [];
      for (const name of ['srv_2012r2_u1', 'vista_x64_sp1', '10_1809_x64_pro_en-us_20190307']) {
        const whole = parse(join(folder, `${name}_systeminfo.txt`));
        const alone = parse(join(folder, `${name}_qfe.txt`), { system: whole.system?.key ?? '' });
        expect(updatesOf(alone)).toEqual(updatesOf(whole));
      }
    });

    it('of updates that are offered are no inventory', () => {
      const offered = join(folder, '7_sp1_x64_enterprise_en-us_20190305_updates.txt');
      expect(() => parse(offered)).toThrow('not an inventory');
    });
  });
}
