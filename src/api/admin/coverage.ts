/** Which feed answers for which system, and how old it is: `GET /parapet/v1/{project_id}/coverage`. */

import { coverageRows } from '../../jobs/coverage-rows.ts';
import { feedRows } from '../../jobs/feed-rows.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import { jsonResult } from '../../json-result.ts';
import type { Database } from '../../store/database.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';

export function showCoverage(database: Database, clock: () => CoverageClock): Endpoint {
  return projectEndpoint({
    operation: 'ShowCoverage',
    method: 'GET',
    url: '/parapet/v1/:project_id/coverage',
    right: 'read',
    summary:
      'Coverage of each system that servers of the project run and of their applications; each feed with its age, and how fetching went',
    handler: async ({ project, grantedScope }) => {
      const scope = { projectId: project.id, enterpriseProjects: grantedScope };
      const coverage = await coverageRows(database, scope, clock());
      return { json: jsonResult({ ...coverage, ...(await feedRows(database, clock())) }) };
    },
  });
}
