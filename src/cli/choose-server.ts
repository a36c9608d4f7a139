import { appError } from '../errors.ts';
import { type FoundServer, findServers } from '../store/fleet/find-server.ts';
import type { CommandStore } from './with-store.ts';

/** The server that `wanted` names, by id or by name. Throws where there is none, or several of that name. */
export async function chooseServer(
  store: CommandStore,
  projectId: string,
  wanted: string,
): Promise<FoundServer> {
  const [found, ...others] = await findServers(store.database, projectId, wanted);
  if (found === undefined) {
    throw appError('server-not-found', { wanted });
  }
  if (others.length > 0) {
    const ids = [found, ...others].map((server) => server.id);
    throw appError('server-name-ambiguous', { name: wanted, ids });
  }
  return found;
}
