/** The change feed of the server view, on a real PostgreSQL, into a model that is a map. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import type { Log, LogFields } from '../../src/log.ts';
import { type Database, openDatabase, type Transaction } from '../../src/store/database.ts';
import { removeServer } from '../../src/store/fleet/remove-server.ts';
import { removeServerGroup, renameServerGroup, serverGroupId } from '../../src/store/fleet/server-groups.ts';
import { setServer } from '../../src/store/fleet/set-server.ts';
import { followView } from '../../src/store/server-view/follow-changes.ts';
import { loadView } from '../../src/store/server-view/load-view.ts';
import { pruneViewChanges } from '../../src/store/server-view/prune-changes.ts';
import type { ViewFollower } from '../../src/store/server-view/view-follower.ts';
import { VulnerabilityNames } from '../../src/store/server-view/vulnerability-names.ts';
import { testDatabase } from '../database.ts';
import { clockAt, PROJECT, serverOf } from '../jobs/fleet-fixture.ts';
import { PlainSink } from './plain-sink.ts';

const { database, connectionString } = await testDatabase();
const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
const DEADLINE_MS = 20_000;

interface Followed {
  readonly sink: PlainSink;
  readonly follower: ViewFollower;
  readonly warnings: string[];
}

const opened: ViewFollower[] = [];

afterEach(async () => {
  for (const follower of opened.splice(0)) await follower.close();
});

async function follow(over: Database = database): Promise<Followed> {
  const sink = new PlainSink();
  const warnings: string[] = [];
  const warn = (message: string, fields: LogFields = {}) =>
    warnings.push(`${message} ${String(fields['cause'] ?? '')}`);
  const log: Log = { debug: () => undefined, info: () => undefined, warn, error: warn };
  const follower = followView({ database: over, sink, names: new VulnerabilityNames(), log });
  opened.push(follower);
  await until(() => follower.isCurrent());
  return { sink, follower, warnings };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not come');
    await setTimeout(5);
  }
}

/** What a load at this moment gives. */
async function stored(): Promise<PlainSink> {
  const sink = new PlainSink();
  await loadView(database, sink, {
    names: new VulnerabilityNames(),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  return sink;
}

async function addServer(name: string, groupId?: string): Promise<string> {
  const settings = groupId === undefined ? {} : { groupId };
  return (await acceptInventory(database, serverOf(name, [], { settings }), clockAt(0))).serverId;
}

/** A transaction that stays open until it is told how to end. */
async function openTransaction(work: (tx: Transaction) => Promise<unknown>) {
  let end: (outcome: 'commit' | 'roll back') => void = () => undefined;
  const outcome = new Promise<'commit' | 'roll back'>((resolve) => {
    end = resolve;
  });
  let begun: () => void = () => undefined;
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const ended = database
    .transaction(async (tx) => {
      await work(tx);
      begun();
      if ((await outcome) === 'roll back') throw new Error('rolled back on purpose');
    })
    .catch((error: unknown) => {
      if (!(error instanceof Error && error.message.includes('on purpose'))) throw error;
    });
  await isBegun;
  return {
    end: async (how: 'commit' | 'roll back') => {
      end(how);
      await ended;
    },
  };
}

async function rename(tx: Transaction | Database, id: string, name: string): Promise<void> {
  expect(await setServer(tx, scope, id, { name })).toBe(true);
}

describe('following the changes of the server view', () => {
  it('has what was committed before refresh was called, each change told once', async () => {
    const id = await addServer('told-once');
    const { sink, follower } = await follow();
    await rename(database, id, 'told-twice');
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('told-twice');
    expect(sink.told).toBe(1);
    await follower.refresh();
    expect(sink.told).toBe(1);
  });

  it('has a transaction that began early and commits late, also while many later ones were read', async () => {
    const [late, early] = [await addServer('late'), await addServer('early')];
    const { sink, follower } = await follow();
    const slow = await openTransaction((tx) => rename(tx, late, 'late-renamed'));
    for (let round = 0; round < 5; round += 1) {
      await rename(database, early, `early-${round}`);
      await follower.refresh();
      expect(sink.get(early)?.name).toBe(`early-${round}`);
      expect(sink.get(late)?.name).toBe('late');
    }
    expect(sink.told).toBe(5);
    await slow.end('commit');
    await follower.refresh();
    expect(sink.get(late)?.name).toBe('late-renamed');
    expect(sink.told).toBe(6);
  });

  it('has a transaction that was open while the model was loaded', async () => {
    const id = await addServer('open-at-load');
    const slow = await openTransaction((tx) => rename(tx, id, 'renamed-meanwhile'));
    const { sink, follower } = await follow();
    await slow.end('commit');
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('renamed-meanwhile');
  });

  it('has nothing of a transaction that was rolled back', async () => {
    const id = await addServer('kept');
    const { sink, follower } = await follow();
    const slow = await openTransaction((tx) => rename(tx, id, 'never'));
    await slow.end('roll back');
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('kept');
    expect(sink.told).toBe(0);
  });

  it('loses what is removed, and has it again when it comes back', async () => {
    const id = await addServer('comes-back');
    const { sink, follower } = await follow();
    await database.transaction((tx) => removeServer(tx, scope, id));
    await follower.refresh();
    expect(sink.get(id)).toBeUndefined();
    const again = await addServer('comes-back');
    await follower.refresh();
    expect(sink.get(again)?.name).toBe('comes-back');
  });

  it('shows a renamed group on every server in it, and none once it is removed', async () => {
    const group = await serverGroupId(database, { projectId: PROJECT, name: 'edge', newId: 'group-edge' });
    const ids = [await addServer('in-group-1', group), await addServer('in-group-2', group)];
    const { sink, follower } = await follow();
    expect(ids.map((id) => sink.get(id)?.groupName)).toEqual(['edge', 'edge']);
    await renameServerGroup(database, { projectId: PROJECT, id: 'group-edge', name: 'core' });
    await follower.refresh();
    expect(ids.map((id) => sink.get(id)?.groupName)).toEqual(['core', 'core']);
    await database.transaction((tx) => removeServerGroup(tx, PROJECT, 'group-edge'));
    await follower.refresh();
    expect(ids.map((id) => sink.get(id)?.groupName)).toEqual([undefined, undefined]);
    expect(sink.sorted()).toEqual((await stored()).sorted());
  });

  it('has more changes of one transaction than one statement reads', async () => {
    await database.execute(
      `INSERT INTO server (project_id, id, identity, name, name_folded, os_type, system, created_at, scan_time)
       SELECT 'many', n::text, n::text, 'many-' || n, 'many-' || n, 'Linux', '', 0, 1 FROM generate_series(1, 2500) n`,
    );
    const { sink, follower } = await follow();
    await database.execute(`UPDATE server SET name = name || 'x' WHERE project_id = 'many'`);
    // A refresh waits a second at most, which so many may take where much else is going on.
    await follower.refresh();
    await until(() => follower.isCurrent());
    expect(sink.sorted()).toEqual((await stored()).sorted());
    expect(sink.get('2500')?.name).toBe('many-2500x');
    await database.execute(`DELETE FROM server WHERE project_id = 'many'`);
    // A refresh waits a second at most, which so many may take where much else is going on.
    await follower.refresh();
    await until(() => follower.isCurrent());
    expect(sink.sorted()).toEqual((await stored()).sorted());
  });

  it('sees within a second what another process wrote, without being asked', async () => {
    const id = await addServer('elsewhere');
    const { sink } = await follow();
    const other = openDatabase({ connectionString, connectionsMax: 1 });
    try {
      await rename(other, id, 'written-elsewhere');
      await until(() => sink.get(id)?.name === 'written-elsewhere');
    } finally {
      await other.close();
    }
  });
});

describe('faults', () => {
  it('goes on after its connections were lost', async () => {
    const id = await addServer('cut-off');
    const own = openDatabase({
      connectionString: `${connectionString}&application_name=cut-off`,
      connectionsMax: 2,
    });
    try {
      const { sink, follower } = await follow(own);
      for (let time = 0; time < 3; time += 1) {
        const [cut] = await database.query<{ connections: number }>(
          `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS connections FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'cut-off'`,
        );
        expect(cut?.connections).toBeGreaterThan(0);
        await rename(database, id, `cut-off-${time}`);
        await until(async () => {
          await follower.refresh();
          return follower.isCurrent();
        });
        expect(sink.get(id)?.name).toBe(`cut-off-${time}`);
      }
      expect(sink.sorted()).toEqual((await stored()).sorted());
    } finally {
      await opened.pop()?.close();
      await own.close();
    }
  });

  it('comparing heals what the model has wrong: changed, missing and too much', async () => {
    const [changed, missing] = [await addServer('changed'), await addServer('missing')];
    const { sink, follower, warnings } = await follow();
    expect(await follower.compareAll()).toBe(0);
    for (const [key, record] of [...sink.records]) {
      if (record.id === changed)
        sink.records.set(key, { ...record, name: 'spoilt', version: record.version - 1 });
      if (record.id === missing) sink.records.delete(key);
    }
    const [some] = sink.records.values();
    if (some === undefined) throw new Error('nothing was loaded');
    sink.records.set('too much', { ...some, id: 'ghost' });
    await follower.compareAll();
    sink.records.delete('too much');
    expect(sink.sorted()).toEqual((await stored()).sorted());
    expect(warnings.join()).toContain('was corrected');
    expect(await follower.compareAll()).toBe(0);
  });

  it('heals a write that the triggers did not see', async () => {
    const id = await addServer('past-the-triggers');
    const { sink, follower } = await follow();
    await database.transaction(async (tx) => {
      await tx.query(`SET LOCAL session_replication_role = replica`);
      await rename(tx, id, 'unheard');
    });
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('past-the-triggers');
    expect(await follower.compareAll()).toBe(1);
    expect(sink.get(id)?.name).toBe('unheard');
  });

  it('loads anew when changes were pruned that it had not read', async () => {
    const id = await addServer('slept-through');
    const { sink, follower, warnings } = await follow();
    // As if this process had stood still while transactions and two prunings went by.
    await database.execute(
      `UPDATE server_view_horizon SET pruned_below = (pg_current_xact_id()::text::bigint + 1)::text::xid8`,
    );
    await until(() => warnings.length > 0);
    await rename(database, id, 'after-waking');
    await until(async () => {
      await follower.refresh();
      return follower.isCurrent();
    });
    expect(warnings.join()).toContain('loaded anew');
    expect(sink.get(id)?.name).toBe('after-waking');
  });

  it('loads anew when what is done beside the model failed, and does not answer in between', async () => {
    const id = await addServer('broken');
    const { sink, follower, warnings } = await follow();
    sink.broken = new Error('a snapshot could not be built');
    sink.records.clear();
    expect(follower.isCurrent()).toBe(false);
    await until(() => follower.isCurrent());
    expect(sink.get(id)?.name).toBe('broken');
    expect(warnings.join()).toContain('a snapshot could not be built');
    expect(follower.figures()).toMatchObject({ state: 'current', loads: 2, failures: 1 });
  });

  it('loads anew what cannot be applied again and again', async () => {
    const id = await addServer('not-applicable');
    const { sink, follower, warnings } = await follow();
    const { apply } = sink;
    sink.apply = () => {
      throw new Error('this change does not fit');
    };
    const { beginLoad } = sink;
    sink.beginLoad = () => {
      sink.apply = apply;
      beginLoad.call(sink);
    };
    await rename(database, id, 'applied');
    await until(() => follower.figures().loads === 2 && follower.isCurrent());
    expect(sink.get(id)?.name).toBe('applied');
    expect(warnings.join()).toContain('this change does not fit');
    await rename(database, id, 'goes-on');
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('goes-on');
  });

  it('knows since when it shows what a transaction wrote', async () => {
    const id = await addServer('shown-since');
    const { follower } = await follow();
    const xminOf = async () => {
      const [row] = await database.query<{ xmin: number }>(
        `SELECT xmin::text::bigint AS xmin FROM server WHERE id = $1`,
        [id],
      );
      return row?.xmin ?? 0;
    };
    await rename(database, id, 'first');
    await follower.refresh();
    const before = Date.now();
    await rename(database, id, 'second');
    const xmin = await xminOf();
    await follower.refresh();
    const shownSince = follower.shownSince(xmin) ?? 0;
    expect(shownSince).toBeGreaterThanOrEqual(before);
    expect(shownSince).toBeLessThanOrEqual(Date.now());
    const slow = await openTransaction((tx) => rename(tx, id, 'third'));
    await addServer('meanwhile');
    await follower.refresh();
    await slow.end('commit');
    const third = await xminOf();
    const ended = Date.now();
    await follower.refresh();
    expect(follower.shownSince(third)).toBeGreaterThanOrEqual(ended);
  });

  it('takes notes from another database server for nothing', async () => {
    await database.execute(
      `INSERT INTO server_view_change (changed_xid, project_id, kind, id) VALUES ('99999999999', $1, 'server', 'x')`,
      [PROJECT],
    );
    await database.execute(
      `UPDATE server_view_horizon SET pruned_below = '99999999', prune_next = '99999999'`,
    );
    const { follower, sink } = await follow();
    await follower.refresh();
    expect(sink.told).toBe(0);
    expect(await database.query(`SELECT FROM server_view_change WHERE changed_xid = '99999999999'`)).toEqual(
      [],
    );
  });

  it('pruning takes what everyone has had the time to read, and nothing of a transaction still open', async () => {
    const id = await addServer('pruned');
    const { sink, follower } = await follow();
    const slow = await openTransaction((tx) => rename(tx, id, 'pruned-late'));
    await pruneViewChanges(database);
    await pruneViewChanges(database);
    await slow.end('commit');
    await follower.refresh();
    expect(sink.get(id)?.name).toBe('pruned-late');
    await pruneViewChanges(database);
    expect(await pruneViewChanges(database)).toBeGreaterThan(0);
    expect(await database.query(`SELECT FROM server_view_change`)).toEqual([]);
  });

  it('is closed in the middle of loading, and leaves the connection usable', async () => {
    await database.execute(
      `INSERT INTO server (project_id, id, identity, name, name_folded, os_type, system, created_at, scan_time, private_ip)
       SELECT 'large', n::text, n::text, 'n', 'n', 'Linux', '', 0, 1, repeat('1', 2000) FROM generate_series(1, 3000) n`,
    );
    const own = openDatabase({ connectionString, connectionsMax: 1 });
    const stop = new AbortController();
    const sink = new PlainSink();
    const loading = loadView(own, sink, {
      names: new VulnerabilityNames(),
      onProgress: (done) => {
        if (done > 0) stop.abort();
      },
      signal: stop.signal,
    });
    await expect(loading).rejects.toThrow();
    expect(sink.records.size).toBeLessThan(3_000);
    expect(await own.query(`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    await own.close();
    await database.execute(`DELETE FROM server WHERE project_id = 'large'`);
  });
});
