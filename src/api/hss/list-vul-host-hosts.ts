/**
 * `GET /v5/{project_id}/vulnerability/host/hosts` (contract chapter 1, `ListVulHostHosts`): the server view.
 */
import Type, { type Static } from 'typebox';
import { FINDING_STATUSES, type FindingStatus } from '../../findings/finding.ts';
import type { AnswerServers } from '../../server-view/server-view.ts';
import { wireRow } from '../../server-view/wire-row.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';
import { queryInteger, queryText, queryTextList, queryWord } from '../strict-query.ts';

/** Contract chapters 0 and 7: 10..200 is documented, 1..9 is tolerated. */
export const PAGE_LIMIT_MAX = 200;
export const PAGE_LIMIT_DEFAULT = 10;
export const PAGE_OFFSET_MAX = 2_000_000;

const FINDING_STATUS_LIST = Object.keys(FINDING_STATUSES) as FindingStatus[];

const query = {
  enterprise_project_id: queryText({ min: 1, max: 256 }),
  limit: queryInteger({ min: 1, max: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT }),
  offset: queryInteger({ min: 0, max: PAGE_OFFSET_MAX, default: 0 }),
  asset_value: queryWord(['important', 'common', 'test']),
  group_name: queryText({ min: 1, max: 64 }),
  host_name: queryText({ min: 1, max: 64 }),
  public_ip: queryText({ min: 0, max: 128 }),
  private_ip: queryText({ min: 0, max: 128 }),
  severity_level: queryWord(['High', 'Medium', 'Low', 'Security']),
  handle_status: queryWord(['unhandled', 'handled']),
  status: queryWord(FINDING_STATUS_LIST, { noFilter: ['vul_status_unhandled'] }),
  cluster_id: queryText({ min: 1, max: 64 }),
  host_id_list: queryTextList({ charactersMax: 1_850 }),
  node_type: queryWord(['cce', 'not_cce']),
};

const text = Type.String();
const idList = Type.Array(text);

const row = Type.Object({
  host_id: text,
  agent_id: Type.Optional(text),
  host_name: text,
  region_name: Type.Optional(text),
  public_ip: Type.Optional(text),
  private_ip: Type.Optional(text),
  group_id: Type.Optional(text),
  group_name: Type.Optional(text),
  os_type: Type.Enum(['Linux', 'Windows']),
  asset_value: text,
  scan_time: Type.Integer(),
  severity_level: Type.Enum(['', 'High', 'Medium', 'Low', 'Security']),
  score: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  version: text,
  handle_status: Type.Enum(['unhandled', 'handled']),
  vul_num_with_repair_priority_list: Type.Array(
    Type.Object({
      repair_priority: Type.Enum(['Critical', 'High', 'Medium', 'Low']),
      vul_num: Type.Integer(),
    }),
  ),
  vul_ids_info: Type.Object({
    linux_vul_id_list: idList,
    windows_vul_id_list: idList,
    webcms_vul_id_list: idList,
    app_vul_id_list: idList,
    urgent_vul_id_list: idList,
  }),
  node_type: text,
});

const response = Type.Object({ total_num: Type.Integer(), data_list: Type.Array(row) });

/** Makes the endpoint over whatever answers the view. */
export function listVulHostHosts(answerServers: AnswerServers): Endpoint {
  return projectEndpoint({
    operation: 'ListVulHostHosts',
    method: 'GET',
    url: '/v5/:project_id/vulnerability/host/hosts',
    right: 'read',
    summary: 'Servers with their risk and their vulnerabilities, worst first',
    query,
    response,
    handler: async ({ query: asked, project, resolveScope }) => {
      const page = await answerServers(
        {
          projectId: project.id,
          enterpriseProjects: resolveScope(asked.enterprise_project_id),
          assetValue: asked.asset_value,
          groupNameContains: asked.group_name,
          nameContains: asked.host_name,
          publicIpContains: asked.public_ip,
          privateIpContains: asked.private_ip,
          severityLevel: asked.severity_level,
          handleStatus: asked.handle_status,
          status: asked.status,
          clusterId: asked.cluster_id,
          ids: asked.host_id_list,
          nodeType: asked.node_type,
        },
        { offset: asked.offset, limit: asked.limit },
      );
      if ('body' in page) return { parts: page.body, onSent: page.release };
      const answer: Static<typeof response> = { total_num: page.total, data_list: page.rows.map(wireRow) };
      return { json: answer };
    },
  });
}
