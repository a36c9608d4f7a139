/** `GET` and `HEAD /v3/auth/tokens`: what a token stands for (contract 4.2). */
import { appError, isAppError } from '../../errors.ts';
import type { StoredToken } from '../../identity/identity-store.ts';
import { type Caller, holdsEverywhere } from '../../identity/rights.ts';
import { accountEndpoint, type Endpoint, type EndpointAnswer } from '../endpoint.ts';
import { queryText } from '../strict-query.ts';
import type { IamParts } from './iam-parts.ts';
import { tokenBody, wantsCatalog } from './token-body.ts';

export function showTokenEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneValidateToken',
    method: 'GET',
    url: '/v3/auth/tokens',
    summary: 'Look at a token: one’s own, or as an administrator any of the domain.',
    query: { nocatalog: queryText({ min: 0, max: 256 }) },
    handler: async ({ caller, header, query }): Promise<EndpointAnswer> => {
      const { secret, token } = await subjectToken(parts, caller, header('X-Subject-Token'));
      const projectId = token.projectId;
      const project = projectId === undefined ? undefined : await parts.identity.findProject(projectId);
      const catalog = wantsCatalog(query.nocatalog) ? { publicUrl: parts.publicUrl() } : undefined;
      return { headers: { 'X-Subject-Token': secret }, json: tokenBody({ ...token, project }, catalog) };
    },
  });
}

export function checkTokenEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneCheckToken',
    method: 'HEAD',
    url: '/v3/auth/tokens',
    summary: 'Whether a token is valid.',
    handler: async ({ caller, header }): Promise<EndpointAnswer> => {
      const { secret } = await subjectToken(parts, caller, header('X-Subject-Token'));
      return { headers: { 'X-Subject-Token': secret } };
    },
  });
}

/** The token named by X-Subject-Token. Someone else's, and one that is not valid, is `identity-not-found`. */
export async function subjectToken(
  { authenticator }: IamParts,
  caller: Caller,
  secret: string | undefined,
): Promise<{ readonly secret: string; readonly token: StoredToken }> {
  if (secret === undefined || secret === '') throw appError('parameter-missing', { name: 'X-Subject-Token' });
  try {
    const token = await authenticator.readToken(secret);
    const isOwn = token.user.id === caller.userId;
    const isAdministered = token.user.domainId === caller.domainId && holdsEverywhere(caller, 'admin');
    if (isOwn || isAdministered) return { secret, token };
  } catch (error) {
    if (!isAppError(error) || error.status !== 401) throw error;
  }
  throw appError('identity-not-found', { kind: 'valid token', name: 'in X-Subject-Token' });
}
