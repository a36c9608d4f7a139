/**
 * `GET /v3/projects` and `GET /v3/auth/projects`: the caller's projects (contract 4.3). This is how clients find the
 * project of a region, so a known region name is answered with exactly one project.
 */
import { appError } from '../../errors.ts';
import type { Project } from '../../identity/rights.ts';
import { accountEndpoint, type Endpoint } from '../endpoint.ts';
import { queryFlag, queryInteger, queryText } from '../strict-query.ts';
import { type IamParts, listLinks, projectsOf } from './iam-parts.ts';

const PAGE_MAX = 1_000_000;
const PER_PAGE_MAX = 5_000;

const filter = {
  domain_id: queryText({ min: 0, max: 256 }),
  name: queryText({ min: 0, max: 256 }),
  parent_id: queryText({ min: 0, max: 256 }),
  enabled: queryFlag(),
  is_domain: queryFlag(),
  page: queryInteger({ min: 1, max: PAGE_MAX, default: 0 }),
  per_page: queryInteger({ min: 1, max: PER_PAGE_MAX, default: 0 }),
};

export function listProjectsEndpoint(parts: IamParts): Endpoint {
  return listingAt(parts, { operation: 'KeystoneListProjects', url: '/v3/projects' });
}

export function listAuthProjectsEndpoint(parts: IamParts): Endpoint {
  return listingAt(parts, { operation: 'KeystoneListAuthProjects', url: '/v3/auth/projects' });
}

function listingAt(parts: IamParts, { operation, url }: { operation: string; url: string }): Endpoint {
  return accountEndpoint({
    operation,
    method: 'GET',
    url,
    summary: 'The projects of the caller; `name` is the region name.',
    query: filter,
    handler: async ({ caller, query }) => {
      if ((query.page === 0) !== (query.per_page === 0)) {
        throw appError('parameter-missing', { name: query.page === 0 ? 'page' : 'per_page' });
      }
      const projects = (await projectsOf(parts.identity, caller)).filter(
        (project) =>
          (query.name === undefined || project.name === query.name) &&
          (query.domain_id === undefined || project.domainId === query.domain_id) &&
          (query.parent_id === undefined || project.domainId === query.parent_id) &&
          (query.enabled === undefined || project.enabled === query.enabled) &&
          query.is_domain !== true,
      );
      const start = query.page === 0 ? 0 : (query.page - 1) * query.per_page;
      const end = query.page === 0 ? projects.length : start + query.per_page;
      const base = parts.publicUrl();
      return {
        json: {
          links: listLinks(`${base}${url}`),
          projects: projects.slice(start, end).map((project) => projectBody(project, base)),
        },
      };
    },
  });
}

function projectBody(project: Project, base: string): object {
  return {
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    parent_id: project.domainId,
    is_domain: false,
    enabled: project.enabled,
    description: '',
    links: { self: `${base}/v3/projects/${project.id}` },
  };
}
