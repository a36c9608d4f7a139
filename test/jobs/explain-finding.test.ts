/** Why a stored server has a vulnerability, or why not: every way an answer can go, and that it agrees with its findings. */
import { describe, expect, it } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { ABOUT_LENGTH_MAX_CHARS, explainFinding } from '../../src/jobs/explain-finding.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { jsonResult } from '../../src/json-result.ts';
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
const OLD = installed({
  ecosystem: 'debian:10',
  name: 'libsystemd0',
  source: 'systemd',
  version: '241-7~deb10u8',
});
const FIXED = { ...OLD, version: '241-7~deb10u9', sourceVersion: '241-7~deb10u9' };
const APP = installed({
  ecosystem: 'Bitnami',
  name: 'tomcat',
  version: '9.0.98',
  paths: ['/srv/a', '/srv/b'],
});
const KERNEL = {
  id: 'DSA-9-1',
  cves: ['CVE-2022-9'],
  ecosystem: 'debian:10',
  name: 'linux',
  fixed: '4.19.270-1',
};
const kernel = (build: string, version: string) =>
  installed({
    ecosystem: 'debian:10',
    name: `linux-image-${build}-amd64`,
    source: 'linux',
    version,
    arch: 'amd64',
  });

await importAdvisories(
  database,
  () =>
    itemsOf(
      advisoryItem(SYSTEMD),
      advisoryItem(TOMCAT),
      advisoryItem(KERNEL),
      { kind: 'list', feed: 'known-exploited', publishedAt: T0 },
      { ...TOMCAT_EXPLOITED },
    ),
  { now: T0 },
);

let made = 0;
async function server(
  packages: Parameters<typeof serverOf>[1],
  more: Parameters<typeof serverOf>[2] = {},
): Promise<{ readonly id: string; readonly name: string }> {
  made += 1;
  const name = `web-${made}`;
  const { serverId } = await acceptInventory(database, serverOf(name, packages, more), clockAt(0));
  return { id: serverId, name };
}

const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
const explain = (serverId: string, about: string, days = 0) =>
  explainFinding(database, { scope, serverId, about }, clockAt(days));

describe('a server with a vulnerability', () => {
  it('is explained by record, revision, package, both versions, rule, status, priority and history', async () => {
    const { id, name } = await server([OLD]);
    const explained = await explain(id, 'DLA-3377-1');
    expect(explained).toMatchObject({
      verdict: 'open',
      server: { id, name, system: 'debian:10', scanTime: T0 },
      findings: [
        {
          type: 'linux_vul',
          id: 'DLA-3377-1',
          clocks: { publishedAt: T0 - 90 * 86_400_000, fetchedAt: expect.any(Number), matchedAt: T0 },
          finding: { status: 'vul_status_unfix', fixable: true, firstSeenAt: T0, statusSince: T0 },
          priority: { word: 'High', points: 7.5, terms: [{ term: 'rated high by its vendor', points: 7.5 }] },
          decision: null,
          history: [{ kind: 'found', actor: 'report', at: T0 }],
        },
      ],
      packages: [
        {
          package: { name: 'libsystemd0', source: 'systemd', version: '241-7~deb10u8' },
          decision: 'affected',
          raises_finding: true,
          records: [
            {
              feed: 'osv',
              advisory_id: 'DLA-3377-1',
              revision: 1,
              rule: 'version-range',
              comparison: '241-7~deb10u8 < 241-7~deb10u9 (deb)',
            },
          ],
        },
      ],
      coverage: { status: 'covered' },
      advisorySet: { revision: 1, matchingInProgress: false },
    });
    expect(explained.sentence).toBe(
      `${name} has DLA-3377-1 since 2023-04-03; High, 7.5 points: rated high by its vendor (7.5). libsystemd0 241-7~deb10u8 (source 241-7~deb10u8) is older than 241-7~deb10u9, which fixes DLA-3377-1.`,
    );
    expect(jsonResult(explained)).toMatchObject({
      findings: [{ finding: { first_seen_at: '2023-04-03T00:00:00.000Z' } }],
      advisory_set: { matching_in_progress: false },
    });
  });

  it('is found by the CVE, by the id of the record and by the emergency id too, with the places of an application', async () => {
    const { id, name } = await server([APP]);
    for (const about of [
      'CVE-2025-24813',
      'BIT-tomcat-2025-24813',
      'HCVD-APP-CVE-2025-24813',
      'URGENT-CVE-2025-24813',
    ]) {
      const { verdict, packages } = await explain(id, about);
      expect({ about, verdict }).toEqual({ about, verdict: 'open' });
      expect(packages).toMatchObject([{ package: { paths: ['/srv/a', '/srv/b'] }, raises_finding: true }]);
    }
    const byCve = await explain(id, 'CVE-2025-24813');
    expect(byCve.findings.map((one) => one.id)).toEqual(['HCVD-APP-CVE-2025-24813', 'URGENT-CVE-2025-24813']);
    expect(byCve.sentence).toContain(`${name} has CVE-2025-24813 (as HCVD-APP-CVE-2025-24813)`);
  });

  it('says who ignored it, when, why, and that it comes back when that is undone', async () => {
    const { id, name } = await server([OLD]);
    await decideFindings(database, {
      projectId: PROJECT,
      enterpriseProjects: 'all',
      operation: 'ignore',
      remark: 'replaced in May',
      decidedBy: 'ana',
      type: undefined,
      selection: [{ serverId: id, vulnerabilityIds: ['DLA-3377-1'], isNamed: true }],
      now: T0 + 1,
    });
    const explained = await explain(id, 'DLA-3377-1');
    expect(explained).toMatchObject({
      verdict: 'ignored',
      findings: [
        {
          decision: {
            kind: 'ignored',
            decidedBy: 'ana',
            decidedAt: T0 + 1,
            remark: 'replaced in May',
            until: null,
          },
          history: [{ kind: 'ignored', actor: 'ana', remark: 'replaced in May' }, { kind: 'found' }],
        },
      ],
    });
    expect(explained.sentence).toContain(
      `${name} has DLA-3377-1; ana ignored it on 2023-04-03 with the reason "replaced in May", until undone.`,
    );
  });
});

