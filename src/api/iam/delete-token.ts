/** `DELETE /v3/auth/tokens`: revokes a token, one's own or as an administrator any of the domain. */
import { hashSecret } from '../../identity/token.ts';
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import type { IamParts } from './iam-parts.ts';
import { subjectToken } from './show-token.ts';

export function deleteTokenEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneRevokeToken',
    method: 'DELETE',
    url: '/v3/auth/tokens',
    summary: 'Revoke a token.',
    handler: async ({ caller, header }) => {
      const { secret } = await subjectToken(parts, caller, header('X-Subject-Token'));
      await parts.identity.revokeToken(hashSecret(secret));
      parts.authenticator.forget();
      return { status: 204 };
    },
  });
}
