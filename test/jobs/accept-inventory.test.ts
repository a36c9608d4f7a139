import { describe, expect, it } from 'vitest';
import { systemOf } from '../../src/inventory/system.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { assessDueServers } from '../../src/jobs/assess-due-servers.ts';
import { changeServer } from '../../src/jobs/change-server.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { refreshUnknown } from '../../src/jobs/refresh-unknown.ts';
import type { ServerFilter, ServerRow } from '../../src/server-view/server-view.ts';
import { setFeedsMeasuredAt } from '../../src/store/advisories/feeds-measured-at.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
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
  TOMCAT,
  TOMCAT_EXPLOITED,
} from './fleet-fixture.ts';

const { database } = await testDatabase();
const listServers = listServersInSql(database, vulnerabilityDictionary(database));

const OLD_SYSTEMD = installed({
  ecosystem: 'debian:10',
  name: 'libsystemd0',
  version: '241-7~deb10u8',
  source: 'systemd',
});
const NEW_SYSTEMD = installed({
  ecosystem: 'debian:10',
  name: 'libsystemd0',
  version: '241-7~deb10u9',
  source: 'systemd',
});
const OLD_TOMCAT = installed({
  ecosystem: 'Bitnami',
  name: 'tomcat',
  version: '9.0.90',
  paths: ['/opt/a', '/opt/b'],
});

async function rowOf(name: string, filter: Partial<ServerFilter> = {}): Promise<ServerRow | undefined> {
  const page = await listServers(
    { projectId: PROJECT, enterpriseProjects: 'all', nameContains: name, ...filter },
    { offset: 0, limit: 10 },
  );
  expect(page.rows).toHaveLength(page.total);
  return page.rows[0];
}

function decide(
  operation: 'ignore' | 'not_ignore' | 'manual_repair',
  serverId: string,
  id: string,
  at: number,
) {
  return decideFindings(database, {
    projectId: PROJECT,
    enterpriseProjects: 'all',
    operation,
    remark: 'not exposed',
    decidedBy: 'ops',
    type: undefined,
    selection: [{ serverId, vulnerabilityIds: [id], isNamed: true }],
    now: clockAt(at).now,
  });
}

await importAdvisories(
  database,
  () =>
    itemsOf(
      advisoryItem(SYSTEMD),
      advisoryItem(TOMCAT),
      { kind: 'list', feed: 'known-exploited', publishedAt: T0 },
      TOMCAT_EXPLOITED,
    ),
  { now: T0 },
);

