/** Feeds that `serve` keeps up to date: whose time has come, what becomes of those that fail, and by whom. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { COMPILED_FILE_NAME } from '../../src/advisories/compiled-format.ts';
import { CompiledAdvisories } from '../../src/advisories/compiled-read.ts';
import { HTTP_LIMITS } from '../../src/fetching/http-settings.ts';
import { type FeedSchedule, updateDueFeeds } from '../../src/jobs/update-due-feeds.ts';
import type { Log } from '../../src/log.ts';
import { loadFeedSources } from '../../src/store/advisories/load-feed-sources.ts';
import { testDatabase } from '../database.ts';
import { answer, feedServer } from '../fetching/feed-server.ts';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const START = Date.UTC(2026, 10, 24, 12);

const { database } = await testDatabase();
const server = await feedServer();
const dataFolder = mkdtempSync(join(tmpdir(), 'parapet-test-feeds-'));
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/advisories/${name}`, import.meta.url));

const schedule: FeedSchedule = {
  words: [`kev-here=${server.url}/kev`, `dsa-here=${server.url}/dsa`],
  http: {
    proxy: { http: undefined, https: undefined, none: undefined },
    mirrors: [],
    credentials: [],
    privateHosts: [],
    limits: { ...HTTP_LIMITS, attemptsMax: 1, backoffMs: 1 },
  },
  updateHours: 6,
  dataFolder,
  jitterMaxMs: 0,
};

const lines: { readonly message: string; readonly feed: unknown }[] = [];
const note = (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
  void lines.push({ message, feed: fields['feed'] });
const log: Log = { debug: note, info: note, warn: note, error: note };

async function run(now: number, given: FeedSchedule = schedule) {
  return await updateDueFeeds(database, given, { now: () => now, log, signal: new AbortController().signal });
}

async function nextAt(name: string): Promise<number> {
  const state = (await loadFeedSources(database)).find((one) => one.name === name);
  return state?.nextAt ?? Number.NaN;
}

beforeEach(() => {
  lines.length = 0;
  server.asked.length = 0;
});

describe('the feeds that serve keeps up to date', () => {
  it('are fetched when they never were, and the compiled file is of what they brought', async () => {
    server.files.set('/kev', { content: fixture('known-exploited.json') });
    server.files.set('/dsa', { content: fixture('DSA.list') });
    expect(await run(START)).toEqual({ feeds: 2, failed: 0 });
    const compiled = new CompiledAdvisories(join(dataFolder, COMPILED_FILE_NAME));
    compiled.close();
    expect(compiled.contents.coverage.map(({ feed }) => feed)).toContain('debian-dsa');
    expect(lines).toEqual([
      { message: 'feed updated', feed: 'kev-here' },
      { message: 'feed updated', feed: 'dsa-here' },
    ]);
  });

  it('are left alone until their time has come, which varies by a tenth', async () => {
    expect(await run(START + 5 * HOUR_MS)).toEqual({ feeds: 0, failed: 0 });
    expect(server.asked).toEqual([]);
    for (const name of ['kev-here', 'dsa-here']) {
      const wait = (await nextAt(name)) - START;
      expect(wait).toBeGreaterThanOrEqual(5.4 * HOUR_MS);
      expect(wait).toBeLessThanOrEqual(6.6 * HOUR_MS);
    }
    expect(await run(START + 7 * HOUR_MS)).toEqual({ feeds: 2, failed: 0 });
    expect(server.asked.map(({ path }) => path).sort()).toEqual(['/dsa', '/kev']);
  });

  it('are tried again soon after a failure, later each time, and never before the publisher wants', async () => {
    const now = START + 20 * HOUR_MS;
    server.misbehave.push(answer(500), answer(500));
    expect(await run(now)).toEqual({ feeds: 2, failed: 2 });
    expect(await nextAt('kev-here')).toBe(now + 15 * MINUTE_MS);
    server.misbehave.push(answer(500), answer(429, { 'retry-after': String(4 * 3600) }));
    expect(await run(now + 15 * MINUTE_MS)).toEqual({ feeds: 2, failed: 2 });
    const waits = [await nextAt('kev-here'), await nextAt('dsa-here')].map((at) => at - now - 15 * MINUTE_MS);
    expect(waits.sort((a, b) => a - b)).toEqual([30 * MINUTE_MS, 4 * HOUR_MS]);
    expect(lines.filter(({ message }) => message === 'feed failed')).toHaveLength(4);
    const held = await database.query<{ records: number }>('SELECT records FROM feed ORDER BY name');
    expect(held.every(({ records }) => records > 0)).toBe(true);
  });

  it('are tried in the ordinary rhythm once they succeed again', async () => {
    const now = START + 40 * HOUR_MS;
    expect(await run(now)).toEqual({ feeds: 2, failed: 0 });
    expect((await nextAt('kev-here')) - now).toBeGreaterThan(5 * HOUR_MS);
    expect(await loadFeedSources(database)).toMatchObject([
      { name: 'dsa-here', failures: 0, error: '', feeds: ['debian-dsa'], succeededAt: now },
      { name: 'kev-here', failures: 0, error: '', succeededAt: now },
    ]);
  });
});
