import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfInventory } from './digest.ts';
import type { Inventory } from './inventory.ts';
import type { InstalledPackage } from './package.ts';
import { systemOf } from './system.ts';

function packageNamed(name: string, changes: Partial<InstalledPackage> = {}): InstalledPackage {
  return {
    ecosystem: 'debian:12',
    name,
    version: '1-1',
    arch: 'amd64',
    source: name,
    sourceVersion: '1-1',
    module: '',
    origin: '',
    paths: [],
    ...changes,
  };
}

function inventoryWith(packages: readonly InstalledPackage[], changes: Partial<Inventory> = {}): Inventory {
  return {
    system: systemOf('debian', '12'),
    server: { name: 'a', uuid: '', privateIps: [], publicIp: '' },
    runningKernel: { release: '6.1.0-18-amd64', version: '6.1.76-1' },
    packages,
    collectedAt: 1,
    problems: [],
    ...changes,
  };
}

describe('digestOfInventory', () => {
  const packages = ['zlib', 'Éclair', 'bash', '包'].map((name) => packageNamed(name));

  it('is what sort and sha256sum make of the documented text', () => {
    const lines = packages
      .map((item) => `debian:12\t${item.name}\t1-1\tamd64\t${item.name}\t1-1\t\t`)
      .join('\n');
    const script =
      '{ printf "parapet-set 1\\nsystem debian:12\\nkernel 6.1.0-18-amd64 6.1.76-1\\n"; LC_ALL=C sort -u; } | sha256sum';
    const [sum] = execFileSync('sh', ['-c', script], { input: `${lines}\n`, encoding: 'utf8' }).split(' ');
    expect(digestOfInventory(inventoryWith(packages))).toBe(`sha256:${sum}`);
  });

  it('does not depend on order, repeats, or anything that is not installed', () => {
    const digest = digestOfInventory(inventoryWith(packages));
    fc.assert(
      fc.property(fc.shuffledSubarray(packages, { minLength: packages.length }), (shuffled) => {
        expect(
          digestOfInventory(inventoryWith([...shuffled, ...shuffled], { collectedAt: 2, problems: ['x'] })),
        ).toBe(digest);
      }),
      { numRuns: 20 },
    );
  });

  it('changes with every field of a package, its paths, the system and the running kernel', () => {
    const changes: readonly Partial<InstalledPackage>[] = [
      { ecosystem: 'npm' },
      { name: 'b' },
      { version: '2' },
      { arch: 'i386' },
      { source: 's' },
      { sourceVersion: '2' },
      { module: 'm:1' },
      { origin: 'o' },
      { paths: ['/a'] },
    ];
    const digests = [
      digestOfInventory(inventoryWith([packageNamed('a')])),
      ...changes.map((change) => digestOfInventory(inventoryWith([packageNamed('a', change)]))),
      digestOfInventory(inventoryWith([packageNamed('a')], { system: systemOf('debian', '11') })),
      digestOfInventory(inventoryWith([packageNamed('a')], { runningKernel: undefined })),
      digestOfInventory(inventoryWith([])),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
