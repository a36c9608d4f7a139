import type { Queryable } from '../database.ts';

/**
 * From here to the end of the transaction a write of servers is noted in the change feed by their sets of packages. Only where
 * nothing but findings and what follows from them is written, and on all servers of a set: whoever reads the change reads no
 * more than that, of every server that has the set.
 */
export async function notePackageSets(tx: Queryable): Promise<void> {
  await tx.query(`SELECT set_config('parapet.view_changes', 'package_set', true)`);
}
