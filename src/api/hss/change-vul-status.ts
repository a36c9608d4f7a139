/**
 * `PUT /v5/{project_id}/vulnerability/status` (contract 2.15, `ChangeVulStatus`): ignore, unignore or mark findings fixed.
 * `immediate_repair`, `verify` and `add_to_whitelist` are refused in words until the parts they need are there.
 */
import Type, { type Static } from 'typebox';
import { appError } from '../../errors.ts';
import { isSupported, OPERATIONS } from '../../findings/operations.ts';
import type { DecisionRequest, FindingSelection } from '../../jobs/decide-findings.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';
import { queryText } from '../strict-query.ts';

/** Elements of each list of one request (contract 2.15). */
export const SELECTION_ELEMENTS_MAX = 500;

const id = Type.String({ minLength: 1, maxLength: 64 });
const ids = Type.Union([Type.Array(id, { minItems: 1, maxItems: SELECTION_ELEMENTS_MAX }), Type.Null()]);

const body = Type.Object({
  operate_type: Type.Enum([...OPERATIONS]),
  remark: Type.Optional(Type.String({ maxLength: 512 })),
  select_type: Type.Optional(Type.Enum(['all_vul', 'all_host'])),
  type: Type.Optional(Type.Enum(['linux_vul', 'windows_vul', 'web_cms', 'app_vul', 'urgent_vul'])),
  data_list: Type.Optional(
    Type.Array(Type.Object({ vul_id: id, host_id_list: Type.Optional(ids) }), {
      minItems: 1,
      maxItems: SELECTION_ELEMENTS_MAX,
    }),
  ),
  host_data_list: Type.Optional(
    Type.Array(Type.Object({ host_id: id, vul_id_list: Type.Optional(ids) }), {
      minItems: 1,
      maxItems: SELECTION_ELEMENTS_MAX,
    }),
  ),
  backup_info_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});

type Body = Static<typeof body>;

/** What the endpoint needs: the decision itself, and which servers have a vulnerability (for a missing `host_id_list`). */
export interface ChangeVulStatusParts {
  readonly decideFindings: (request: DecisionRequest) => Promise<number>;
  readonly serversWithVulnerability: (
    scope: Pick<DecisionRequest, 'projectId' | 'enterpriseProjects'>,
    vulnerabilityId: string,
  ) => Promise<readonly string[]>;
  readonly now: () => number;
}

export function changeVulStatus(parts: ChangeVulStatusParts): Endpoint {
  return projectEndpoint({
    operation: 'ChangeVulStatus',
    method: 'PUT',
    url: '/v5/:project_id/vulnerability/status',
    right: 'operate',
    summary: 'Ignore findings, take an ignore back, or mark them fixed by hand',
    query: { enterprise_project_id: queryText({ min: 1, max: 256 }) },
    body,
    handler: async ({ body: asked, query, project, caller, resolveScope }) => {
      const { operate_type: operation } = asked;
      if (!isSupported(operation)) throw appError('operation-not-offered', { operation });
      const scope = { projectId: project.id, enterpriseProjects: resolveScope(query.enterprise_project_id) };
      await parts.decideFindings({
        ...scope,
        operation,
        remark: asked.remark ?? '',
        decidedBy: caller.userName,
        type: typeOf(asked),
        selection: await selectionOf(asked, (vulnerabilityId) =>
          parts.serversWithVulnerability(scope, vulnerabilityId),
        ),
        now: parts.now(),
      });
      return {};
    },
  });
}

/** The documented default counts where a whole type is meant; a named vulnerability is found whatever its type. */
function typeOf(asked: Body): DecisionRequest['type'] {
  return asked.type ?? (asked.select_type === undefined ? undefined : 'linux_vul');
}

async function selectionOf(
  asked: Body,
  serversWith: (vulnerabilityId: string) => Promise<readonly string[]>,
): Promise<DecisionRequest['selection']> {
  const given = [asked.select_type, asked.data_list, asked.host_data_list].filter(
    (part) => part !== undefined,
  );
  if (given.length === 0)
    throw appError('parameter-missing', { name: 'select_type, data_list or host_data_list' });
  if (given.length > 1) throw appError('selection-not-single', {});
  if (asked.data_list !== undefined) {
    const selections: FindingSelection[] = [];
    for (const { vul_id, host_id_list } of asked.data_list) {
      const servers = host_id_list ?? (await serversWith(vul_id));
      if (servers.length === 0) throw appError('vulnerability-unknown', { id: vul_id });
      const isNamed = host_id_list !== undefined && host_id_list !== null;
      for (const serverId of servers) selections.push({ serverId, vulnerabilityIds: [vul_id], isNamed });
    }
    return selections;
  }
  if (asked.host_data_list !== undefined) {
    return asked.host_data_list.map((item) => ({
      serverId: item.host_id,
      vulnerabilityIds: item.vul_id_list ?? 'all',
      isNamed: true,
    }));
  }
  return 'all';
}
