import type { Queryable } from '../database.ts';

/** How many records are in force of each feed. */
export async function listRecordCounts(tx: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ name: string; records: number }>('SELECT name, records FROM feed');
  return new Map(rows.map(({ name, records }) => [name, records]));
}
