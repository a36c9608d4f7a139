import { Pool } from 'pg';

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
  return { pool, close: () => pool.end() };
}