describe('a server without it', () => {
  it('is told by which record, and that the fix was seen', async () => {
    const never = await server([FIXED]);
    const told = await explain(never.id, 'DLA-3377-1');
    expect(told).toMatchObject({
      verdict: 'not-affected',
      findings: [{ finding: null, history: [] }],
      packages: [
        { decision: 'not-affected', raises_finding: false, records: [{ decision: 'not-affected' }] },
      ],
    });
    expect(told.sentence).toContain(`${never.name} does not have DLA-3377-1. libsystemd0 241-7~deb10u9`);
    const { id, name } = await server([OLD]);
    await acceptInventory(database, serverOf(name, [FIXED]), clockAt(1));
    expect(await explain(id, 'DLA-3377-1', 1)).toMatchObject({
      verdict: 'fixed',
      sentence: expect.stringContaining(`DLA-3377-1 was seen fixed on ${name} on 2023-04-04.`),
      findings: [
        { finding: { status: 'vul_status_fixed' }, history: [{ kind: 'fixed' }, { kind: 'found' }] },
      ],
    });
  });

  it('is never called safe where no record speaks of it, and less so where nothing covers it', async () => {
    const { id, name } = await server([
      installed({ ecosystem: 'debian:10', name: 'bash', version: '5.0-4' }),
    ]);
    const unnamed = await explain(id, 'CVE-2099-0001');
    expect(unnamed).toMatchObject({ verdict: 'unknown', findings: [], packages: [] });
    expect(unnamed.sentence).toBe(
      `Nothing is known of CVE-2099-0001 on ${name}: no record in force that bears it names a package of its inventory.`,
    );
    const bare = await server([OLD], { system: undefined });
    expect((await explain(bare.id, 'CVE-2099-0001')).sentence).toContain(
      'Besides, this is not known to be safe',
    );
  });

  it('has a kernel that matches and does not run: named, with the reason why it raises nothing', async () => {
    const old = kernel('4.19.0-21', '4.19.249-2');
    const newest = kernel('4.19.0-24', '4.19.270-1');
    const running = (release: string) => ({ runningKernel: { release, version: '' } });
    const fixed = await server([old, newest], running('4.19.0-24-amd64'));
    const told = await explain(fixed.id, 'DSA-9-1');
    expect(told.verdict).toBe('not-affected');
    expect(told.packages.map((one) => [one.decision, one.raises_finding])).toEqual([
      ['affected', false],
      ['not-affected', false],
    ]);
    expect(told.sentence).toContain('It raises no finding: it is not the kernel that runs');
    const pending = await server([old, newest], running('4.19.0-21-amd64'));
    expect(await explain(pending.id, 'DSA-9-1')).toMatchObject({
      verdict: 'open',
      findings: [{ finding: { status: 'vul_status_reboot' } }],
      sentence: expect.stringContaining('The fix is installed and waits for a restart.'),
    });
  });
});

describe('an explanation', () => {
  it('says that the server has not followed yet what an import brought', async () => {
    const { id } = await server([installed({ ecosystem: 'debian:10', name: 'late', version: '1' })]);
    const late = { ...SYSTEMD, id: 'DLA-4000-1', cves: ['CVE-2023-40000'], name: 'late', fixed: '2' };
    await importAdvisories(database, () => itemsOf(advisoryItem(late)), { now: T0 });
    expect(await explain(id, 'DLA-4000-1')).toMatchObject({
      verdict: 'following',
      advisorySet: { matchingInProgress: true },
    });
    await followAdvisories(database, { now: () => T0 });
    expect(await explain(id, 'DLA-4000-1')).toMatchObject({ verdict: 'open' });
  });

  it('is refused for a server that is not in scope, and for a text that can be no id', async () => {
    const { id } = await server([OLD]);
    const foreign = { projectId: PROJECT, enterpriseProjects: ['other'] };
    const request = { scope: foreign, serverId: id, about: 'DLA-3377-1' };
    await expect(explainFinding(database, request, clockAt(0))).rejects.toMatchObject({
      code: 'server-unknown',
    });
    for (const about of ['', 'x'.repeat(ABOUT_LENGTH_MAX_CHARS + 1)])
      await expect(explain(id, about)).rejects.toMatchObject({ code: 'parameter-invalid' });
  });
});
