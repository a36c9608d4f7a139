import { appError } from '../../errors.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';

/** Live tokens of one user; a client that logs in for every request reaches this after hours, and is told so. */
export const TOKENS_PER_USER_MAX = 100_000;

/** How long an expired token is still known, so that its holder is told that it expired, not that it is unknown. */
export const EXPIRED_TOKEN_KEPT_MS = 24 * 60 * 60_000;

/** Saves a token and clears away those of the user that expired long ago. */
export async function saveToken(
  database: Queryable,
  token: Parameters<IdentityStore['saveToken']>[0],
): Promise<void> {
  const saved = await database.execute(
    `WITH cleared AS (DELETE FROM token WHERE user_id = $2 AND expires_at < $6)
     INSERT INTO token (hash, user_id, project_id, issued_at, expires_at)
     SELECT $1, $2, $3, $4::bigint, $5::bigint
     WHERE (SELECT count(*) FROM (SELECT FROM token WHERE user_id = $2 AND expires_at > $4::bigint LIMIT $7) live) < $7`,
    [
      token.hash,
      token.userId,
      token.projectId ?? null,
      token.issuedAt,
      token.expiresAt,
      token.issuedAt - EXPIRED_TOKEN_KEPT_MS,
      TOKENS_PER_USER_MAX,
    ],
  );
  if (saved === 0)
    throw appError('identity-limit', { kind: 'live tokens of this user', max: TOKENS_PER_USER_MAX });
}
