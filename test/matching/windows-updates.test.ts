/** Windows on real data: every record is used or counted, and what is listed is what a plain walk over the raw rows says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { vulnerabilityIdsOf } from '../../src/advisories/vulnerability-id.ts';
import type { Package } from '../../src/inventory/package.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import type { Candidate } from '../../src/matching/candidate.ts';
import { type WindowsState, windowsState } from '../../src/matching/windows.ts';
import { dotNetVersionsOf } from '../../src/windows/dot-net.ts';
import { missingUpdates, msrcRows, rowsBySystem, wesngRows } from './raw-windows-rows.ts';

const SHARED = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const WESNG = join(SHARED, 'windows/wesng/definitions.zip');
const MSRC = join(SHARED, 'windows/msrc-cvrf');

interface ReadFeed {
  readonly counts: Readonly<Record<string, number>>;
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
}

async function readFeed(path: string): Promise<ReadFeed> {
  const counts: Record<string, number> = {};
  const candidates = new Map<string, Candidate[]>();
  for await (const item of readAdvisoryFiles([path])) {
    const key = 'reason' in item ? item.reason : item.kind;
    counts[key] = (counts[key] ?? 0) + ('count' in item ? item.count : 1);
    if (item.kind !== 'advisory') continue;
    const { advisory, feed } = item;
    for (const affected of advisory.affected) {
      const vulnerabilities = vulnerabilityIdsOf(advisory, affected);
      const candidate = { feed, advisoryId: advisory.id, cves: advisory.cves, vulnerabilities, affected };
      const held = candidates.get(affected.ecosystem);
      if (held === undefined) candidates.set(affected.ecosystem, [candidate]);
      else held.push(candidate);
    }
  }
  return { counts, candidates };
}

interface Host {
  readonly name: string;
  readonly pkg: Package;
}

function realHosts(): readonly Host[] {
  const folders = ['inventories/windows-systeminfo', 'inventories/vuls-hosts'].map((path) =>
    join(SHARED, path),
  );
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /systeminfo|^windows/.test(name))
      .map((name) => {
        const inventory = parseInventory(readFileSync(join(folder, name)), { file: name });
        const pkg = inventory.packages.find((one) => one.name === 'Windows');
        if (pkg === undefined) throw new Error(`${name} is no Windows system`);
        return { name, pkg };
      }),
  );
}

/** The listed updates but for those of .NET alone, which the raw walk leaves out, without their letters. */
function listedOf(state: WindowsState): readonly string[] {
  return [...state.listed.keys()]
    .filter((number) => {
      const components = [...(state.updates.get(number)?.components ?? [])];
      return components.some((component) => dotNetVersionsOf(component) === undefined);
    })
    .map((number) => number.slice(2))
    .sort();
}

/** What counts beside a listed update is missing, and together they fix what the listed one closes, each a part of it. */
function expectMissingBelow({ updates, inEffect, listed, missingBelow }: WindowsState): void {
  for (const [number, cves] of listed) {
    const below = missingBelow.get(number) ?? [];
    const fixedBy = (one: string): readonly string[] =>
      [...(updates.get(one)?.cves ?? [])].filter((cve) => cves.includes(cve));
    expect(below.filter((one) => inEffect.has(one) || one === number || fixedBy(one).length === 0)).toEqual(
      [],
    );
    expect([...new Set([number, ...below].flatMap(fixedBy))].sort()).toEqual(cves);
  }
}

describe('Windows updates of real systems', () => {
  it('are looked for where the data folder lies', () => {
    expect(SHARED.endsWith('shared/data')).toBe(true);
  });

  if (!existsSync(WESNG)) return;

  it("of WES-NG's lists are the plain closure of its rows, and each row is used or counted", async () => {
    const { counts, candidates } = await readFeed(WESNG);
    expect(counts).toEqual({
      list: 2,
      advisory: 3_539,
      'other-product': 64_130,
      'no-update': 34_823,
      problem: 1,
    });
    const rowsOf = rowsBySystem(await wesngRows(WESNG));
    const hosts = realHosts();
    expect(hosts).toHaveLength(46);
    let listed = 0;
    for (const { name, pkg } of hosts) {
      const state = windowsState(pkg, candidates.get(pkg.ecosystem) ?? []);
      const own = rowsOf(pkg.ecosystem.slice('windows:'.length));
      const installed = (pkg.updates ?? '').split(' ').map((number) => number.slice(2));
      expect({ name, listed: listedOf(state) }).toEqual({ name, listed: missingUpdates(own, installed, '') });
      expectMissingBelow(state);
      listed += state.listed.size;
    }
    expect(listed).toBeGreaterThan(2_000);
  }, 600_000);

  it("of Microsoft's documents are the closure of their rows with their builds", async () => {
    const { counts, candidates } = await readFeed(MSRC);
    expect(counts).toEqual({ advisory: 1_241, 'other-product': 10_117, 'no-update': 4 });
    const rowsOf = rowsBySystem(await msrcRows(readdirSync(MSRC).map((name) => join(MSRC, name))));
    for (const { name, pkg } of realHosts()) {
      const state = windowsState(pkg, candidates.get(pkg.ecosystem) ?? []);
      const own = rowsOf(pkg.ecosystem.slice('windows:'.length));
      const installed = (pkg.updates ?? '').split(' ').map((number) => number.slice(2));
      expect({ name, listed: listedOf(state) }).toEqual({
        name,
        listed: missingUpdates(own, installed, pkg.version),
      });
      expectMissingBelow(state);
    }
  }, 600_000);
});
