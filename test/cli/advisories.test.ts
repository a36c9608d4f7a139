/** `parapet advisories import` and `status`, on real records. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPILED_FILE_NAME } from '../../src/advisories/compiled-format.ts';
import { setFeedsMeasuredAt } from '../../src/store/advisories/feeds-measured-at.ts';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine();
const ADVISORIES = join(FIXTURES, 'advisories');

interface Summary {
  readonly revision: number;
  readonly used: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly skipped: number;
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

describe('parapet advisories import', () => {
  it('fails where nothing was usable, names why, and changes nothing', async () => {
    const file = join(cli.folder, 'holiday.txt');
    writeFileSync(file, 'dear diary\n');
    const { code, out, err } = await cli.run(['advisories', 'import', file, join(cli.folder, 'nowhere')]);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('nowhere');
    expect(await cli.database.query('SELECT revision FROM advisory_set')).toEqual([{ revision: 0 }]);
  });

  it('imports files and folders and counts what they brought', async () => {
    const { code, out } = await cli.run(['advisories', 'import', ADVISORIES]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ records read: \d+ added, 0 changed, 0 removed, \d+ skipped\.\n/);
    expect(out).toContain('Advisory set 1 is in force.');
  });

  it('writes the compiled file that scan reads without a database', async () => {
    expect(existsSync(join(cli.dataDir, COMPILED_FILE_NAME))).toBe(true);
    const inventory = join(cli.folder, 'report');
    writeFileSync(inventory, reportOf('web-01'));
    const result = await cli.json<{ coverage: { status: string }; findings: readonly unknown[] }>([
      'scan',
      '--inventory',
      inventory,
    ]);
    expect(result.coverage.status).not.toBe('unknown');
    expect(result.findings.length).toBeGreaterThan(0);
  });

  it('changes nothing when the same is imported again', async () => {
    const summary = await cli.json<Summary>(['advisories', 'import', ADVISORIES]);
    expect(summary).toMatchObject({ revision: 1, added: 0, changed: 0, removed: 0 });
    expect(summary.used).toBeGreaterThan(0);
  });

  it('names broken records with file and line on standard error, twenty at first and all when asked', async () => {
    const good = { id: 'GHSA-aaaa-bbbb-cccc', modified: '2026-01-01T00:00:00Z', aliases: ['CVE-2026-11111'] };
    const affected = [
      {
        package: { ecosystem: 'npm', name: 'left-pad' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.1' }] }],
      },
    ];
    const file = join(cli.folder, 'mixed.jsonl');
    const broken = Array.from({ length: 30 }, (_, index) => `{"id":"BROKEN-${index}","modified":"yesterday"`);
    writeFileSync(file, `${JSON.stringify({ ...good, affected })}\n${broken.join('\n')}\n`);
    const few = await cli.run(['advisories', 'import', file]);
    expect(few.code).toBe(0);
    expect(few.out).toContain('1 record read: 1 added, 0 changed, 0 removed, 30 skipped.');
    expect(few.err.match(/^skipped: .*mixed\.jsonl.*\b\d+.*$/gm)).toHaveLength(20);
    expect(few.err).toContain('skipped: 10 more (--problems names them)');
    const all = await cli.run(['advisories', 'import', file, '--problems', '--no-wait']);
    expect(all.err.match(/^skipped: .*mixed\.jsonl/gm)).toHaveLength(30);
    expect(all.out).toContain('Servers follow in the running service.');
  });

  it('fails where the compiled file cannot be written, and says that the import is in force', async () => {
    const file = join(cli.folder, 'a-file');
    writeFileSync(file, '');
    const env = { PARAPET_DATA_DIR: join(file, 'data') };
    const { code, err } = await cli.run(['advisories', 'import', ADVISORIES], { env });
    expect(code).toBe(1);
    expect(err).toContain(COMPILED_FILE_NAME);
    expect(err).not.toContain('unexpected failure');
  });

  it('asks for a path', async () => {
    const { code, err } = await cli.run(['advisories', 'import']);
    expect(code).toBe(2);
    expect(err).toContain('a file or folder with advisories is missing');
  });
});

describe('parapet advisories status', () => {
  it('shows feeds with dates and ages, and what the servers that report are covered by', async () => {
    const inventory = join(FIXTURES, 'inventories/dpkg-status');
    await cli.run(['inventory', 'import', inventory, '--system', 'debian:10', '--name', 'web-01']);
    await cli.run(['inventory', 'import', inventory, '--system', 'debian:99', '--name', 'web-02']);
    const { code, out } = await cli.run(['advisories', 'status']);
    expect(code).toBe(0);
    expect(out).toMatch(/^feed +records +dated +age +imported +state$/m);
    expect(out).toMatch(/^osv +\d+ +\d{4}-\d\d-\d\d .* ago/m);
    expect(out).toMatch(/^debian:99 +1 +0 +unknown$/m);
    expect(out).toContain('No feed that was imported has advisories for debian:99.');
  });

  it('measures ages and states from the day of a snapshot until something else is imported, and says so', async () => {
    const [row] = await cli.database.query<{ at: number }>(
      `SELECT max(newest_at) AS at FROM feed_coverage WHERE feed = 'osv'`,
    );
    const newest = row?.at ?? 0;
    await setFeedsMeasuredAt(cli.database, newest + 3 * 24 * 60 * 60 * 1000);
    const { out } = await cli.run(['advisories', 'status']);
    expect(out).toMatch(/^osv .* 3 days ago .* current$/m);
    expect(out).toContain('The age of feeds is measured from 20');
    const status = await cli.json<{
      measured_at: string;
      feeds: readonly { name: string; status: string }[];
    }>(['advisories', 'status']);
    expect(Date.parse(status.measured_at)).toBe(newest + 3 * 24 * 60 * 60 * 1000);
    expect((await cli.run(['doctor'])).out).toContain('age of feeds: The age of feeds is measured from 20');
    await cli.run(['advisories', 'import', join(FIXTURES, 'advisories/known-exploited.json')]);
    const later = await cli.run(['advisories', 'status']);
    expect(later.out).toMatch(/^osv .* stale$/m);
    expect(later.out).not.toContain('The age of feeds is measured from');
  });

  it('has ISO dates and names in snake_case in JSON', async () => {
    const status = await cli.json<{
      feeds: readonly { name: string; imported_at: string }[];
      systems: readonly { system: string; status: string; servers: number }[];
      matching_in_progress: boolean;
    }>(['advisories', 'status']);
    expect(status.feeds.map((feed) => feed.name)).toContain('debian-dla');
    expect(status.feeds[0]?.imported_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(status.systems).toMatchObject([
      { system: 'debian:10', servers: 1 },
      { system: 'debian:99', servers: 1, status: 'unknown' },
    ]);
  });
});
