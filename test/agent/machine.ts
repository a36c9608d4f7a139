/**
 * A Linux machine as the agent sees it: a folder as its root, a folder with the only programs it has, and the agent's
 * script under a given shell. Package managers are stubs that print what real ones printed; everything else is the real
 * program, or busybox's where the machine is one of busybox.
 */
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const REPOSITORY = resolve(import.meta.dirname, '../..');
export const AGENT_SCRIPT = join(REPOSITORY, 'src/agent/parapet-agent.sh');
const FIXTURES = join(REPOSITORY, 'test/fixtures');

const PROGRAMS =
  'awk base64 cat chmod cp cut date env find grep gzip head id kill ln ls mkdir mv od readlink rm rmdir sed sha256sum sleep sort sync tail timeout tr true wc'.split(
    ' ',
  );

export type Shell = 'sh' | 'dash' | 'bash' | 'busybox';
export type PackageManager = 'dpkg' | 'rpm' | 'apk' | 'none';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MachineOptions {
  readonly shell?: Shell;
  /** Which of the two it has; by default curl, where this machine has that. */
  readonly client?: 'curl' | 'wget';
  readonly manager?: PackageManager;
  readonly name?: string;
  readonly machineId?: string;
}

/** The path of a program of this machine, or undefined. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/** Which of curl and wget this machine has. */
export function clientsHere(): readonly ('curl' | 'wget')[] {
  return (['curl', 'wget'] as const).filter((client) => programPath(client) !== undefined);
}

/** The shells of this machine under which the agent can be tried. */
export function shellsHere(): readonly Shell[] {
  return (['dash', 'bash', 'busybox'] as const).filter((shell) => programPath(shell) !== undefined);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'parapet-machine-'));
  readonly root = join(this.folder, 'root');
  readonly bin = join(this.folder, 'bin');
  /** Enrolment and spool. */
  readonly state = join(this.folder, 'state');
  readonly program = join(this.folder, 'sbin/parapet-agent');
  readonly #shell: string;
  readonly #shellArguments: readonly string[];

  constructor(options: MachineOptions = {}) {
    folders.push(this.folder);
    const shell = options.shell ?? 'sh';
    this.#shell = needed(shell);
    this.#shellArguments = shell === 'busybox' ? ['sh'] : [];
    mkdirSync(this.bin, { recursive: true });
    for (const name of [...PROGRAMS, 'sh']) {
      const target = shell === 'busybox' || (name === 'sh' && shell !== 'sh') ? this.#shell : needed(name);
      symlinkSync(target, join(this.bin, name));
    }
    const client = options.client ?? clientsHere()[0] ?? 'curl';
    symlinkSync(needed(client), join(this.bin, client));
    this.stub(
      'uname',
      `case $1 in -n) echo ${options.name ?? 'web-01'} ;; -r) echo 4.19.0-21-amd64 ;;
      *) echo '#1 SMP Debian 4.19.249-2 (2022-06-30)' ;; esac`,
    );
    this.stub('ip', 'echo "2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0"');
    this.write('etc/machine-id', `${options.machineId ?? '0f3c4bcb2d1e4b6f9a0c1d2e3f405162'}\n`);
    this.write('tmp/.keep', '');
    this.#addPackages(options.manager ?? 'dpkg');
  }

  /** Gives it a program that is this shell text. */
  stub(name: string, text: string): void {
    rmSync(join(this.bin, name), { force: true });
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  /** Writes a file of the machine's file system. */
  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** What the agent keeps under its folder. */
  kept(path: string): string | undefined {
    const file = join(this.state, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** Replaces what the package manager lists. */
  setPackages(manager: 'dpkg' | 'rpm', lines: string): void {
    writeFileSync(join(this.folder, `${manager}.tsv`), lines);
  }

  /** Another machine with the same disk, but its own machine id and name. */
  clone(options: { readonly machineId: string; readonly name: string }): Machine {
    const clone = new Machine(options);
    cpSync(this.state, clone.state, { recursive: true });
    return clone;
  }

  get environment(): Record<string, string> {
    return {
      PATH: this.bin,
      PARAPET_AGENT_DIR: this.state,
      PARAPET_AGENT_ROOT: this.root,
      PARAPET_AGENT_BIN: this.program,
    };
  }

  agent(...args: readonly string[]): Promise<Finished> {
    return this.#run([AGENT_SCRIPT, ...args], '');
  }

  /** Runs a script from stdin, as `curl … | sh -s -- …` does. */
  runScript(script: string, ...args: readonly string[]): Promise<Finished> {
    return this.#run(['-s', '--', ...args], script);
  }

  #run(args: readonly string[], input: string): Promise<Finished> {
    return new Promise((done, failed) => {
      const child = spawn(this.#shell, [...this.#shellArguments, ...args], { env: this.environment });
      const output = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].setEncoding('utf8');
        child[stream].on('data', (text: string) => {
          output[stream] += text;
        });
      }
      child.on('error', failed);
      child.on('close', (code) => done({ code, ...output }));
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
  }

  #addPackages(manager: PackageManager): void {
    switch (manager) {
      case 'dpkg':
        this.write(
          'etc/os-release',
          'PRETTY_NAME="Debian GNU/Linux 10 (buster)"\nVERSION_ID="10"\nID=debian\n',
        );
        this.write('var/lib/dpkg/status', '');
        cpSync(join(FIXTURES, 'agent/dpkg-debian-10.tsv'), join(this.folder, 'dpkg.tsv'));
        this.stub('dpkg-query', `cat ${join(this.folder, 'dpkg.tsv')}`);
        return;
      case 'rpm':
        this.write(
          'etc/os-release',
          'NAME="AlmaLinux"\nVERSION_ID="8.9"\nID="almalinux"\nPRETTY_NAME="AlmaLinux 8.9 (Midnight Oncilla)"\n',
        );
        this.write('var/lib/rpm/Packages', '');
        cpSync(join(FIXTURES, 'agent/rpm-almalinux-8.tsv'), join(this.folder, 'rpm.tsv'));
        this.stub(
          'rpm',
          `case $* in --querytags) echo MODULARITYLABEL ;; *) cat ${join(this.folder, 'rpm.tsv')} ;; esac`,
        );
        return;
      case 'apk':
        this.write('etc/os-release', 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.0\n');
        this.write('lib/apk/db/installed', readFileSync(join(FIXTURES, 'inventories/apk-installed'), 'utf8'));
        return;
      case 'none':
        this.write('etc/os-release', 'ID=arch\nNAME="Arch Linux"\n');
    }
  }
}

function needed(name: string): string {
  const path = programPath(name);
  if (path === undefined) throw new Error(`this test needs the program ${name}`);
  return path;
}
