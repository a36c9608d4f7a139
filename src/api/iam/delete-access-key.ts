/** `DELETE /v3.0/OS-CREDENTIAL/credentials/{access_key}`: deletes an access key of the caller. */
import { appError } from '../../errors.ts';
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { accessKeyOwner } from './access-key-owner.ts';
import type { IamParts } from './iam-parts.ts';

const ACCESS_KEY = /^[0-9A-Za-z_-]{1,64}$/;

export function deleteAccessKeyEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'DeletePermanentAccessKey',
    method: 'DELETE',
    url: '/v3.0/OS-CREDENTIAL/credentials/:access_key',
    summary: 'Delete an access key of one’s own.',
    handler: async ({ caller, path }) => {
      const accessKey = path('access_key');
      const userId = accessKeyOwner(caller, undefined);
      const isDeleted =
        ACCESS_KEY.test(accessKey) && (await parts.identity.deleteAccessKey({ accessKey, userId }));
      if (!isDeleted)
        throw appError('identity-not-found', { kind: 'access key', name: accessKey.slice(0, 64) });
      parts.authenticator.forget();
      return { status: 204 };
    },
  });
}
