import { join } from 'node:path';
import { appError } from '../../errors.ts';
import { AUTO_FEEDS, chooseFeeds } from '../../fetching/choose-feeds.ts';
import type { FeedSource } from '../../fetching/feed-source.ts';
import { openHttpClient } from '../../fetching/http-client.ts';
import { readHttpSettings } from '../../fetching/read-http-settings.ts';
import {
  FEEDS_FOLDER_NAME,
  type FeedUpdate,
  UPDATE_FEEDS_LOCK,
  updateFeeds,
} from '../../jobs/update-feeds.ts';
import { installedEcosystems } from '../../store/advisories/installed-ecosystems.ts';
import { loadFeedSources } from '../../store/advisories/load-feed-sources.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { type Followed, followedText, followImport } from '../follow-import.ts';
import { startProgress } from '../progress.ts';
import { alignedTable, printable } from '../table.ts';
import { type CommandStore, withStore } from '../with-store.ts';

const NOTHING_TO_FOLLOW: Followed = { packages: 0, servers: 0, isShared: false };
const OPTIONS = {
  ...JSON_OPTION,
  feed: { type: 'string', multiple: true },
  'no-wait': { type: 'boolean' },
} as const;

/** `parapet advisories update`: feeds from their publishers into the advisory set in force. */
export const advisoriesUpdate: Command = {
  name: 'advisories update',
  summary: 'Fetch feeds from their publishers and import what changed',
  help: `Usage: parapet advisories update [--feed NAME]… [--no-wait] [--json]

Asks the publisher of each feed for what changed, checks what arrives and imports it, each feed by itself: one that fails is
named with its reason and leaves its old state in force, the others go on. What broke off is gone on with the next time.
Exit code 1 where any feed failed.

Without --feed: the feeds of PARAPET_FEEDS; without that those that answer for what is installed on the servers, with the
known-exploited catalogue and EPSS (auto). \`parapet advisories feeds\` lists them all. Proxies come from HTTPS_PROXY,
HTTP_PROXY and NO_PROXY, mirrors from PARAPET_FEEDS_MIRRORS; see docs/feeds.md.

  --feed NAME   only this one: a name of the catalogue, a name in PARAPET_FEEDS, auto, or NAME=URL; may be repeated
  --no-wait     return when the advisories are in force; servers follow in the running service
  --json        {"ok":…,"feeds":[{"feed","outcome":"changed|unchanged|partly|failed","error",…}],"servers_changed":…}

Examples:
  parapet advisories update
  parapet advisories update --feed kev --feed epss --feed debian-dsa
  parapet advisories update --feed ours=https://intranet.example/advisories.osv.jsonl.gz
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories update',
      options: OPTIONS,
      positionals: { min: 0, max: 0, what: '' },
    });
    return await withStore(io, async (store) => {
      const sources = await chosenSources(store, given.texts('feed'));
      const updates = await update(store, sources, io);
      const hasChanged = updates.some(({ summary }) => summary !== undefined);
      const followed = hasChanged
        ? await followImport(store, io, { noWait: given.flag('no-wait') })
        : NOTHING_TO_FOLLOW;
      const ok = updates.every(({ outcome }) => outcome === 'changed' || outcome === 'unchanged');
      writeResult(io, given.flag('json'), {
        json: { ok, feeds: updates.map(shownUpdate), servers_changed: followed?.servers },
        text: updateText(updates, followed),
      });
      return ok ? 0 : 1;
    });
  },
};

/** A name that PARAPET_FEEDS gives a URL of the operator's own means that one. */
async function chosenSources(
  { config, database }: CommandStore,
  named: readonly string[],
): Promise<readonly FeedSource[]> {
  const configured = config.feeds ?? [AUTO_FEEDS];
  const words = named.map((name) => configured.find((word) => word.startsWith(`${name}=`)) ?? name);
  const sources = chooseFeeds(words.length === 0 ? configured : words, await installedEcosystems(database));
  if (sources.length === 0) throw appError('feeds-none', {});
  return sources;
}

async function update(
  { config, database, dataFolder, clock }: CommandStore,
  sources: readonly FeedSource[],
  io: CommandIo,
): Promise<readonly FeedUpdate[]> {
  const client = openHttpClient(await readHttpSettings(config));
  const lock = await database.tryLock(UPDATE_FEEDS_LOCK);
  if (lock === undefined) throw appError('feeds-update-running', {});
  const progress = startProgress(io, 'Fetching');
  try {
    const states = await loadFeedSources(database);
    return await updateFeeds(database, {
      sources,
      client,
      folder: join(dataFolder, FEEDS_FOLDER_NAME),
      now: () => clock().now,
      updateHours: config.feedsUpdateHours,
      failuresBefore: new Map(states.map(({ name, failures }) => [name, failures])),
      signal: AbortSignal.any([io.signal, lock.lost]),
      onProgress: progress.show,
      onFeed: (one) => {
        progress.end();
        if (one.error !== '') io.err(`${one.feed}: ${printable(one.error)}\n`);
      },
    });
  } finally {
    progress.end();
    client.close();
    await lock.release();
  }
}

function shownUpdate({ feed, outcome, error, bytes, summary }: FeedUpdate): object {
  const { added = 0, changed = 0, removed = 0, skipped = 0, revision } = summary ?? {};
  return { feed, outcome, error, bytes, added, changed, removed, skipped, revision };
}

function updateText(updates: readonly FeedUpdate[], followed: Followed): string {
  const rows = updates.map(({ feed, outcome, bytes, summary }) => [
    feed,
    outcome,
    bytes === 0 ? '' : String(bytes),
    summary === undefined ? '' : `${summary.added} / ${summary.changed} / ${summary.removed}`,
    summary === undefined || summary.skipped === 0 ? '' : String(summary.skipped),
  ]);
  const [head = '', ...lines] = alignedTable(
    ['feed', 'outcome', 'bytes', 'added / changed / removed', 'skipped'],
    rows,
  );
  const withReasons = updates.flatMap(({ error }, at) =>
    error === '' ? [lines[at] ?? ''] : [lines[at] ?? '', `  ${printable(error)}`],
  );
  return [head, ...withReasons, followedText(followed)].join('\n');
}
