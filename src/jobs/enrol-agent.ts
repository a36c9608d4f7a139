/**
 * Enrolment: a machine that shows an enrolment token becomes a server with a credential of its own. The server's row is
 * made here, with what the token gives; it is listed from its first report on.
 */
import { randomUUID } from 'node:crypto';
import { appError } from '../errors.ts';
import type { EnrolmentToken } from '../identity/identity-store.ts';
import { newId } from '../identity/token.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type AgentServer, findAgentServer } from '../store/fleet/find-agent-server.ts';
import { type ServerSettings, saveServer } from '../store/fleet/save-server.ts';
import { serverGroupId } from '../store/fleet/server-groups.ts';
import { findAgent } from '../store/identity/find-agent.ts';
import { saveAgentCredential } from '../store/identity/save-agent-credential.ts';
import { useEnrolmentToken } from '../store/identity/use-enrolment-token.ts';

/** Most machines that may share one enrolment as clones of the machine that was enrolled. */
export const AGENT_CLONES_MAX = 1_000;

export interface EnrolledAgent {
  readonly projectId: string;
  readonly serverId: string;
}

/**
 * Enrols a machine. With the credential that it has from an earlier enrolment (in the token's project) it stays the same
 * server and its credential is replaced; without that proof it becomes a new one, whatever name or machine id it tells.
 * Throws `enrolment-token-unusable`; then no use of the token is spent and nothing is changed.
 */
export async function enrolAgent(
  database: Database,
  request: {
    readonly tokenHash: Buffer;
    readonly machineId: string;
    readonly name: string;
    readonly earlierCredentialHash: Buffer | undefined;
    readonly credentialHash: Buffer;
    readonly now: number;
  },
): Promise<EnrolledAgent> {
  const { machineId, name, credentialHash, now } = request;
  return await database.transaction(async (tx) => {
    const token = await useEnrolmentToken(tx, { hash: request.tokenHash, at: now });
    if (token === undefined) throw appError('enrolment-token-unusable', {});
    const { projectId } = token;
    const known = await knownServer(tx, token, request);
    const serverId =
      known?.id ??
      (await makeServer(tx, {
        projectId,
        identity: `agent:${newId()}`,
        machineId,
        name,
        settings: await settingsOf(tx, token),
        now,
      }));
    await saveAgentCredential(tx, { projectId, serverId, hash: credentialHash, createdAt: now });
    return { projectId, serverId };
  });
}

/**
 * A clone, known by a machine id that is not its server's, becomes a server of its own with the same settings and a
 * credential of its own. Asked again for the same machine (its answer was lost) it is the same server, with another
 * credential. Throws `agent-credential-unknown` where the original is gone, `agent-clones-limit` past
 * `AGENT_CLONES_MAX`.
 */
export async function separateClone(
  database: Database,
  clone: {
    readonly original: EnrolledAgent;
    readonly machineId: string;
    readonly credentialHash: Buffer;
    readonly now: number;
  },
): Promise<EnrolledAgent> {
  const { machineId, now } = clone;
  const { projectId } = clone.original;
  return await database.transaction(async (tx) => {
    const original = await findAgentServer(tx, clone.original, 'lock');
    if (original === undefined) throw appError('agent-credential-unknown', {});
    const enrolment = original.identity.split(':').slice(0, 2).join(':');
    const identity = `${enrolment}:${machineId}`;
    const [clones] = await tx.query<{ others: number }>(
      `SELECT count(*) AS others FROM server
       WHERE project_id = $1 AND starts_with(identity, $2) AND identity <> $3`,
      [projectId, `${enrolment}:`, identity],
    );
    if ((clones?.others ?? 0) >= AGENT_CLONES_MAX)
      throw appError('agent-clones-limit', { max: AGENT_CLONES_MAX });
    const { name, settings } = original;
    const serverId = await makeServer(tx, { projectId, identity, machineId, name, settings, now });
    await saveAgentCredential(tx, { projectId, serverId, hash: clone.credentialHash, createdAt: now });
    return { projectId, serverId };
  });
}

/** Whether a machine that tells `machineId` is another one than the server's; one that tells none cannot be told apart. */
export function isClone(server: Pick<AgentServer, 'machineId'>, machineId: string): boolean {
  return machineId !== '' && server.machineId !== '' && machineId !== server.machineId;
}

async function knownServer(
  tx: Queryable,
  token: EnrolmentToken,
  request: { readonly machineId: string; readonly earlierCredentialHash: Buffer | undefined },
): Promise<AgentServer | undefined> {
  if (request.earlierCredentialHash === undefined) return undefined;
  const agent = await findAgent(tx, request.earlierCredentialHash);
  if (agent?.projectId !== token.projectId) return undefined;
  const server = await findAgentServer(tx, agent, 'lock');
  return server !== undefined && !isClone(server, request.machineId) ? server : undefined;
}

async function makeServer(
  tx: Queryable,
  server: {
    readonly projectId: string;
    readonly identity: string;
    readonly machineId: string;
    readonly name: string;
    readonly settings: ServerSettings;
    readonly now: number;
  },
): Promise<string> {
  const { id } = await saveServer(tx, {
    ...server,
    newId: randomUUID(),
    // 64 hexadecimal digits, the form that ids of agents have on the wire (contract 1).
    agentId: newId() + newId(),
    publicIp: '',
    privateIp: '',
    osType: 'Linux',
    system: '',
    osName: '',
  });
  return id;
}

async function settingsOf(tx: Queryable, token: EnrolmentToken): Promise<ServerSettings> {
  const { groupName, assetValue, nodeType, regionName, edition, clusterId } = token.defaults;
  const { projectId } = token;
  return {
    enterpriseProjectId: token.enterpriseProjectId,
    region: regionName,
    groupId:
      groupName === undefined
        ? undefined
        : await serverGroupId(tx, { projectId, name: groupName, newId: randomUUID() }),
    assetValue: (['important', 'common', 'test'] as const).find((known) => known === assetValue),
    clusterId,
    nodeType: (['cce', 'not_cce'] as const).find((known) => known === nodeType),
    edition,
  };
}
