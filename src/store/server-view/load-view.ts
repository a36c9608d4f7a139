/** Loads the whole server view from one snapshot of the database; from its mark on the change feed goes on. */
import type { Database, Transaction } from '../database.ts';
import { copiedViewRows } from './copied-view-rows.ts';
import { readMoment, type ViewMoment } from './read-changes.ts';
import { IS_LISTED, VIEW_COLUMNS } from './view-row.ts';
import type { NamedGroup, NumberedVulnerability, ViewSink } from './view-sink.ts';

export interface LoadOptions {
  readonly onProgress: (done: number, all: number) => void;
  /** Hears the number of every vulnerability that was told to the sink. */
  readonly onVulnerability: (number: number) => void;
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
      const all = await countServers(tx);
      sink.beginLoad(all);
      options.onProgress(0, all);
      await loadVulnerabilities(tx, sink, options);
      await loadGroups(tx, sink);
      let done = 0;
      const copy = tx.copyOut(
        `SELECT ${VIEW_COLUMNS} FROM server s LEFT JOIN project_setting ps ON ps.project_id = s.project_id
         WHERE ${IS_LISTED}`,
      );
      for await (const servers of copiedViewRows(copy)) {
        options.signal.throwIfAborted();
        sink.add({ vulnerabilities: [], groups: [], servers, removed: [] });
        done += servers.length;
        options.onProgress(done, all);
      }
      sink.finishLoad();
      return moment;
    },
    { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
  );
}

async function countServers(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ servers: number }>(
    `SELECT count(*) AS servers FROM server s WHERE ${IS_LISTED}`,
  );
  return row?.servers ?? 0;
}

async function loadVulnerabilities(tx: Transaction, sink: ViewSink, options: LoadOptions): Promise<void> {
  const batches = tx.stream<NumberedVulnerability>(`SELECT number, type, id FROM vulnerability`);
  for await (const vulnerabilities of batches) {
    sink.add({ vulnerabilities, groups: [], servers: [], removed: [] });
    for (const { number } of vulnerabilities) options.onVulnerability(number);
  }
}

async function loadGroups(tx: Transaction, sink: ViewSink): Promise<void> {
  const batches = tx.stream<NamedGroup>(`SELECT project_id AS "projectId", id, name FROM server_group`);
  for await (const groups of batches) sink.add({ vulnerabilities: [], groups, servers: [], removed: [] });
}
