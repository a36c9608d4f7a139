/**
 * Two services on one database: what one acknowledges it shows at once, the other soon; one is killed with -9 while reports
 * arrive, and the other goes on with nothing lost.
 */
import { afterAll, expect, it } from 'vitest';
import { testDatabase } from '../database.ts';
import { askView, expectNothingLost, nameOf, namesOn, report, ServiceNodes, until } from './service-nodes.ts';

const SERVERS = 4;
const REPORTS_BEFORE_KILL = 40;
const REPORTS_AFTER_KILL = 20;

const { database, connectionString } = await testDatabase('empty');
const nodes = new ServiceNodes(connectionString);
afterAll(() => nodes.remove());

it('show what either acknowledged, and one goes on without the other', async () => {
  const first = await nodes.serve();
  const second = await nodes.serve();
  const reporters = await nodes.enrol(first, SERVERS);

  let isKilled = false;
  let acknowledged = 0;
  await Promise.all(
    reporters.map(async (reporter) => {
      while (acknowledged < REPORTS_BEFORE_KILL + REPORTS_AFTER_KILL) {
        const [taker, other] = reporter.sent % 2 === 0 && !isKilled ? [first, second] : [second, first];
        if (!(await report(taker, reporter))) {
          expect(isKilled, 'a report was refused by a living node').toBe(true);
          continue;
        }
        acknowledged += 1;
        const name = nameOf(reporter, reporter.acknowledged);
        if (taker === second || !isKilled) {
          // At once, the first time it is asked; a node that is killed meanwhile need not answer.
          const shown = await namesOn(taker, name).catch((error: unknown) => {
            if (taker === second || !isKilled) throw error;
            return [name];
          });
          expect(shown).toEqual([name]);
        }
        if (other === second) await until(async () => (await namesOn(second, name)).length === 1);
        if (acknowledged >= REPORTS_BEFORE_KILL && !isKilled) {
          isKilled = true;
          first.child.kill('SIGKILL');
        }
      }
    }),
  );
  expectNothingLost(await namesOn(second, '-r'), reporters);

  await nodes.outputOf(['advisories', 'import', nodes.writeAdvisory('DSA-9999-1'), '--json']);
  const opened = await database.query<{ times: number }>(
    `SELECT count(*) AS times FROM finding_event WHERE kind = 'found' GROUP BY server_id, vulnerability`,
  );
  expect(opened).toEqual(reporters.map(() => ({ times: 1 })));
  const third = await nodes.serve();
  for (const node of [second, third]) {
    await until(async () => (await askView(node, { severity_level: 'Medium' })).total === SERVERS);
  }
});
