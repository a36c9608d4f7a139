/** Keeps the table of the change feed short, and true to the database it lies in. */
import type { Database, Queryable } from '../database.ts';

/**
 * Deletes the changes that were visible to everyone at the time of the last call, and notes where the next call may cut.
 * A reader that has not read since then finds its mark below the horizon and loads anew. Returns how many went.
 */
export async function pruneViewChanges(database: Database): Promise<number> {
  return await database.transaction(async (tx) => {
    // Locked first: of two at once the second must not cut at what the first has only just noted.
    const [horizon] = await tx.query<{ cut: string }>(
      `SELECT prune_next::text AS cut FROM server_view_horizon FOR UPDATE`,
    );
    if (horizon === undefined) throw new Error('table server_view_horizon has lost its row');
    await tx.execute(
      `UPDATE server_view_horizon SET pruned_below = greatest(pruned_below, prune_next),
         prune_next = pg_snapshot_xmin(pg_current_snapshot())`,
    );
    return await tx.execute(`DELETE FROM server_view_change WHERE changed_xid < $1::xid8`, [horizon.cut]);
  });
}

/**
 * Transactions are numbered by each database server on its own. After a copy by dump and restore the notes carry the
 * numbers of the old one, and those that lie ahead of the new one would count as unseen for ever: they go.
 */
export async function dropForeignViewChanges(tx: Queryable): Promise<void> {
  await tx.execute(
    `DELETE FROM server_view_change WHERE changed_xid >= pg_snapshot_xmax(pg_current_snapshot())`,
  );
  await tx.execute(
    `UPDATE server_view_horizon SET pruned_below = '0', prune_next = '0'
     WHERE pruned_below > pg_snapshot_xmin(pg_current_snapshot()) OR prune_next > pg_snapshot_xmax(pg_current_snapshot())`,
  );
}
