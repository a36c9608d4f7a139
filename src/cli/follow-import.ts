/** What commands do after they changed the advisory set in force: servers follow, the compiled file is renewed. */
import { counted } from '../counted.ts';
import { compileAdvisories } from '../jobs/compile-advisories.ts';
import { followToTheEnd } from '../jobs/follow-advisories.ts';
import { refreshUnknown } from '../jobs/refresh-unknown.ts';
import type { CommandIo } from './command.ts';
import { startProgress } from './progress.ts';
import type { CommandStore } from './with-store.ts';

/** What is known of the servers that followed; undefined: they were not waited for. */
export type Followed = Awaited<ReturnType<typeof followToTheEnd>> | undefined;

/** Lets servers follow, unless `noWait`, and renews the compiled file. */
export async function followImport(
  store: CommandStore,
  io: CommandIo,
  { noWait }: { readonly noWait: boolean },
): Promise<Followed> {
  const followed = noWait ? undefined : await follow(store, io);
  await compileAdvisories(store.database, store.dataFolder, store.clock().now);
  return followed;
}

/** One sentence, of what is known: a running service may have done any part of the following. */
export function followedText(followed: Followed): string {
  if (followed === undefined) return 'Servers follow in the running service.';
  const { servers, isShared } = followed;
  const others = isShared ? ' A running service did the rest.' : '';
  return `All servers have followed; this command changed ${servers} of them.${others}`;
}

async function follow({ database, clock }: CommandStore, io: CommandIo): Promise<NonNullable<Followed>> {
  const matching = startProgress(io, 'Servers follow');
  try {
    const followed = await followToTheEnd(database, {
      now: () => clock().now,
      onProgress: ({ packagesDone, serversDone }) =>
        matching.show({
          done: serversDone,
          total: 0,
          note: `${counted(packagesDone, 'package')} matched again, ${counted(serversDone, 'server')} changed`,
        }),
      signal: io.signal,
    });
    await refreshUnknown(database, clock());
    return followed;
  } finally {
    matching.end();
  }
}
