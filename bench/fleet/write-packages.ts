/** The universe of packages and the inventories in the store: interned and matched as those of a report are. */
import { matchStoredPackages } from '../../src/jobs/match-packages.ts';
import { revisionInForce } from '../../src/store/advisories/lock-advisory-set.ts';
import type { Database } from '../../src/store/database.ts';
import { internPackages } from '../../src/store/fleet/intern-packages.ts';
import { loadPackages } from '../../src/store/fleet/load-packages.ts';
import { randomNumbers } from '../random.ts';
import { type DrawnInventory, drawInventory } from './draw-inventory.ts';
import { FLEET_SYSTEMS, type PackageUniverse } from './package-universe.ts';

const PACKAGES_PER_BATCH = 2_000;
const INVENTORIES_PER_BATCH = 2_000;
const INVENTORY_SEED = 1_000_000;

export interface FleetTarget {
  readonly database: Database;
  readonly projectId: string;
  readonly note: (text: string) => void;
}

/** Numbers of the universe's packages, by place; all of them matched. */
export async function writePackages(
  { database, projectId, note }: FleetTarget,
  { packages }: PackageUniverse,
): Promise<Int32Array> {
  const ids = new Int32Array(packages.length);
  for (let from = 0; from < packages.length; from += PACKAGES_PER_BATCH) {
    const batch = packages.slice(from, from + PACKAGES_PER_BATCH);
    await database.transaction(async (tx) => {
      const { ids: own } = await internPackages(tx, projectId, batch);
      ids.set(own, from);
      const stored = [...(await loadPackages(tx, projectId, own)).values()];
      await matchStoredPackages(tx, { projectId, revision: await revisionInForce(tx) }, stored);
    });
    if (from % 20_000 === 0) note(`  ${from} of ${packages.length} packages`);
  }
  return ids;
}

/** How the inventories of a fleet are drawn: the same one for the same index, whenever it is asked for. */
export interface InventorySource {
  readonly universe: PackageUniverse;
  readonly inventories: number;
  /** The first so many have the rare package. */
  readonly rareInventories: number;
}

export function inventoryAt(source: InventorySource, index: number): DrawnInventory {
  const isRare = index < source.rareInventories;
  return drawInventory(randomNumbers(INVENTORY_SEED + index), source.universe, { index, isRare });
}

/** Where the inventories lie in the store, by index. */
export interface WrittenInventories {
  readonly packageSets: Int32Array;
  /** Places in `FLEET_SYSTEMS`. */
  readonly systems: Uint8Array;
}

export async function writeInventories(
  { database, projectId, note }: FleetTarget,
  source: InventorySource,
  { ids, now }: { readonly ids: Int32Array; readonly now: number },
): Promise<WrittenInventories> {
  const packageSets = new Int32Array(source.inventories);
  const systems = new Uint8Array(source.inventories);
  for (let from = 0; from < source.inventories; from += INVENTORIES_PER_BATCH) {
    const count = Math.min(INVENTORIES_PER_BATCH, source.inventories - from);
    const drawn = Array.from({ length: count }, (_, at) => inventoryAt(source, from + at));
    const texts = drawn.map(
      ({ places }) =>
        `{${Int32Array.from(places, (place) => ids[place] ?? 0)
          .sort()
          .join(',')}}`,
    );
    for (const [at, { system }] of drawn.entries()) systems[from + at] = FLEET_SYSTEMS.indexOf(system);
    packageSets.set(await internSets({ database, projectId }, texts, now), from);
    if ((from / INVENTORIES_PER_BATCH) % 10 === 0) note(`  ${from} of ${source.inventories} inventories`);
  }
  return { packageSets, systems };
}

/** As store/fleet/package-sets.ts does for one. Two inventories that came out alike get one set. */
async function internSets(
  { database, projectId }: Pick<FleetTarget, 'database' | 'projectId'>,
  texts: readonly string[],
  now: number,
): Promise<readonly number[]> {
  return await database.transaction(async (tx) => {
    await tx.query(`CREATE TEMPORARY TABLE drawn_set (at integer, package_ids integer[]) ON COMMIT DROP`);
    await tx.copyIn(
      'drawn_set (at, package_ids)',
      texts.map((text, at) => [at, text]),
    );
    const rows = await tx.query<{ id: number }>(
      `WITH wanted AS MATERIALIZED (
         SELECT at, package_ids, substring(sha256(array_send(package_ids)) FOR 16) AS digest FROM drawn_set),
       made AS (
         INSERT INTO package_set (project_id, digest, package_ids, used_at)
         SELECT $1, digest, package_ids, $2 FROM wanted
         ON CONFLICT (project_id, digest) DO NOTHING RETURNING digest, id),
       held AS (SELECT digest, id FROM package_set WHERE project_id = $1 AND digest IN (SELECT digest FROM wanted))
       SELECT n.id FROM wanted w JOIN (SELECT * FROM made UNION SELECT * FROM held) n USING (digest) ORDER BY w.at`,
      [projectId, now],
    );
    if (rows.length !== texts.length) throw new Error('a set of packages was neither found nor made');
    return rows.map((row) => row.id);
  });
}
