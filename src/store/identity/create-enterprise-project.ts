import type { Queryable } from '../database.ts';
import { orNameTaken } from './name-taken.ts';

/** Makes an enterprise project of a domain; `createdAt` in ms since 1970. Throws `identity-exists` for a name or an id in use. */
export async function createEnterpriseProject(
  tx: Queryable,
  enterpriseProject: {
    readonly domainId: string;
    readonly id: string;
    readonly name: string;
    readonly createdAt: number;
  },
): Promise<void> {
  const { id, name } = enterpriseProject;
  await orNameTaken({ kind: 'enterprise project', name: `${name}, or its id ${id}` }, () =>
    tx.execute('INSERT INTO enterprise_project (domain_id, id, name, created_at) VALUES ($1, $2, $3, $4)', [
      enterpriseProject.domainId,
      id,
      name,
      enterpriseProject.createdAt,
    ]),
  );
}
