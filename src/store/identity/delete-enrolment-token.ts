import type { Queryable } from '../database.ts';

/** Deletes an enrolment token; whether there was one. Servers that enrolled with it stay. */
export async function deleteEnrolmentToken(
  database: Queryable,
  { projectId, id }: { readonly projectId: string; readonly id: string },
): Promise<boolean> {
  const deleted = await database.execute('DELETE FROM enrolment_token WHERE project_id = $1 AND id = $2', [
    projectId,
    id,
  ]);
  return deleted > 0;
}
