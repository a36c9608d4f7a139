/** What commands do after they changed the advisory set in force: servers follow, the compiled file is renewed. */
import { compileAdvisories } from '../jobs/compile-advisories.ts';
import { followToTheEnd } from '../jobs/follow-advisories.ts';
import { refreshUnknown } from '../jobs/refresh-unknown.ts';
import type { CommandIo } from './command.ts';
import { startProgress } from './progress.ts';
import type { CommandStore } from './with-store.ts';

/** Lets servers follow, unless `noWait`, and renews the compiled file. Returns how many servers changed; undefined: not waited for. */
export async function followImport(
  store: CommandStore,
  io: CommandIo,
  { noWait }: { readonly noWait: boolean },
): Promise<number | undefined> {
  const servers = noWait ? undefined : await follow(store, io);
  await compileAdvisories(store.database, store.dataFolder, store.clock().now);
  return servers;
}

async function follow({ database, clock }: CommandStore, io: CommandIo): Promise<number> {
  const matching = startProgress(io, 'Servers follow');
  try {
    const { servers } = await followToTheEnd(database, {
      now: () => clock().now,
      onProgress: ({ packagesDone, serversDone }) =>
        matching.show({
          done: serversDone,
          total: 0,
          note: `${packagesDone} packages matched again, ${serversDone} servers changed`,
        }),
      signal: io.signal,
    });
    await refreshUnknown(database, clock());
    return servers;
  } finally {
    matching.end();
  }
}
