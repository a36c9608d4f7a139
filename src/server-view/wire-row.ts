/**
 * A row of the server view in the words of the contract (chapter 1, `ListVulHostHosts`). Fields that do not apply are left
 * out, as the vendor's examples do. The row is made of four parts, because the read model keeps what they have in common
 * encoded; both ways of answering build it here.
 */
import type { ServerRow, VulnerabilityIdLists } from './server-view.ts';

/** What is the server's own and does not change with its findings. */
export function serverFields(server: Omit<ServerRow, 'vulnerabilityIds'>) {
  return {
    host_id: server.id,
    ...(server.agentId === '' ? {} : { agent_id: server.agentId }),
    host_name: server.name,
    ...(server.region === '' ? {} : { region_name: server.region }),
    ...(server.publicIp === '' ? {} : { public_ip: server.publicIp }),
    ...(server.privateIp === '' ? {} : { private_ip: server.privateIp }),
    os_type: server.osType,
    asset_value: server.assetValue,
    version: server.edition,
    node_type: server.nodeType,
  };
}

export function groupFields(groupId: string | undefined, groupName: string | undefined) {
  return {
    ...(groupId === undefined ? {} : { group_id: groupId }),
    ...(groupName === undefined ? {} : { group_name: groupName }),
  };
}

/** What a report may change. All of it is ASCII. */
export function riskFields(
  server: Pick<ServerRow, 'scanTime' | 'severityLevel' | 'score' | 'handleStatus' | 'counts'>,
) {
  const { counts } = server;
  return {
    scan_time: server.scanTime,
    severity_level: server.severityLevel,
    ...(server.score === undefined ? {} : { score: server.score }),
    handle_status: server.handleStatus,
    vul_num_with_repair_priority_list: [
      { repair_priority: 'Critical' as const, vul_num: counts.critical },
      { repair_priority: 'High' as const, vul_num: counts.high },
      { repair_priority: 'Medium' as const, vul_num: counts.medium },
      { repair_priority: 'Low' as const, vul_num: counts.low },
    ],
  };
}

/** The lists of a row, by type. */
export function listFields(lists: VulnerabilityIdLists) {
  return {
    vul_ids_info: {
      linux_vul_id_list: [...lists.linux_vul],
      windows_vul_id_list: [...lists.windows_vul],
      webcms_vul_id_list: [...lists.web_cms],
      app_vul_id_list: [...lists.app_vul],
      urgent_vul_id_list: [...lists.urgent_vul],
    },
  };
}

/** The whole row. */
export function wireRow(server: ServerRow) {
  return {
    ...serverFields(server),
    ...groupFields(server.groupId, server.groupName),
    ...riskFields(server),
    ...listFields(server.vulnerabilityIds),
  };
}

/** The fields of an object as they stand in JSON between its braces. */
export function fieldsJson(fields: object): string {
  return JSON.stringify(fields).slice(1, -1);
}
