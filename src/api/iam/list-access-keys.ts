/** `GET /v3.0/OS-CREDENTIAL/credentials`: the caller's access keys, without their secrets. */
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { queryText } from '../strict-query.ts';
import { accessKeyOwner } from './access-key-owner.ts';
import { type IamParts, keystoneTime } from './iam-parts.ts';

export function listAccessKeysEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'ListPermanentAccessKeys',
    method: 'GET',
    url: '/v3.0/OS-CREDENTIAL/credentials',
    summary: 'One’s own access keys, without their secrets.',
    query: { user_id: queryText({ min: 0, max: 64 }) },
    handler: async ({ caller, query }) => {
      const keys = await parts.identity.listAccessKeys(accessKeyOwner(caller, query.user_id));
      return {
        json: {
          credentials: keys.map((key) => ({
            access: key.accessKey,
            status: key.status,
            user_id: key.userId,
            description: key.description,
            create_time: keystoneTime(key.createdAt),
            ...(key.lastUsedAt === undefined ? {} : { last_use_time: keystoneTime(key.lastUsedAt) }),
          })),
        },
      };
    },
  });
}
