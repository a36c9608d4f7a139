import { describe, expect, it } from 'vitest';
import { drawInventory } from '../../bench/fleet/draw-inventory.ts';
import { readPackageUniverse } from '../../bench/fleet/package-universe.ts';
import { packageLine, reportText } from '../../bench/fleet/report-text.ts';
import { randomNumbers } from '../../bench/random.ts';
import { packageFields } from '../../src/inventory/package.ts';
import { parseReport } from '../../src/inventory/report.ts';

const universe = await readPackageUniverse(3);
const random = randomNumbers(5);
const inventories = Array.from({ length: 50 }, (_, index) =>
  drawInventory(random, universe, { index, isRare: index === 3 }),
);

describe('the packages of the bench fleet', () => {
  it('are different ones', () => {
    const keys = universe.packages.map((pkg) => packageFields(pkg).join('\0'));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('an inventory of the bench fleet', () => {
  it('holds each package once, and as many as real servers have', () => {
    for (const { places } of inventories) {
      const names = places.map((place) => universe.packages[place]?.name);
      expect(new Set(names).size).toBe(places.length);
    }
    const mean = inventories.reduce((sum, { places }) => sum + places.length, 0) / inventories.length;
    expect(mean).toBeGreaterThan(400);
    expect(mean).toBeLessThan(550);
  });

  it('is read from its report as it was drawn', () => {
    for (const { system, places } of inventories) {
      const packages = places.flatMap((place) => universe.packages[place] ?? []);
      const report = reportText({ name: 'web-1', privateIp: '10.0.0.1', system }, packages.map(packageLine));
      const read = parseReport(Buffer.from(report.text));
      expect(read.digest).toBe(report.digest);
      expect(read.inventory.problems).toEqual([]);
      expect(read.inventory.system?.key).toBe(system);
      const keys = (list: typeof packages): string[] =>
        list.map((pkg) => packageFields(pkg).join(' ')).sort();
      expect(keys([...read.inventory.packages])).toEqual(keys(packages));
    }
  });

  it('has the common package in two of five, and the rare one where it is asked for', () => {
    const holding = (place: number): number =>
      inventories.filter(({ places }) => places.includes(place)).length;
    expect(holding(universe.common)).toBe(20);
    expect(holding(universe.rare)).toBe(1);
  });
});
