/** `parapet explain --server`: as JSON and as text, and the calls it refuses. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine();
const REPORT = join(cli.folder, 'report');
writeFileSync(REPORT, reportOf('web-01'));

interface Shown {
  readonly findings: readonly { readonly id: string; readonly status: string }[];
}

beforeAll(async () => {
  for (const args of [
    ['advisories', 'import', join(FIXTURES, 'advisories')],
    ['inventory', 'import', REPORT],
  ]) {
    const { code, err } = await cli.run(args);
    if (code !== 0) throw new Error(err);
  }
});

describe('parapet explain --server', () => {
  it('explains every finding of a server as open, by a package that raises it', async () => {
    const { findings } = await cli.json<Shown>(['server', 'show', 'web-01']);
    expect(findings.length).toBeGreaterThan(0);
    for (const { id } of findings) {
      expect(await cli.json(['explain', id, '--server', 'web-01'])).toMatchObject({
        about: id,
        verdict: 'open',
        packages: expect.arrayContaining([expect.objectContaining({ raises_finding: true })]),
      });
    }
  });

  it('tells people the sentence, the priority, the records and the coverage', async () => {
    const { findings } = await cli.json<Shown>(['server', 'show', 'web-01']);
    const id = findings[0]?.id ?? '';
    const { code, out } = await cli.run(['explain', id, '--server', 'web-01']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^web-01 has ${id} since `));
    expect(out).toMatch(/^ {2}published \d{4}-.*, fetched \d{4}-.*, matched \d{4}-/m);
    expect(out).toMatch(/points \(/);
    expect(out).toMatch(/revision 1\): affected by version-range/);
    expect(out).toMatch(/^Coverage: /m);
    expect(out).toMatch(/^Advisory set 1\.$/m);
  });

  it('answers also for what the server does not have', async () => {
    const { out } = await cli.run(['explain', 'CVE-2099-0001', '--server', 'web-01']);
    expect(out).toMatch(/^Nothing is known of CVE-2099-0001 on web-01: /);
  });

  it('says the verdict of the record that decides once, under its package', async () => {
    const { findings } = await cli.json<Shown>(['server', 'show', 'web-01']);
    const { out } = await cli.run(['explain', findings[0]?.id ?? '', '--server', 'web-01']);
    const [head = '', ...lines] = out.split('\n');
    const reasons = lines.filter((line) => head.endsWith(line.trim()) && line.trim() !== '');
    expect(reasons).toHaveLength(1);
  });

  it.each([
    [
      ['CVE-1999-1', '--server', 'web-01', '--inventory', REPORT],
      2,
      '--server and --inventory exclude each other',
    ],
    [['CVE-1999-1', '--project', 'default', '--inventory', REPORT], 2, '--project goes with --server'],
    [['--server', 'web-01'], 2, 'a vulnerability (or --package NAME) is missing'],
    [['CVE-1999-1', '--server', 'nobody'], 1, 'No server of this project has the id or name nobody'],
    [['CVE-1999-1', '--server', 'web-01', '--project', 'x'], 1, 'there is no project x'],
    [['CVE-1999-1', '--server', 'web-01'], 2, '"CVE-1999-1" is no id of a vulnerability: write it as'],
    [['nonsense', '--server', 'web-01', '--json'], 2, '"nonsense" is no id of a vulnerability'],
    [
      ['nonsense', '--inventory', REPORT, '--advisories', join(FIXTURES, 'advisories')],
      2,
      '"nonsense" is no id of a vulnerability',
    ],
  ])('refuses %j', async (args, code, problem) => {
    expect(await cli.run(['explain', ...args])).toMatchObject({
      code,
      out: '',
      err: expect.stringContaining(problem),
    });
  });
});
