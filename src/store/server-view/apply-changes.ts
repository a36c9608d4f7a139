/** Brings changes into a read model, with the names of what they list. */
import type { ShownVulnerabilities } from '../../server-view/view-record.ts';
import type { Database, Queryable, Transaction } from '../database.ts';
import {
  CHANGES_AT_ONCE_MAX,
  readServers,
  type ShownLists,
  streamChanges,
  streamFindings,
} from './read-changes.ts';
import type { SnapshotMark } from './snapshot-mark.ts';
import type { ServerChanges, ServerKey, ViewSink } from './view-sink.ts';
import type { VulnerabilityNames } from './vulnerability-names.ts';

export interface ChangesTarget {
  readonly database: Database;
  readonly sink: ViewSink;
  readonly names: VulnerabilityNames;
}

/** Returns how many servers that are. */
export async function applyChanges(
  tx: Queryable,
  changes: ServerChanges,
  { sink, names }: Pick<ChangesTarget, 'sink' | 'names'>,
): Promise<number> {
  const count = changes.upserts.length + changes.removals.length;
  if (count === 0) return 0;
  await names.loadFor(
    tx,
    changes.upserts.map(({ shownVulnerabilities }) => shownVulnerabilities ?? []),
  );
  await sink.apply(changes);
  return count;
}

/**
 * Applies everything that the mark had not seen, in batches, so that memory stays flat; `tx` is to be `repeatable read`. Tells
 * after each batch how many servers it was.
 */
export async function applyStreamedChanges(
  tx: Transaction,
  mark: SnapshotMark,
  target: ChangesTarget,
  onApplied: (count: number) => void,
): Promise<void> {
  const { sink } = target;
  const lists = shownLists(target);
  for await (const changes of streamChanges(tx, mark, lists))
    onApplied(await applyChanges(tx, changes, target));
  // After the rows in full: a server that is new is known by then.
  const unknown: ServerKey[] = [];
  for await (const records of streamFindings(tx, mark, lists)) {
    const own = await sink.applyFindings(records);
    unknown.push(...own);
    onApplied(records.length - own.length);
  }
  for (let from = 0; from < unknown.length; from += CHANGES_AT_ONCE_MAX) {
    const keys = unknown.slice(from, from + CHANGES_AT_ONCE_MAX);
    onApplied(await applyChanges(tx, await readServers(tx, keys), target));
  }
}

function shownLists({ sink, names, database }: ChangesTarget): ShownLists {
  const learn = async (shown: readonly ShownVulnerabilities[]): Promise<void> => {
    await names.loadFor(
      database,
      shown.map((one) => one.numbers),
    );
    await sink.learn(shown);
  };
  return { knows: (projectId, shownKey) => sink.knows(projectId, shownKey), learn, database };
}
