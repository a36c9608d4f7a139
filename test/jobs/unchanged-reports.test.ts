import { describe, expect, it } from 'vitest';
import { hashSecret } from '../../src/identity/token.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { keptDigest, unchangedReports } from '../../src/jobs/note-unchanged-report.ts';
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
await followAdvisories(database, { now: () => T0 });
const systemd = installed({
  ecosystem: 'debian:10',
  name: 'libsystemd0',
  version: '241-7~deb10u8',
  source: 'systemd',
});

/** A server that reported at `T0`, and what its agent would say a day later. */
async function agentOf(name: string, digest = 'sha256:1') {
  const { serverId } = await acceptInventory(
    database,
    { ...serverOf(name, [systemd]), machineId: `machine-of-${name}`, digest: keptDigest(digest) },
    clockAt(0),
  );
  const hash = hashSecret(name);
  await saveAgentCredential(database, { projectId: PROJECT, serverId, hash, createdAt: T0 });
  return { projectId: PROJECT, serverId, digest, machineId: `machine-of-${name}` };
}

async function scanTimeOf({ serverId }: { readonly serverId: string }): Promise<number | undefined> {
  const [row] = await database.query<{ scan_time: number }>('SELECT scan_time FROM server WHERE id = $1', [
    serverId,
  ]);
  return row?.scan_time;
}

const note = unchangedReports(database, () => clockAt(1));

describe('unchanged reports that arrive together', () => {
  it('are noted each for its own server, also where one server tells it twice', async () => {
    const agents = await Promise.all(['a', 'b', 'c'].map((name) => agentOf(name)));
    const other = { ...(await agentOf('d')), digest: 'sha256:2' };
    const [first] = agents;
    const told = [...agents, other, ...(first === undefined ? [] : [first])];
    expect(await Promise.all(told.map(note))).toEqual([true, true, true, false, true]);
    expect(await Promise.all(told.map(scanTimeOf))).toEqual([1, 1, 1, 0, 1].map((days) => clockAt(days).now));
  });

  it('wait for no server that somebody holds', async () => {
    const [held, free] = await Promise.all(['held', 'free'].map((name) => agentOf(name)));
    if (held === undefined || free === undefined) throw new Error('two servers were made');
    await database.transaction(async (tx) => {
      await tx.query('SELECT FROM server WHERE id = $1 FOR UPDATE', [held.serverId]);
      expect(await Promise.all([note(held), note(free)])).toEqual([false, true]);
    });
    expect(await note(held)).toBe(true);
  });

  it('never take a time of a report back', async () => {
    const agent = await agentOf('later');
    expect(await note(agent)).toBe(true);
    expect(await unchangedReports(database, () => clockAt(-1))(agent)).toBe(true);
    expect(await scanTimeOf(agent)).toBe(clockAt(1).now);
  });
});

describe('an unchanged report after which more is to be done is left alone', () => {
  it('of another machine', async () => {
    const agent = await agentOf('clone');
    expect(await note({ ...agent, machineId: 'another' })).toBe(false);
    expect(await note({ ...agent, machineId: '' })).toBe(true);
  });

  it('of a server whose credential was revoked, and of one that is gone', async () => {
    const agent = await agentOf('revoked');
    await database.query('DELETE FROM agent_credential WHERE server_id = $1', [agent.serverId]);
    expect(await note(agent)).toBe(false);
    expect(await note({ ...agent, serverId: 'gone' })).toBe(false);
  });

  it('of a server on which somebody claims to have fixed something', async () => {
    const agent = await agentOf('claimed');
    await decideFindings(database, {
      projectId: PROJECT,
      enterpriseProjects: 'all',
      operation: 'manual_repair',
      remark: '',
      decidedBy: 'ops',
      type: undefined,
      selection: [{ serverId: agent.serverId, vulnerabilityIds: [SYSTEMD.id], isNamed: true }],
      now: T0,
    });
    expect(await note(agent)).toBe(false);
  });

  it('of a server that is unknown although its system is covered', async () => {
    const agent = await agentOf('silent');
    const setUnknown = `UPDATE server SET is_unknown = true, system = $2 WHERE id = $1`;
    await database.query(setUnknown, [agent.serverId, 'debian:10']);
    expect(await note(agent)).toBe(false);
    await database.query(setUnknown, [agent.serverId, 'plan9:4']);
    expect(await note(agent)).toBe(true);
  });
});

it('a clone that speaks in the same moment as its original is not taken for it', async () => {
  const agent = await agentOf('cloned-twin');
  const clone = { ...agent, machineId: 'another' };
  // The first goes alone; those behind it are gathered.
  const told = await Promise.all([note(agent), note(agent), note(clone), note(agent)]);
  expect(told).toEqual([true, true, false, true]);
});
