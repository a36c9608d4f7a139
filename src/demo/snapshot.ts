/**
 * The bundled snapshot: real advisories as of one day, and the sample fleet. It lies in `snapshot/` of the repository and of
 * the published package; `build/snapshot/` makes it, and snapshot/README.md says from what.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appError } from '../errors.ts';
import { type Fleet, parseFleet } from './fleet.ts';

/** The same path from `src/demo/` and from `dist/demo/`. */
export const SNAPSHOT_FOLDER = fileURLToPath(new URL('../../snapshot/', import.meta.url));
/** What the demo imports: a folder that `readAdvisoryFiles` reads as any other. */
export const SNAPSHOT_ADVISORIES = join(SNAPSHOT_FOLDER, 'advisories');

/**
 * The day of the snapshot: that of its newest record. The demo measures the age of feeds from the end of that day: measured
 * from today, every feed of a snapshot would be stale for ever.
 */
export const SNAPSHOT_DATE = '2026-08-21';
export const SNAPSHOT_MEASURED_AT = Date.parse(`${SNAPSHOT_DATE}T23:59:59Z`);

/** The sample fleet, read and checked. Throws `demo-snapshot-unreadable` where the file is missing or wrong. */
export async function readFleet(): Promise<Fleet> {
  const path = join(SNAPSHOT_FOLDER, 'fleet', 'servers.json');
  return parseFleet(await readSnapshotFile(path), path);
}

/** One inventory of the fleet: a report of Parapet's agent, gzipped. */
export async function readFleetInventory(name: string): Promise<Uint8Array> {
  return await readSnapshotFile(join(SNAPSHOT_FOLDER, 'fleet', 'inventories', `${name}.report.gz`));
}

async function readSnapshotFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw appError('demo-snapshot-unreadable', { path, problem: String(error) }, error);
  }
}