describe('a report', () => {
  it('is in the view with its findings, counts, level and score when it is acknowledged', async () => {
    await acceptInventory(database, serverOf('web-01', [OLD_SYSTEMD, OLD_TOMCAT]), clockAt(0));
    expect(await rowOf('web-01')).toMatchObject({
      name: 'web-01',
      severityLevel: 'High',
      // One High (the distribution's), two Critical (the application's and the emergency one).
      counts: { critical: 2, high: 1, medium: 0, low: 0 },
      score: 77,
      handleStatus: 'unhandled',
      scanTime: T0,
      privateIp: '10.0.0.5',
      vulnerabilityIds: {
        linux_vul: ['DLA-3377-1'],
        app_vul: ['HCVD-APP-CVE-2025-24813'],
        urgent_vul: ['URGENT-CVE-2025-24813'],
        windows_vul: [],
        web_cms: [],
      },
    });
  });

  it('without the vulnerable package makes the finding fixed, which leaves the lists after seven days', async () => {
    await acceptInventory(database, serverOf('mail-01', [OLD_SYSTEMD]), clockAt(0));
    await acceptInventory(database, serverOf('mail-01', [NEW_SYSTEMD]), clockAt(1));
    expect(await rowOf('mail-01')).toMatchObject({
      handleStatus: 'handled',
      severityLevel: 'Security',
      score: 100,
      counts: { critical: 0, high: 1, medium: 0, low: 0 },
      vulnerabilityIds: { linux_vul: ['DLA-3377-1'] },
    });
    expect(await rowOf('mail-01', { status: 'vul_status_fixed' })).toBeDefined();
    await assessDueServers(database, () => clockAt(8).now);
    expect(await rowOf('mail-01')).toMatchObject({ vulnerabilityIds: { linux_vul: [] } });
  });

  it('with the fixed kernel installed but not running leaves its finding open, waiting for a restart', async () => {
    const kernel = (build: string, version: string) =>
      installed({
        ecosystem: 'debian:10',
        name: `linux-image-${build}-amd64`,
        version,
        source: 'linux',
      });
    await importAdvisories(
      database,
      () =>
        itemsOf(
          advisoryItem({
            ...SYSTEMD,
            id: 'DLA-3349-1',
            name: 'linux',
            cves: ['CVE-2022-27672'],
            fixed: '4.19.270-1',
          }),
        ),
      { now: T0 },
    );
    const old = kernel('4.19.0-21', '4.19.249-2');
    const fixed = kernel('4.19.0-23', '4.19.269-1');
    const newest = kernel('4.19.0-24', '4.19.270-1');
    const running = { release: '4.19.0-21-amd64', version: '4.19.249-2' };
    await acceptInventory(database, serverOf('k-01', [old, fixed], { runningKernel: running }), clockAt(0));
    expect(await rowOf('k-01', { status: 'vul_status_unfix' })).toBeDefined();
    await acceptInventory(database, serverOf('k-01', [old, newest], { runningKernel: running }), clockAt(1));
    expect(await rowOf('k-01', { status: 'vul_status_reboot' })).toMatchObject({ handleStatus: 'unhandled' });
    const restarted = { release: '4.19.0-24-amd64', version: '4.19.270-1' };
    await acceptInventory(
      database,
      serverOf('k-01', [old, newest], { runningKernel: restarted }),
      clockAt(2),
    );
    expect(await rowOf('k-01', { status: 'vul_status_fixed' })).toMatchObject({ handleStatus: 'handled' });
  });

  it('of a system that no feed covers is unknown, never secure, and sorts before secure servers', async () => {
    await acceptInventory(database, serverOf('x-01', [], { system: systemOf('photon', '4.0') }), clockAt(0));
    await acceptInventory(database, serverOf('x-02', [NEW_SYSTEMD]), clockAt(0));
    expect(await rowOf('x-01')).toMatchObject({
      severityLevel: '',
      score: undefined,
      handleStatus: 'handled',
    });
    expect(await rowOf('x-02')).toMatchObject({ severityLevel: 'Security', score: 100 });
    const page = await listServers(
      { projectId: PROJECT, enterpriseProjects: 'all', nameContains: 'x-0' },
      { offset: 0, limit: 10 },
    );
    expect(page.rows.map((row) => row.name)).toEqual(['x-01', 'x-02']);
    expect(await rowOf('x-0', { severityLevel: 'Security' })).toMatchObject({ name: 'x-02' });
  });

  it('that stays away for seven days makes a secure server unknown; the next one brings it back', async () => {
    await acceptInventory(database, serverOf('quiet-01', [NEW_SYSTEMD]), clockAt(0));
    await setFeedsMeasuredAt(database, T0);
    await refreshUnknown(database, clockAt(7));
    expect(await rowOf('quiet-01')).toMatchObject({ severityLevel: '' });
    await acceptInventory(database, serverOf('quiet-01', [NEW_SYSTEMD]), clockAt(8));
    await setFeedsMeasuredAt(database, undefined);
    expect(await rowOf('quiet-01')).toMatchObject({ severityLevel: 'Security' });
  });

  it('is one server however often it comes, and keeps what a person set', async () => {
    const first = await acceptInventory(database, serverOf('twice-01', [OLD_SYSTEMD]), clockAt(0));
    await changeServer(database, {
      scope: { projectId: PROJECT, enterpriseProjects: 'all' },
      serverId: first.serverId,
      change: { assetValue: 'important', publicIp: '203.0.113.9', region: 'cn-north-4' },
      actor: 'ops',
      now: T0,
    });
    const second = await acceptInventory(database, serverOf('twice-01', [OLD_SYSTEMD]), clockAt(1));
    expect(second).toMatchObject({ serverId: first.serverId, isNew: false });
    // 7.5 for the word "high", and 1 for the importance: still High; the score of one High is 97.
    expect(await rowOf('twice-01')).toMatchObject({
      assetValue: 'important',
      publicIp: '203.0.113.9',
      region: 'cn-north-4',
      score: 97,
    });
  });
});

