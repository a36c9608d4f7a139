import type { Domain } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';

/** A domain by name. */
export async function findDomain(database: Queryable, name: string): Promise<Domain | undefined> {
  const [row] = await database.query<Domain>('SELECT id, name FROM domain WHERE name = $1', [name]);
  return row;
}
