/** Loads the whole server view from one snapshot of the database; from its mark on the change feed goes on. */
import type { Database, Transaction } from '../database.ts';
import { copiedServers, copiedShown, SERVERS_QUERY, SHOWN_QUERY } from './copied-view-records.ts';
import { readMoment, type ViewMoment } from './read-changes.ts';
import { shownKeyOf } from './stored-view-record.ts';
import type { ViewSink } from './view-sink.ts';
import type { VulnerabilityNames } from './vulnerability-names.ts';

export interface LoadOptions {
  readonly onProgress: (done: number, all: number) => void;
  /** Is filled first, so that the sink finds every name. */
  readonly names: VulnerabilityNames;
  readonly signal: AbortSignal;
}

/** Fills `sink`; memory stays flat but for what the sink keeps. Returns the moment whose state it then holds. */
export async function loadView(
  database: Database,
  sink: ViewSink,
  options: LoadOptions,
): Promise<ViewMoment> {
  return await database.transaction(
    async (tx) => {
      const moment = await readMoment(tx);
      const servers = await countServers(tx);
      const all = [...servers.values()].reduce((sum, count) => sum + count, 0);
      sink.beginLoad(servers);
      options.onProgress(0, all);
      await options.names.loadAll(tx);
      await sink.learn(
        [...servers.keys()].flatMap((projectId) =>
          [false, true].map((includesUnfixed) => ({
            projectId,
            shownKey: shownKeyOf(0, includesUnfixed),
            numbers: [],
          })),
        ),
      );
      for await (const shown of copiedShown(tx.copyOut(SHOWN_QUERY))) {
        options.signal.throwIfAborted();
        await sink.learn(shown);
      }
      let done = 0;
      for await (const records of copiedServers(tx.copyOut(SERVERS_QUERY))) {
        options.signal.throwIfAborted();
        sink.add(records);
        done += records.length;
        options.onProgress(done, all);
      }
      await sink.finishLoad();
      return moment;
    },
    { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
  );
}

async function countServers(tx: Transaction): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ project_id: string; servers: number }>(
    `SELECT project_id, count(*) AS servers FROM server GROUP BY project_id`,
  );
  return new Map(rows.map((row) => [row.project_id, row.servers]));
}
