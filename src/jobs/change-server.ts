/** Changes what a person may set on a server, and assesses it again: its importance moves its priorities. */
import { appError } from '../errors.ts';
import { addressesProblem, addressProblem, nameProblem } from '../inventory/server-texts.ts';
import type { Database } from '../store/database.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { type ServerChange, setServer } from '../store/fleet/set-server.ts';
import { assessServers } from './assess-servers.ts';

/** Throws `parameter-invalid`, or `server-unknown` where there is no such server in scope; then nothing is changed. */
export async function changeServer(
  database: Database,
  request: {
    readonly scope: FleetScope;
    readonly serverId: string;
    readonly change: ServerChange;
    readonly actor: string;
    readonly now: number;
  },
): Promise<void> {
  const { scope, serverId, change, actor, now } = request;
  checkTexts(change);
  await database.transaction(async (tx) => {
    if (!(await setServer(tx, scope, serverId, change))) throw appError('server-unknown', { serverId });
    await assessServers(tx, {
      projectId: scope.projectId,
      servers: { serverIds: [serverId] },
      cause: 'clock',
      actor,
      remark: '',
      now,
    });
  });
}

function checkTexts(change: ServerChange): void {
  const problems = {
    name: nameProblem(change.name ?? ''),
    public_ip: addressProblem(change.publicIp ?? ''),
    private_ip: addressesProblem(change.privateIp ?? ''),
    region: nameProblem(change.region ?? ''),
    cluster_id: nameProblem(change.clusterId ?? ''),
  };
  for (const [name, problem] of Object.entries(problems)) {
    if (problem !== undefined) throw appError('parameter-invalid', { name, problem });
  }
}
