/** `GET /v3/auth/domains`: the caller's domain (contract 4.4). */
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { type IamParts, listLinks } from './iam-parts.ts';

export function listAuthDomainsEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneListAuthDomains',
    method: 'GET',
    url: '/v3/auth/domains',
    summary: 'The domain of the caller.',
    handler: ({ caller }) => {
      const base = parts.publicUrl();
      return {
        json: {
          links: listLinks(`${base}/v3/auth/domains`),
          domains: [
            {
              id: caller.domainId,
              name: caller.domainName,
              enabled: true,
              description: '',
              links: { self: `${base}/v3/domains/${caller.domainId}` },
            },
          ],
        },
      };
    },
  });
}
