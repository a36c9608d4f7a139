/** What every command has in common: help, one line in the overview, exit codes, and words for a wrong call. */
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-list.ts';
import { alignedTable, widthOf } from '../../src/cli/table.ts';
import { jsonResult } from '../../src/json-result.ts';
import { testCommandLine } from './command-line.ts';

const LINE_LENGTH_MAX_CHARS = 130;
const cli = await testCommandLine();
const names = COMMANDS.map((entry) => entry.name);

describe('every command', () => {
  it.each(names)('%s has help with its usage, --json and the line of the overview', async (name) => {
    const entry = COMMANDS.find((one) => one.name === name);
    const command = await entry?.load();
    expect(command).toMatchObject({ name, summary: entry?.summary });
    const { code, out, err } = await cli.run([...name.split(' '), '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(command?.help);
    const [noun] = name.split(' ');
    expect(out).toMatch(new RegExp(`^Usage: parapet ${noun}\\b`));
    expect(out).toContain('--json');
    expect(out.endsWith('\n')).toBe(true);
    const long = out.split('\n').filter((line) => line.length > LINE_LENGTH_MAX_CHARS);
    // A list of formats is as long as it is.
    expect(long.filter((line) => !line.startsWith('Formats, '))).toEqual([]);
  });

  it.each(names)('%s refuses an unknown option with exit code 2 and says where help is', async (name) => {
    const { code, out, err } = await cli.run([...name.split(' '), '--no-such-option']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("Unknown option '--no-such-option'");
    expect(err).toContain(`See: parapet ${name} --help`);
  });
});

describe('parapet', () => {
  it('lists its commands when asked, and those of a family', async () => {
    const all = await cli.run([]);
    expect(all.code).toBe(0);
    for (const name of names) expect(all.out).toContain(`  ${name} `);
    expect(await cli.run(['help'])).toEqual(all);
    const family = await cli.run(['user']);
    expect(family.code).toBe(2);
    expect(family.err).toContain('user set-password');
    expect(family.err).not.toContain('group list');
  });

  it('says which version it is', async () => {
    for (const word of ['--version', '-V']) {
      expect(await cli.run([word])).toEqual({
        code: 0,
        out: expect.stringMatching(/^parapet \d+\.\d+\.\d+\n$/),
        err: '',
      });
    }
  });

  it('says that there is no such command', async () => {
    const { code, err } = await cli.run(['serv']);
    expect(code).toBe(2);
    expect(err).toContain('there is no command "serv"');
  });
});

describe('a result as JSON', () => {
  it('has names in snake_case and moments in ISO 8601, whatever it was made of', () => {
    const value = {
      scanTime: 0,
      firstSeenAt: 1_000,
      dueAt: null,
      lists: [{ groupName: 'aB', date: 0 }],
      count: 5,
    };
    expect(jsonResult(value)).toEqual({
      scan_time: '1970-01-01T00:00:00.000Z',
      first_seen_at: '1970-01-01T00:00:01.000Z',
      due_at: null,
      lists: [{ group_name: 'aB', date: '1970-01-01T00:00:00.000Z' }],
      count: 5,
    });
  });
});

describe('a table', () => {
  it('is aligned by the width of letters, and shows nothing that moves the cursor', () => {
    const lines = alignedTable(
      ['name', 'n'],
      [
        ['サーバー', '1'],
        ['e\u0301te\u0301', '2'],
        ['a\u001b[2J\u202eb', '3'],
      ],
    );
    expect(lines).toEqual(['name      n', 'サーバー  1', 'e\u0301te\u0301       2', 'a?[2J?b   3']);
  });

  it('cuts a long cell at the column, not in the middle of a letter', () => {
    const [, line = ''] = alignedTable(['x'], [['漢'.repeat(100)]]);
    expect(line.endsWith('漢…')).toBe(true);
    expect(widthOf(line)).toBe(59);
  });
});
