/**
 * What makes writing millions of rows quick and must not stay: secondary indexes are built afterwards, the change feed is
 * not told (whoever reads the fleet loads it anew), and the history of findings is not written, because one event for each
 * of some hundred million findings would be larger than everything else together.
 */
import type { Database } from '../../src/store/database.ts';

const DROPPED_INDEXES = [
  'server_by_due',
  'server_by_system',
  'server_by_package_set',
  'package_set_by_package',
] as const;
const NO_HISTORY = `CREATE RULE bench_without_history AS ON INSERT TO finding_event DO INSTEAD NOTHING`;

export interface LoadingMode {
  /** Builds one of the dropped indexes before the end. */
  readonly build: (index: (typeof DROPPED_INDEXES)[number]) => Promise<void>;
  /** Leaves everything as a migration leaves it. */
  readonly end: () => Promise<void>;
}

export async function beginLoading(database: Database): Promise<LoadingMode> {
  const rows = await database.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE indexname = ANY ($1::text[])`,
    [[...DROPPED_INDEXES]],
  );
  const missing = new Map(rows.map(({ name, definition }) => [name, definition]));
  if (missing.size !== DROPPED_INDEXES.length) throw new Error('an index that the bench drops is not there');
  for (const name of missing.keys()) await database.execute(`DROP INDEX ${name}`);
  await database.query(`ALTER TABLE server DISABLE TRIGGER USER; ${NO_HISTORY}`);
  const build = async (name: string): Promise<void> => {
    const definition = missing.get(name);
    if (definition === undefined) return;
    await database.execute(definition);
    missing.delete(name);
  };
  return {
    build,
    end: async () => {
      for (const name of DROPPED_INDEXES) await build(name);
      await database.query(
        `ALTER TABLE server ENABLE TRIGGER USER; DROP RULE bench_without_history ON finding_event`,
      );
    },
  };
}
