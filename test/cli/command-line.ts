/** The command line as tests drive it: the real commands, in this process, over a database and a data folder of the test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { CommandIo } from '../../src/cli/command.ts';
import { runCommand } from '../../src/cli/main.ts';
import { readConfig } from '../../src/config.ts';
import type { Database } from '../../src/store/database.ts';
import { testDatabase } from '../database.ts';

export const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface TestCommandLine {
  readonly database: Database;
  readonly connectionString: string;
  /** A folder of this test's own; the data folder is in it. */
  readonly folder: string;
  readonly dataDir: string;
  readonly run: (
    args: readonly string[],
    given?: {
      readonly stdin?: NodeJS.ReadableStream | string;
      readonly env?: Readonly<Record<string, string>>;
    },
  ) => Promise<CommandResult>;
  /** Runs with `--json`, expects success and returns the result; `Result` is the test's word for its form. */
  readonly json: <Result>(args: readonly string[], given?: { readonly stdin?: string }) => Promise<Result>;
}

/** To be called while a test file is loaded, as `testDatabase` is. */
export async function testCommandLine(env: Readonly<Record<string, string>> = {}): Promise<TestCommandLine> {
  const { database, connectionString } = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'parapet-test-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'data');
  const settings = {
    DATABASE_URL: connectionString,
    PARAPET_DATA_DIR: dataDir,
    PARAPET_ADMIN_PASSWORD: 'correct horse battery',
    ...env,
  };
  const run: TestCommandLine['run'] = async (args, given = {}) => {
    const { io, result } = capturedIo({ ...settings, ...given.env }, folder, given.stdin ?? '');
    const code = await runCommand(args, io);
    return { code, ...result() };
  };
  return {
    database,
    connectionString,
    folder,
    dataDir,
    run,
    json: async <Result>(args: readonly string[], given: { readonly stdin?: string } = {}) => {
      const { code, out, err } = await run([...args, '--json'], given);
      if (code !== 0) throw new Error(`parapet ${args.join(' ')} ended with ${code}: ${err}${out}`);
      return JSON.parse(out) as Result;
    },
  };
}

function capturedIo(
  env: Readonly<Record<string, string>>,
  cwd: string,
  stdin: NodeJS.ReadableStream | string,
): { readonly io: CommandIo; readonly result: () => { readonly out: string; readonly err: string } } {
  let out = '';
  let err = '';
  const io: CommandIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    useColour: false,
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]) : stdin,
    config: () => readConfig({ env, cwd }),
    signal: new AbortController().signal,
  };
  return { io, result: () => ({ out, err }) };
}

/**
 * A report of Parapet's agent as a file would hold it: a Debian 11 with an X server and a Tomcat that records in
 * `test/fixtures/advisories` speak of (DSA-5380-1; CVE-2025-24813, known to be exploited).
 */
export function reportOf(name: string): string {
  const lines = [
    'parapet-report 1',
    'collected-at 1764000000',
    'digest -',
    '[server]',
    `name ${name}`,
    '[os-release]',
    'ID=debian',
    'VERSION_ID="11"',
    'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"',
    '[packages dpkg]',
    'xserver-xorg-core\t2:1.20.11-1+deb11u1\tamd64\txorg-server\t2:1.20.11-1+deb11u1\tinstall ok installed',
    '[applications]',
    'Bitnami\ttomcat\t9.0.1\t/opt/bitnami/tomcat',
    '[end]',
  ];
  return `${lines.join('\n')}\n`;
}
