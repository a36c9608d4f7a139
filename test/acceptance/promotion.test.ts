/**
 * A primary that loses its power while reports arrive at two services, and its replica that is promoted: what was acknowledged
 * is there, the services come back by themselves, their views are what the new primary says, and work is done once.
 */
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { startReplicated } from './replicated-postgres.ts';
import {
  askView,
  expectNothingLost,
  metricOf,
  report,
  type ServiceNode,
  ServiceNodes,
  until,
} from './service-nodes.ts';

const SERVERS = 4;
const REPORTS_BEFORE_KILL = 30;
const REPORTS_AFTER_PROMOTION = 30;
/** Some thirty seconds on two idle cores; this is only a net under a test that hangs. */
const TIMEOUT_MS = 600_000;
/** Faster ones would be told that they ask too often. */
const REPORT_AGAIN_MS = 200;

const postgres = await startReplicated();
const nodes = new ServiceNodes(postgres.connectionString);
afterAll(async () => {
  await nodes.remove();
  await postgres.remove();
});

/** How often a job was done, by both. */
async function timesDone(both: readonly ServiceNode[], job: string): Promise<number> {
  const line = `parapet_job_duration_seconds_count{job="${job}",outcome="done"}`;
  const counts = await Promise.all(both.map((node) => metricOf(node, line)));
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** The names of all servers in the view's order, as SQL says on the database that is now the primary. */
async function storedNames(projectId: string): Promise<readonly string[]> {
  const list = listServersInSql(postgres.replica, vulnerabilityDictionary(postgres.replica));
  const stored = await list({ projectId, enterpriseProjects: 'all' }, { offset: 0, limit: 200 });
  return stored.rows.map((row) => row.name);
}

/** The view of `node` is `names`: from its memory, and soon, since another node may have written last. */
async function untilViewIs(node: ServiceNode, names: readonly string[]): Promise<void> {
  const answers = 'parapet_view_answers_total{source="memory"}';
  await until(async () => {
    const before = await metricOf(node, answers);
    const shown = await askView(node, { enterprise_project_id: 'all_granted_eps' });
    const isFromMemory = (await metricOf(node, answers)) !== before;
    return isFromMemory && shown.total === names.length && isDeepStrictEqual(shown.names, names);
  });
}

it('loses nothing that was acknowledged, and the services go on by themselves', {
  timeout: TIMEOUT_MS,
}, async () => {
  const both = [await nodes.serve(), await nodes.serve()] as const;
  const reporters = await nodes.enrol(both[0], SERVERS);
  await nodes.outputOf(['advisories', 'import', nodes.writeAdvisory('DSA-9999-1'), '--json']);

  let acknowledged = 0;
  let acknowledgedAfter = 0;
  let isPromoted = false;
  let outage: Promise<void> | undefined;
  const failOver = async (): Promise<void> => {
    postgres.killPrimary();
    // Nothing answers: a question is refused, instead of being answered with what may not be true any more.
    for (const node of both) {
      await until(async () => (await askView(node, {})).status === 503);
    }
    await postgres.promote();
    isPromoted = true;
  };
  await Promise.all(
    reporters.map(async (reporter) => {
      while (acknowledgedAfter < REPORTS_AFTER_PROMOTION) {
        const node = both[reporter.sent % 2 === 0 ? 0 : 1];
        const wasPromoted = isPromoted;
        if (await report(node, reporter)) {
          acknowledged += 1;
          if (wasPromoted) acknowledgedAfter += 1;
        } else {
          expect(outage, 'a report was refused before anything happened').toBeDefined();
          await setTimeout(REPORT_AGAIN_MS);
        }
        if (acknowledged >= REPORTS_BEFORE_KILL) outage ??= failOver();
      }
    }),
  );
  await outage;

  const names = await storedNames(both[0].projectId);
  expectNothingLost(names, reporters);
  for (const node of both) {
    await until(async () => (await fetch(`${node.url}/readyz`)).status === 200);
    await untilViewIs(node, names);
    expect(
      await metricOf(node, 'parapet_view_loads_total'),
      'the view of another history is loaded anew',
    ).toBe(2);
    expect(await metricOf(node, 'parapet_view_corrections_total')).toBe(0);
    expect(node.child.exitCode).toBeNull();
  }

  await nodes.outputOf(['advisories', 'import', nodes.writeAdvisory('DSA-9999-2'), '--json']);
  const opened = await postgres.replica.query<{ id: string; times: number }>(
    `SELECT v.id, count(*) AS times FROM finding_event e JOIN vulnerability v ON v.number = e.vulnerability
     WHERE e.kind = 'found' GROUP BY e.server_id, v.id ORDER BY v.id`,
  );
  expect(opened.map(({ id }) => id)).toEqual([
    ...reporters.map(() => 'DSA-9999-1'),
    ...reporters.map(() => 'DSA-9999-2'),
  ]);
  expect(opened.every(({ times }) => times === 1)).toBe(true);
  const ranked = await storedNames(both[0].projectId);
  for (const node of both) await untilViewIs(node, ranked);

  const before = await timesDone(both, 'delete-old-events');
  await postgres.replica.query(`SELECT graphile_worker.add_job('delete-old-events')`);
  await until(async () => (await timesDone(both, 'delete-old-events')) > before);
  expect(await timesDone(both, 'delete-old-events')).toBe(before + 1);
});
