/** Why a server has a vulnerability, or why not: `GET /parapet/v1/{project_id}/servers/{server_id}/findings/{vul_id}/explanation`. */
import { explainFinding } from '../../jobs/explain-finding.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import { jsonResult } from '../../json-result.ts';
import type { Database } from '../../store/database.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';

export function explainFindingEndpoint(database: Database, clock: () => CoverageClock): Endpoint {
  return projectEndpoint({
    operation: 'ExplainFinding',
    method: 'GET',
    url: '/parapet/v1/:project_id/servers/:server_id/findings/:vul_id/explanation',
    right: 'read',
    summary:
      'Why a server has a vulnerability, or why not; vul_id is an id as listed, the id of a record or a CVE, whether the server has it or not',
    handler: async ({ project, grantedScope, path }) => {
      const scope = { projectId: project.id, enterpriseProjects: grantedScope };
      const request = { scope, serverId: path('server_id'), about: path('vul_id') };
      return { json: jsonResult(await explainFinding(database, request, clock())) };
    },
  });
}
