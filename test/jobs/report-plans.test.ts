/** The statements of reports are planned once for tables as they are then, and must do until statistics are taken anew. */
import { expect, it } from 'vitest';
import { hashSecret } from '../../src/identity/token.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { reportsTogether } from '../../src/jobs/accept-reports.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { KnownMatches } from '../../src/jobs/known-matches.ts';
import { unchangedReports } from '../../src/jobs/note-unchanged-report.ts';
import { saveAgentCredential } from '../../src/store/identity/save-agent-credential.ts';
import { testDatabase } from '../database.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  SYSTEMD,
  serverOf,
  T0,
} from './fleet-fixture.ts';

const { database } = await testDatabase();
await database.query(
  `INSERT INTO domain (id, name, created_at) VALUES ('d', 'd', 0);
   INSERT INTO project (id, domain_id, name, created_at) VALUES ('${PROJECT}', 'd', 'p', 0)`,
);
await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD)), { now: T0 });
const systemd = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u8' });

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Tables of which a look at all rows of a project is too much, each with the columns that choose one row. */
const KEYS: ReadonlyMap<string, RegExp> = new Map([
  ['server', /\b(?:id|identity) = /],
  ['package_set', /\b(?:id|digest) = /],
  ['finding_set', /\b(?:id|digest) = /],
  ['agent_credential', /\b(?:server_id|hash) = /],
  ['decision', /\bserver_id = /],
]);

/** By what an index chooses the rows. */
function conditionOf(node: PlanNode): string {
  return node['Index Cond'] ?? node['Recheck Cond'] ?? '';
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const below of node.Plans ?? []) yield* nodesOf(below);
}

it('look each row up by its key, in a project of some hundred servers', async () => {
  const { serverId } = await acceptInventory(database, serverOf('a', [systemd]), clockAt(0));
  const hash = hashSecret('a');
  await saveAgentCredential(database, { projectId: PROJECT, serverId, hash, createdAt: T0 });
  await database.query(
    `INSERT INTO package_set (project_id, digest, package_ids, used_at)
       SELECT '${PROJECT}', decode(md5(n::text), 'hex'), ARRAY[1, 2, n], 0 FROM generate_series(1, 500) n;
     INSERT INTO finding_set (project_id, digest, vulnerability, status, priority, fixable, is_plain, has_fixed, used_at)
       SELECT '${PROJECT}', decode(md5(n::text), 'hex'), ARRAY[n], '{0}', '{0}', '{t}', true, false, 0 FROM generate_series(1, 500) n;
     INSERT INTO server (project_id, id, identity, name, name_folded, os_type, system, created_at, scan_time, package_set, finding_set)
       SELECT '${PROJECT}', n::text, 'id:' || n, n::text, n::text, 'Linux', 'debian:' || n % 3, 0, 1, n, n FROM generate_series(1, 500) n;
     INSERT INTO agent_credential (project_id, server_id, hash, created_at)
       SELECT '${PROJECT}', n::text, decode(md5(n::text), 'hex'), 0 FROM generate_series(1, 500) n;
     INSERT INTO decision (project_id, server_id, vulnerability, kind, remark, decided_by, decided_at)
       SELECT '${PROJECT}', n::text, n, 'ignored', '', 'ops', 0 FROM generate_series(1, 500) n;
     ANALYZE`,
  );
  const own = { projectId: PROJECT, serverId, machineId: '' };
  const report = { ...own, digest: 'one read 1', inventory: serverOf('a', [systemd]).inventory };
  const known = new KnownMatches();
  expect(await reportsTogether({ database, clock: () => clockAt(1), known })(report)).toBeDefined();
  await unchangedReports(database, () => clockAt(1))({ ...own, digest: 'one' });
  const plans = await database.transaction(
    async (tx) => {
      const statements = await tx.query<{ name: string; statement: string; parameters: number }>(
        `SELECT name, statement, cardinality(parameter_types) AS parameters FROM pg_prepared_statements`,
      );
      const found: { readonly statement: string; readonly nodes: readonly PlanNode[] }[] = [];
      for (const { name, statement, parameters } of statements) {
        const values = Array.from({ length: parameters }, () => 'NULL').join(', ');
        const [row] = await tx.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
          `EXPLAIN (FORMAT JSON) EXECUTE "${name}"${parameters === 0 ? '' : `(${values})`}`,
        );
        found.push({
          statement,
          nodes: (row?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => [...nodesOf(Plan)]),
        });
      }
      return found;
    },
    { keepsPlans: true },
  );
  const wide = plans.flatMap(({ statement, nodes }) =>
    nodes
      .filter((node) => node['Node Type'].includes('Scan'))
      .filter((node) => KEYS.get(node['Relation Name'] ?? '')?.test(conditionOf(node)) === false)
      .map(
        (node) => `${node['Node Type']} of ${node['Relation Name']} by ${conditionOf(node)}: ${statement}`,
      ),
  );
  expect(plans.length).toBeGreaterThan(8);
  expect(wide).toEqual([]);
});
