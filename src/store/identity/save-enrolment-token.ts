import { appError } from '../../errors.ts';
import type { EnrolmentToken } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { storableJson } from '../storable-text.ts';

/** Saves a new enrolment token. Its enterprise project must be one of the project's domain: `identity-not-found`. */
export async function saveEnrolmentToken(
  database: Queryable,
  { token, hash }: { readonly token: EnrolmentToken; readonly hash: Buffer },
): Promise<void> {
  const saved = await database.execute(
    `INSERT INTO enrolment_token (project_id, id, hash, enterprise_project_id, name, defaults, created_at, expires_at, uses_left)
     SELECT p.id, $2, $3, e.id, $5, $6, $7::bigint, $8::bigint, $9::integer
     FROM project p JOIN enterprise_project e ON e.domain_id = p.domain_id
     WHERE p.id = $1 AND e.id = $4`,
    [
      token.projectId,
      token.id,
      hash,
      token.enterpriseProjectId,
      token.name,
      storableJson(token.defaults),
      token.createdAt,
      token.expiresAt ?? null,
      token.usesLeft ?? null,
    ],
  );
  if (saved === 0) {
    throw appError('identity-not-found', {
      kind: 'project or enterprise project',
      name: `${token.projectId}, ${token.enterpriseProjectId}`,
    });
  }
}
