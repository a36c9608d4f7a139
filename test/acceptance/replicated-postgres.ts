/**
 * A PostgreSQL with a streaming replica that every commit waits for, behind one address: what an operator's virtual address
 * or proxy is. The replica begins as a copy of the stopped primary, so nothing is needed but the programs that any run of
 * the tests has.
 */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { clusterFolder, findDataFolder } from '../../src/store/data-folder.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { privateConnectionString } from '../../src/store/postgres-cluster.ts';
import { ensurePostgres } from '../../src/store/postgres-process.ts';
import { SOCKET_PORT } from '../../src/store/socket-folder.ts';
import { makePlace, type Place } from '../store/embedded-processes.ts';

const REPLICA_NAME = 'replica';
const DEADLINE_MS = 300_000;
const ASK_AGAIN_MS = 20;
const PROMOTION_SECONDS_MAX = 60;

export interface ReplicatedPostgres {
  /** Leads to whichever is the primary. */
  readonly connectionString: string;
  /** The replica itself, past the address. */
  readonly replica: Database;
  /** kill -9 of the primary and of all its processes; the address leads nowhere from then on. */
  killPrimary(): void;
  /** Makes the replica the primary, and the address lead to it. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

export async function startReplicated(): Promise<ReplicatedPostgres> {
  const [first, second] = [makePlace('first'), makePlace('second')];
  // Makes the cluster, and stops it when it is closed.
  await (await openEmbedded(first.config, 'command')).close();
  copyCluster(first, second);
  const [primaryFolder, replicaFolder] = [findDataFolder(first.config), findDataFolder(second.config)];
  const primary = await ensurePostgres(first.config, primaryFolder, {
    synchronous_standby_names: REPLICA_NAME,
  });
  const url = new URL(
    privateConnectionString(primaryFolder, primary.socketFolder, 'parapet').replace('@/', '@localhost/'),
  );
  const replicaProcess = await ensurePostgres(second.config, replicaFolder, {
    primary_conninfo: `host=${primary.socketFolder} port=${SOCKET_PORT} user=${url.username} password=${decodeURIComponent(url.password)} application_name=${REPLICA_NAME}`,
  });
  const address = await openAddress(socketFile(primary.socketFolder));
  const replica = openDatabase({
    connectionString: privateConnectionString(replicaFolder, replicaProcess.socketFolder, 'parapet'),
    connectionsMax: 2,
  });
  const connectionString = `postgresql://${url.username}:${url.password}@127.0.0.1:${address.port}/parapet`;
  await untilSynchronous(connectionString);
  return {
    connectionString,
    replica,
    killPrimary: () => {
      killWithChildren(primary.pid);
      address.leadTo(undefined);
    },
    promote: async () => {
      const [row] = await replica.query<{ promoted: boolean }>('SELECT pg_promote(true, $1) AS promoted', [
        PROMOTION_SECONDS_MAX,
      ]);
      if (row?.promoted !== true) throw new Error('the replica was not promoted');
      address.leadTo(socketFile(replicaProcess.socketFolder));
    },
    remove: async () => {
      await address.close();
      await replica.close();
      await first.remove();
      await second.remove();
    },
  };
}

/** Copies the data folder of `first`, whose PostgreSQL is stopped, to `second`, and marks its cluster as a replica. */
function copyCluster(first: Place, second: Place): void {
  const [from, to] = [first.config.dataDir, second.config.dataDir];
  const leftOut = new Set(['locks', 'socket', 'postgresql.log'].map((name) => join(from, name)));
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: (path) => !leftOut.has(path) });
  const signal = join(clusterFolder({ path: to, account: undefined }), 'standby.signal');
  writeFileSync(signal, '');
  takeOwnersOf(from, to);
  const owner = statSync(dirname(signal));
  chownSync(signal, owner.uid, owner.gid);
}

/** A copy is its maker's, who may be root; PostgreSQL runs under an account of its own then. */
function takeOwnersOf(from: string, to: string): void {
  const { uid, gid, mode } = statSync(from);
  chownSync(to, uid, gid);
  chmodSync(to, mode);
  if (!statSync(to).isDirectory()) return;
  for (const name of readdirSync(to))
    if (existsSync(join(from, name))) takeOwnersOf(join(from, name), join(to, name));
}

/** Waits until the primary lets each commit wait for the replica. */
async function untilSynchronous(connectionString: string): Promise<void> {
  const primary = openDatabase({ connectionString, connectionsMax: 1 });
  const deadline = performance.now() + DEADLINE_MS;
  try {
    for (;;) {
      const states = await primary.query<{ state: string }>(
        'SELECT sync_state AS state FROM pg_stat_replication',
      );
      if (states.some(({ state }) => state === 'sync')) return;
      if (performance.now() > deadline) throw new Error('the replica did not connect to its primary');
      await setTimeout(ASK_AGAIN_MS);
    }
  } finally {
    await primary.close();
  }
}

function socketFile(folder: string): string {
  return join(folder, `.s.PGSQL.${SOCKET_PORT}`);
}

interface Address {
  readonly port: number;
  /** Cuts what is connected, and leads new connections to this socket; undefined: to nothing, they are cut at once. */
  leadTo(target: string | undefined): void;
  close(): Promise<void>;
}

async function openAddress(first: string): Promise<Address> {
  let target: string | undefined = first;
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((near) => {
    keep(near);
    if (target === undefined) {
      near.destroy();
      return;
    }
    const far = connect(target);
    keep(far);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    leadTo: (next) => {
      target = next;
      cut();
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** A machine that loses its power: no process of it gets to finish anything. */
function killWithChildren(pid: number): void {
  const children = childrenOf(pid);
  for (const each of [pid, ...children]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    // Without /proc the others notice that their parent is gone.
    return [];
  }
}