describe('new advisories', () => {
  it('reach the servers that hold the package, and a withdrawn one leaves without being called fixed', async () => {
    await acceptInventory(
      database,
      serverOf('dino-01', [installed({ ecosystem: 'debian:10', name: 'dino-im', version: '0.2.0-1' })]),
      clockAt(0),
    );
    expect(await rowOf('dino-01')).toMatchObject({ severityLevel: 'Security' });
    const item = advisoryItem({
      ...SYSTEMD,
      id: 'DSA-5379-1',
      name: 'dino-im',
      cves: ['CVE-2023-28686'],
      fixed: '0.2.0-3',
    });
    await importAdvisories(database, () => itemsOf(item), { now: T0 });
    await followAdvisories(database, { now: () => T0 });
    expect(await rowOf('dino-01')).toMatchObject({ vulnerabilityIds: { linux_vul: ['DSA-5379-1'] } });
    const withdrawn = {
      kind: 'withdrawn',
      feed: 'osv',
      id: 'DSA-5379-1',
      modified: T0 + 1,
      reason: 'withdrawn',
    } as const;
    await importAdvisories(database, () => itemsOf(withdrawn), { now: T0 });
    await followAdvisories(database, { now: () => T0 });
    expect(await rowOf('dino-01')).toMatchObject({
      severityLevel: 'Security',
      vulnerabilityIds: { linux_vul: [] },
    });
  });
});

describe('a decision', () => {
  it('to ignore closes the finding until it is taken back', async () => {
    const { serverId } = await acceptInventory(database, serverOf('ign-01', [OLD_SYSTEMD]), clockAt(0));
    await decide('ignore', serverId, 'DLA-3377-1', 0);
    expect(await rowOf('ign-01')).toMatchObject({ handleStatus: 'handled', score: 100 });
    await acceptInventory(database, serverOf('ign-01', [OLD_SYSTEMD]), clockAt(1));
    expect(await rowOf('ign-01', { status: 'vul_status_ignored' })).toMatchObject({
      handleStatus: 'handled',
    });
    await decide('not_ignore', serverId, 'DLA-3377-1', 1);
    expect(await rowOf('ign-01')).toMatchObject({ handleStatus: 'unhandled', score: 97 });
  });

  it('that it was repaired by hand holds until the next report, which opens it again or confirms it', async () => {
    const { serverId } = await acceptInventory(database, serverOf('man-01', [OLD_SYSTEMD]), clockAt(0));
    await decide('manual_repair', serverId, 'DLA-3377-1', 0);
    expect(await rowOf('man-01', { status: 'vul_status_fixed' })).toMatchObject({ handleStatus: 'handled' });
    await acceptInventory(database, serverOf('man-01', [OLD_SYSTEMD]), clockAt(1));
    expect(await rowOf('man-01')).toMatchObject({ handleStatus: 'unhandled' });
    await decide('manual_repair', serverId, 'DLA-3377-1', 1);
    await acceptInventory(database, serverOf('man-01', [NEW_SYSTEMD]), clockAt(2));
    expect(await rowOf('man-01', { status: 'vul_status_fixed' })).toBeDefined();
    const history = await database.query<{ kind: string }>(
      'SELECT kind FROM finding_event WHERE server_id = $1 ORDER BY id',
      [serverId],
    );
    expect(history.map((event) => event.kind)).toEqual([
      'found',
      'claimed_fixed',
      'reopened',
      'claimed_fixed',
    ]);
  });

  it('is refused whole where a named finding is not there or does not allow it', async () => {
    const { serverId } = await acceptInventory(database, serverOf('ref-01', [OLD_SYSTEMD]), clockAt(0));
    await expect(decide('not_ignore', serverId, 'DLA-3377-1', 0)).rejects.toMatchObject({
      code: 'operation-not-allowed',
    });
    await expect(decide('ignore', serverId, 'HCVD-APP-CVE-2025-24813', 0)).rejects.toMatchObject({
      code: 'finding-unknown',
    });
    await expect(decide('ignore', serverId, 'NO-SUCH-1', 0)).rejects.toMatchObject({
      code: 'vulnerability-unknown',
    });
    await expect(decide('ignore', 'no-such-server', 'DLA-3377-1', 0)).rejects.toMatchObject({
      code: 'server-unknown',
    });
    expect(await rowOf('ref-01')).toMatchObject({ handleStatus: 'unhandled' });
  });

  it('about all findings of a type takes those in the caller’s enterprise projects only', async () => {
    const settings = { enterpriseProjectId: 'ep-1' };
    await acceptInventory(database, serverOf('all-01', [OLD_SYSTEMD], { settings }), clockAt(0));
    await acceptInventory(database, serverOf('all-02', [OLD_SYSTEMD]), clockAt(0));
    await decideFindings(database, {
      projectId: PROJECT,
      enterpriseProjects: ['ep-1'],
      operation: 'ignore',
      remark: '',
      decidedBy: 'ops',
      type: 'linux_vul',
      selection: 'all',
      now: T0,
    });
    expect(await rowOf('all-01')).toMatchObject({ handleStatus: 'handled' });
    expect(await rowOf('all-02')).toMatchObject({ handleStatus: 'unhandled' });
  });
});
