/** `POST /v3.0/OS-CREDENTIAL/credentials`: a permanent access key of the caller (contract 4.6). */
import Type from 'typebox';
import { newAccessKey } from '../../identity/token.ts';
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { accessKeyOwner } from './access-key-owner.ts';
import { type IamParts, keystoneTime } from './iam-parts.ts';

const KEY_BODY_BYTES_MAX = 64 * 1024;

const CreateAccessKeyBody = Type.Object({
  credential: Type.Optional(
    Type.Object({
      user_id: Type.Optional(Type.String({ maxLength: 64 })),
      description: Type.Optional(Type.String({ maxLength: 255 })),
    }),
  ),
});

export function createAccessKeyEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'CreatePermanentAccessKey',
    method: 'POST',
    url: '/v3.0/OS-CREDENTIAL/credentials',
    summary: 'Make an access key of one’s own. Its secret is shown this once.',
    body: CreateAccessKeyBody,
    bodyBytesMax: KEY_BODY_BYTES_MAX,
    handler: async ({ caller, body }) => {
      const userId = accessKeyOwner(caller, body.credential?.user_id);
      const { accessKey, secretKey } = newAccessKey();
      const description = body.credential?.description ?? '';
      const createdAt = parts.now();
      await parts.identity.saveAccessKey({
        accessKey,
        userId,
        sealedSecretKey: parts.secretKey.seal(secretKey, accessKey),
        description,
        createdAt,
      });
      return {
        status: 201,
        json: {
          credential: {
            access: accessKey,
            secret: secretKey,
            status: 'active',
            user_id: userId,
            description,
            create_time: keystoneTime(createdAt),
          },
        },
      };
    },
  });
}
