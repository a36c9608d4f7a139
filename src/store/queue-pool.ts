import { setTimeout } from 'node:timers/promises';
import { Pool } from 'pg';

/** How long the end waits for what still asks for a connection, and how often it looks. */
const CLOSE_WAIT_MAX_MS = 5_000;
const CLOSE_LOOK_MS = 5;

export interface QueuePool {
  /** For the job queue alone; everything else goes through `Database`. */
  readonly pool: Pool;
  readonly close: () => Promise<void>;
}

/**
 * The connections of the job queue. They are ours, so that losing an idle one (the database stops before the process
 * does) is no unhandled event, and so that they are closed before the private PostgreSQL stops.
 */
export function openQueuePool(connectionString: string, connectionsMax: number): QueuePool {
  const pool = new Pool({ connectionString, max: connectionsMax, application_name: 'parapet jobs' });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { pool, close: () => closeServed(pool) };
}

/**
 * The queue does not wait for its word that a job is done, and a pool that ends forgets whoever still asks for a connection: the
 * job of that moment would stay locked in the table for hours.
 */
async function closeServed(pool: Pool): Promise<void> {
  const until = performance.now() + CLOSE_WAIT_MAX_MS;
  while (pool.waitingCount > 0 && performance.now() < until) await setTimeout(CLOSE_LOOK_MS);
  // Waits for connections that are in use.
  await pool.end();
}
