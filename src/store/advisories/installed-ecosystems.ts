import type { Queryable } from '../database.ts';

/** The ecosystems of everything that is installed on servers: system keys and application ecosystems. */
export async function installedEcosystems(tx: Queryable): Promise<ReadonlySet<string>> {
  // From one ecosystem to the next along the index: a DISTINCT would read every package.
  const rows = await tx.query<{ ecosystem: string }>(
    `WITH RECURSIVE found AS (
       SELECT min(ecosystem) AS ecosystem FROM package
       UNION ALL
       SELECT (SELECT min(p.ecosystem) FROM package p WHERE p.ecosystem > found.ecosystem) FROM found
       WHERE found.ecosystem IS NOT NULL
     )
     SELECT ecosystem FROM found WHERE ecosystem IS NOT NULL`,
  );
  return new Set(rows.map(({ ecosystem }) => ecosystem));
}
