/** Changes what a person may set on a server, and assesses it again: its importance moves its priorities. */
import { appError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { type ServerChange, setServer } from '../store/fleet/set-server.ts';
import { assessServers } from './assess-servers.ts';

/** Throws `server-unknown` where there is no such server in scope; then nothing is changed. */
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
