/** The rows of the fleet's servers, but for what an assessment writes. */
import { foldCase } from '../../src/server-view/server-view.ts';
import type { CopyValue } from '../../src/store/copy-rows.ts';
import { pick, type Random, randomBelow, randomId } from '../random.ts';

export const FLEET_GROUPS = 40;
export const FLEET_ENTERPRISE_PROJECTS = ['0', 'ep-1', 'ep-2', 'ep-3', 'ep-4'] as const;
const CLUSTERS = 50;
const CLUSTER_SHARE = 0.1;
const WORDS = [
  'web',
  'shop',
  'pay',
  'mail',
  'build',
  'lab',
  'edge',
  'core',
  'data',
  'auth',
  'log',
  'cache',
] as const;
/** A tenth important, a tenth for tests. */
const ASSET_VALUES = ['important', ...Array.from({ length: 8 }, () => 'common' as const), 'test'] as const;

export const SERVER_COLUMNS = `server (project_id, id, identity, agent_id, name, name_folded, enterprise_project_id, region,
  public_ip, private_ip, group_id, os_type, system, asset_value, cluster_id, node_type, created_at, scan_time, is_unknown,
  inventory_digest, package_set)`;

/** What is a server's own, drawn by its number. */
export interface DrawnServer {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly privateIp: string;
  readonly enterpriseProjectId: string;
  readonly groupId: string;
  readonly assetValue: string;
  readonly isClusterNode: boolean;
}

export function drawServer(random: Random, number: number): DrawnServer {
  return {
    number,
    id: randomId(random),
    name: `${pick(random, WORDS)}-${pick(random, WORDS)}-${pick(random, WORDS)}-${number}`,
    privateIp: `10.${number % 13}.${number % 251}.${number % 241}`,
    enterpriseProjectId: pick(random, FLEET_ENTERPRISE_PROJECTS),
    groupId: `group-${randomBelow(random, FLEET_GROUPS)}`,
    assetValue: pick(random, ASSET_VALUES),
    isClusterNode: random() < CLUSTER_SHARE,
  };
}

/** The values of `SERVER_COLUMNS`. */
export function serverRow(
  server: DrawnServer,
  at: {
    readonly projectId: string;
    readonly now: number;
    readonly system: string;
    readonly isUnknown: boolean;
    readonly digest: string;
    readonly packageSet: number;
  },
): readonly CopyValue[] {
  const { number, id, name, privateIp, enterpriseProjectId, groupId, assetValue, isClusterNode } = server;
  return [
    ...[at.projectId, id, `bench:${number}`, id, name, foldCase(name), enterpriseProjectId, 'cn-north-4'],
    ...[`203.0.${number % 251}.${number % 241}`, privateIp, groupId, 'Linux', at.system, assetValue],
    ...[isClusterNode ? `cluster-${number % CLUSTERS}` : '', isClusterNode ? 'cce' : 'not_cce'],
    ...[at.now, at.now, at.isUnknown, at.digest, at.packageSet],
  ];
}
