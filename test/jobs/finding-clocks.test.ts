/** The four clocks of findings as they appear, over a real history and a read model that follows it. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { ClockStage } from '../../src/findings/finding-clock.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followToTheEnd } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { findingClockLook } from '../../src/jobs/watch-finding-clocks.ts';
import {
  lastEventNumber,
  SAMPLED_FINDINGS_MAX,
  sampleFoundFindings,
} from '../../src/store/findings/sample-found.ts';
import { createDomain } from '../../src/store/identity/create-domain.ts';
import { createProject } from '../../src/store/identity/create-project.ts';
import { followView } from '../../src/store/server-view/follow-changes.ts';
import { VulnerabilityNames } from '../../src/store/server-view/vulnerability-names.ts';
import { testDatabase } from '../database.ts';
import { PlainSink } from '../server-view/plain-sink.ts';
import { advisoryItem, clockAt, installed, itemsOf, PROJECT, SYSTEMD, serverOf } from './fleet-fixture.ts';

const HOUR_MS = 60 * 60 * 1000;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const { database } = await testDatabase();
await createDomain(database, { id: 'd', name: 'd', createdAt: 0 });
await createProject(database, { id: PROJECT, domainId: 'd', name: 'p', createdAt: 0 });

interface Noted {
  readonly feed: string;
  readonly cause: string;
  readonly stage: ClockStage;
  readonly ms: number | undefined;
}

const noted: Noted[] = [];
const follower = followView({
  database,
  sink: new PlainSink(),
  names: new VulnerabilityNames(),
  log: silent,
});
const look = findingClockLook(
  {
    database,
    shownSince: (xmin) => follower.shownSince(xmin),
    note: (finding, stage, ms) => noted.push({ ...finding, stage, ms }),
  },
  0,
);
afterAll(() => follower.close());

/** What is noted of the findings that `work` makes appear. */
async function notedOf(work: () => Promise<unknown>): Promise<readonly Noted[]> {
  await look();
  noted.length = 0;
  await work();
  await follower.refresh();
  await look();
  return noted;
}

/** The real clock: the moments of the database are real, too. */
function realClock() {
  return { ...clockAt(0), now: Date.now() };
}

async function importAndFollow(...facts: Parameters<typeof advisoryItem>[0][]): Promise<void> {
  await importAdvisories(database, () => itemsOf(...facts.map(advisoryItem)), realClock());
  await followToTheEnd(database, { now: Date.now });
}

const SYSTEMD_OLD = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' });

describe('the clocks of a finding', () => {
  it('run from its publishing where an advisory came, but not for what came with the feed', async () => {
    while (!follower.isCurrent()) await setTimeout(5);
    await acceptInventory(database, serverOf('clock-01', [SYSTEMD_OLD]), realClock());
    const first = await notedOf(() => importAndFollow({ ...SYSTEMD, modified: Date.now() - HOUR_MS }));
    expect(first.map(({ feed, cause, stage }) => [feed, cause, stage])).toEqual([
      ['osv', 'advisory', 'fetched_to_matched'],
      ['osv', 'advisory', 'matched_to_visible'],
    ]);
    const later = { ...SYSTEMD, id: 'DLA-3378-1', cves: [], modified: Date.now() - HOUR_MS };
    await notedOf(() => importAndFollow(later));
    expect(noted.map(({ stage }) => stage).sort()).toEqual([
      'fetched_to_matched',
      'matched_to_visible',
      'published_to_fetched',
      'published_to_visible',
    ]);
    const took = new Map(noted.map(({ stage, ms }) => [stage, ms]));
    expect(took.get('published_to_fetched')).toBeGreaterThanOrEqual(HOUR_MS);
    expect(took.get('published_to_visible')).toBeGreaterThanOrEqual(HOUR_MS);
    for (const [stage, ms] of took) {
      expect(ms, stage).toBeGreaterThanOrEqual(0);
      expect(ms, stage).toBeLessThan(2 * HOUR_MS);
    }
  });

  it('run only to being visible where a report brought what an advisory names', async () => {
    await notedOf(() => acceptInventory(database, serverOf('clock-02', [SYSTEMD_OLD]), realClock()));
    expect(noted).toHaveLength(2);
    expect(noted.every(({ cause, stage }) => cause === 'report' && stage === 'matched_to_visible')).toBe(
      true,
    );
    for (const { ms } of noted) expect(ms).toBeLessThan(HOUR_MS);
  });

  it('are taken from a bounded sample over all that appeared', async () => {
    const before = await lastEventNumber(database);
    await database.execute(
      `INSERT INTO finding_event (project_id, server_id, vulnerability, kind, actor, remark, at)
       SELECT $1, 's', v.number, 'found', 'advisories', '', n
       FROM generate_series(1, 20000) n, (SELECT min(number) AS number FROM vulnerability) v`,
      [PROJECT],
    );
    const after = await lastEventNumber(database);
    const sampled = await sampleFoundFindings(database, { after: before, upTo: after });
    expect(sampled).toHaveLength(SAMPLED_FINDINGS_MAX);
    const moments = sampled.map(({ matchedAt }) => matchedAt).sort((a, b) => a - b);
    expect(new Set(moments).size).toBe(SAMPLED_FINDINGS_MAX);
    expect(moments[0]).toBeLessThan(200);
    expect(moments.at(-1)).toBeGreaterThan(19_800);
    expect(await sampleFoundFindings(database, { after, upTo: after })).toEqual([]);
  });
});
