/** `GET /v3/regions`: the regions, which are the names of the caller's projects (contract 4.5). */
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { type IamParts, listLinks, projectsOf } from './iam-parts.ts';

export function listRegionsEndpoint(parts: IamParts): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneListRegions',
    method: 'GET',
    url: '/v3/regions',
    summary: 'The regions: the names of the caller’s projects.',
    handler: async ({ caller }) => {
      const base = parts.publicUrl();
      const projects = await projectsOf(parts.identity, caller);
      return {
        json: {
          links: listLinks(`${base}/v3/regions`),
          regions: projects.map(({ name }) => ({
            id: name,
            type: 'public',
            description: '',
            parent_region_id: null,
            locales: { 'en-us': name, 'zh-cn': name },
            links: { self: `${base}/v3/regions/${encodeURIComponent(name)}` },
          })),
        },
      };
    },
  });
}
