/** `parapet urgent`: asked, listed, shown and removed, on a real report. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine();
const REPORT = join(cli.folder, 'report');
writeFileSync(REPORT, reportOf('web-01'));
const QUESTION = ['--package', 'tomcat', '--range', '>=9 <9.0.99'];

interface Asked {
  readonly id: string;
  readonly answer: { readonly servers_total: number };
}

async function findings(): Promise<readonly string[]> {
  const shown = await cli.json<{ findings: readonly { id: string }[] }>(['server', 'show', 'web-01']);
  return shown.findings.map(({ id }) => id);
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

describe('parapet urgent', () => {
  it('ask answers, keeps the question and gives the servers their finding', async () => {
    const asked = await cli.json<Asked>(['urgent', 'ask', ...QUESTION]);
    expect(asked.answer.servers_total).toBe(1);
    expect(await findings()).toContain(asked.id);
    const { out } = await cli.run(['urgent', 'ask', ...QUESTION, '--reason', 'again']);
    expect(out).toContain('1 server holds 1 affected package, of 1 asked.');
    expect(out).toMatch(/web-01 .*tomcat 9\.0\.1 \(Bitnami\) .*9\.0\.99 .*\/opt\/bitnami\/tomcat/);
    expect(out).toContain('Not covered by this answer:');
    expect(out).toContain('asked by command line: again');
    const listed = await cli.run(['urgent', 'list']);
    expect(listed.out).toMatch(new RegExp(`${asked.id} +open +1 +command line`));
    expect(await cli.json(['urgent', 'show', asked.id, '--limit', '0'])).toMatchObject({
      id: asked.id,
      answer: { servers_total: 1, servers: [] },
    });
    expect(await cli.run(['urgent', 'remove', asked.id, '--reason', 'patched'])).toMatchObject({ code: 0 });
    expect(await findings()).not.toContain(asked.id);
    expect((await cli.run(['urgent', 'list'])).out).toBe('Nothing is urgent.\n');
    expect((await cli.run(['urgent', 'show', asked.id])).out).toContain('removed by command line: patched');
  });

  it('add puts CVEs on the list, all or none', async () => {
    const refused = await cli.run(['urgent', 'add', 'CVE-2025-24813', 'not-a-cve']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('cve: must be a CVE') });
    expect((await cli.run(['urgent', 'list', '--all'])).out).not.toContain('CVE-2025-24813');
    expect(await cli.json(['urgent', 'add', 'CVE-2025-24813', 'CVE-2099-0001'])).toEqual({
      ids: ['URGENT-CVE-2025-24813', 'URGENT-CVE-2099-0001'],
    });
    expect(await cli.run(['urgent', 'add', 'CVE-2099-0001', '--no-wait'])).toMatchObject({
      out: expect.stringContaining('Servers follow in the running service.'),
    });
  });

  it('show of a CVE that the catalogue names says so, and that its findings are older than the question', async () => {
    expect(await cli.run(['urgent', 'ask', '--cve', 'CVE-2025-24813'])).toMatchObject({ code: 0 });
    const { out } = await cli.run(['urgent', 'show', 'URGENT-CVE-2025-24813']);
    expect(out).toContain('URGENT-CVE-2025-24813: open; open on 1 server, all since before it was asked');
    expect(out).toMatch(/In the catalogue of known-exploited vulnerabilities since .*Apache Tomcat/);
    expect(out).not.toContain('nothing matched yet');
    expect((await cli.run(['urgent', 'show', 'URGENT-CVE-2099-0001'])).out).toContain('nothing matched yet');
  });

  it.each([
    [['ask'], 1, 'ask for one of a CVE, a KB and a package'],
    [['ask', '--package', 'x', '--range', '>>1'], 1, 'range: '],
    [['ask', '--cve', 'CVE-2020-1', '--kb', 'KB1'], 1, 'question: ask for one of'],
    [['ask', ...QUESTION, '--limit', '5000'], 2, '--limit: must be a whole number from 0 to 1000'],
    [['add'], 2, 'a CVE is missing'],
    [['list', '--limit', '3'], 2, "Unknown option '--limit'"],
    [['remove', 'URGENT-nothing'], 1, 'no open urgent item URGENT-nothing'],
    [['show', 'URGENT-nothing'], 1, 'no open urgent item URGENT-nothing'],
  ])('refuses %j', async (args, code, problem) => {
    expect(await cli.run(['urgent', ...args])).toMatchObject({
      code,
      out: '',
      err: expect.stringContaining(problem),
    });
  });
});
