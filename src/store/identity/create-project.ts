import type { Queryable } from '../database.ts';
import { orNameTaken } from './name-taken.ts';

/** Makes a project of a domain; `createdAt` in ms since 1970. Throws `identity-exists`: its name is a region, unique in the domain. */
export async function createProject(
  tx: Queryable,
  project: {
    readonly id: string;
    readonly domainId: string;
    readonly name: string;
    readonly createdAt: number;
  },
): Promise<void> {
  await orNameTaken({ kind: 'project', name: project.name }, () =>
    tx.execute('INSERT INTO project (id, domain_id, name, created_at) VALUES ($1, $2, $3, $4)', [
      project.id,
      project.domainId,
      project.name,
      project.createdAt,
    ]),
  );
}
