/** Which server a request of an agent is about: its own, or, for a clone, one that is made for it. */
import { appError } from '../../errors.ts';
import type { AgentIdentity } from '../../identity/identity-store.ts';
import { hashSecret, newSecret } from '../../identity/token.ts';
import { isClone, separateClone } from '../../jobs/enrol-agent.ts';
import { type AgentServer, findAgentServer } from '../../store/fleet/find-agent-server.ts';
import type { AgentParts } from './agent-parts.ts';

export interface ServerOfAgent {
  readonly server: AgentServer;
  /** Of a clone that was just made a server of its own: what it is to use from now on. */
  readonly credential: string | undefined;
}

/** Throws `agent-credential-unknown` where the server was removed. */
export async function serverOfAgent(
  { database, clock, forgetAgents }: AgentParts,
  agent: AgentIdentity,
  machineId: string,
): Promise<ServerOfAgent> {
  const server = await findAgentServer(database, agent);
  if (server === undefined) throw appError('agent-credential-unknown', {});
  if (!isClone(server, machineId)) return { server, credential: undefined };
  const credential = newSecret('agent');
  const separated = await separateClone(database, {
    original: agent,
    machineId,
    credentialHash: hashSecret(credential),
    now: clock().now,
  });
  forgetAgents();
  const own = await findAgentServer(database, separated);
  if (own === undefined) throw appError('agent-credential-unknown', {});
  return { server: own, credential };
}

/** The part of an answer that tells a clone who it is now. */
export function newIdentityOf({ server, credential }: ServerOfAgent): object {
  return credential === undefined ? {} : { server_id: server.id, credential };
}
