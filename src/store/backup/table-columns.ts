import type { Queryable } from '../database.ts';
import type { BackupTable } from './backup-format.ts';

/** A column whose values are stored: generated ones are worked out again. */
export interface StoredColumn {
  readonly name: string;
  readonly isIdentity: boolean;
}

/** The stored columns of a table of this schema, in their order; none where there is no such table. */
export async function storedColumns(tx: Queryable, table: BackupTable): Promise<readonly StoredColumn[]> {
  return await tx.query<StoredColumn>(
    `SELECT attname AS name, attidentity <> '' AS "isIdentity"
     FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     ORDER BY attnum`,
    [table],
  );
}

/** A name as PostgreSQL reads it literally. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
