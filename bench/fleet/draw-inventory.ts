/**
 * Draws inventories. A server has some 470 packages, and was last updated on a day: what was fixed until then is installed,
 * what was fixed later is found. The day is chosen so that as many advisories are open as the drawn number says.
 */
import { pick, type Random, randomBelow, randomChoice, randomNormal } from '../random.ts';
import {
  FLEET_SYSTEMS,
  type FleetSystem,
  type PackageUniverse,
  SYSTEM_SHARES,
  type SystemPackages,
} from './package-universe.ts';

/** ../shared/data/statistics.md: 43 Linux hosts have 470 packages on average, 246 to 798 but for the smallest. */
const PACKAGES_MEAN = 470;
const PACKAGES_DEVIATION = 110;
const PACKAGES_MIN = 150;
/** The same: 23 hosts have 194 findings on average, median 152, at most 399: a log-normal of that median and mean. */
const FINDINGS_SIGMA = Math.sqrt(2 * Math.log(194 / 152));
/** Less than 152, because what was held back, applications and known-exploited ones come on top. */
const FINDINGS_MEDIAN = 128;
const FINDINGS_MAX = 1_000;
/** Assumed: so many inventories are up to date, and so many have some application packages. */
const UP_TO_DATE_SHARE = 0.05;
const APPLICATIONS_SHARE = 0.2;
const APPLICATIONS_MAX = 12;
/** Assumed: of a hundred packages so many are a version older than the day says, because their update was held back. */
const HELD_BACK_SHARE = 0.02;
/** Two of five inventories have the common package, so that 40 % of the servers have. */
const COMMON_OF = 5;
const COMMON_HELD = 2;

export interface DrawnInventory {
  readonly system: FleetSystem;
  /** Places in the universe's `packages`, in any order, each once. */
  readonly places: readonly number[];
}

/** The inventory `index`: the same one for the same `random` at its start. `isRare`: with the rare package. */
export function drawInventory(
  random: Random,
  universe: PackageUniverse,
  { index, isRare }: { readonly index: number; readonly isRare: boolean },
): DrawnInventory {
  const system = drawSystem(random);
  const of = universe.systems[system];
  const wanted = Math.max(
    PACKAGES_MIN,
    Math.round(PACKAGES_MEAN + PACKAGES_DEVIATION * randomNormal(random)),
  );
  const chosen = randomChoice(random, of.named.length, wanted);
  const end = firstInstalled(of, chosen, drawFindings(random));
  const places = chosen.map((at) => {
    const named = of.named[at];
    if (named === undefined) throw new Error(`${system} has no package ${at}`);
    let level = named.fixes.findIndex(({ advisory }) => advisory < end);
    if (level < 0) level = named.fixes.length;
    if (level > 0 && level < named.fixes.length && random() < HELD_BACK_SHARE) level -= 1;
    return named.first + level * universe.builds + randomBelow(random, universe.builds);
  });
  if (random() < APPLICATIONS_SHARE) places.push(...drawApplications(random, universe));
  if (index % COMMON_OF < COMMON_HELD) places.push(universe.common);
  if (isRare) places.push(universe.rare);
  return { system, places };
}

function drawSystem(random: Random): FleetSystem {
  let left = random() * 100;
  for (const system of FLEET_SYSTEMS) {
    left -= SYSTEM_SHARES[system];
    if (left < 0) return system;
  }
  return FLEET_SYSTEMS[0] ?? 'almalinux:8';
}

function drawFindings(random: Random): number {
  if (random() < UP_TO_DATE_SHARE) return 0;
  const drawn = Math.round(FINDINGS_MEDIAN * Math.exp(FINDINGS_SIGMA * randomNormal(random)));
  return Math.min(FINDINGS_MAX, drawn);
}

/** The newest advisory that the server has the fix of: `open` of those about the chosen packages are newer. */
function firstInstalled(of: SystemPackages, chosen: readonly number[], open: number): number {
  const concerned = new Uint8Array(of.advisories);
  for (const at of chosen) for (const fix of of.named[at]?.fixes ?? []) concerned[fix.advisory] = 1;
  let left = open;
  let rank = 0;
  while (rank < of.advisories && (left > 0 || concerned[rank] === 0)) left -= concerned[rank++] ?? 0;
  return rank;
}

/** One version of each of some packages. */
function drawApplications(random: Random, universe: PackageUniverse): readonly number[] {
  const byName = new Map<string, number>();
  for (let count = 1 + randomBelow(random, APPLICATIONS_MAX); count > 0; count -= 1) {
    const place = pick(random, universe.applications);
    byName.set(universe.packages[place]?.name ?? '', place);
  }
  return [...byName.values()];
}
