import { DEFAULT_ENTERPRISE_PROJECT_ID } from '../../identity/rights.ts';
import type { Queryable } from '../database.ts';
import { orNameTaken } from './name-taken.ts';

/** Makes a domain together with its built-in enterprise project. */
export async function createDomain(
  tx: Queryable,
  domain: { readonly id: string; readonly name: string; readonly createdAt: number },
): Promise<void> {
  await orNameTaken({ kind: 'domain', name: domain.name }, () =>
    tx.execute(
      `WITH made AS (INSERT INTO domain (id, name, created_at) VALUES ($1, $2, $3) RETURNING id)
       INSERT INTO enterprise_project (domain_id, id, name, created_at) SELECT id, $4, 'default', $3 FROM made`,
      [domain.id, domain.name, domain.createdAt, DEFAULT_ENTERPRISE_PROJECT_ID],
    ),
  );
}
