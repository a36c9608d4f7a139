/** What is published: built, laid below a `node_modules` as npm would, where Node.js strips no types, and run. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../build/source-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-build-'));
const installed = join(folder, 'node_modules', 'parapet');

beforeAll(() => {
  linkDependencies();
  const { files }: { readonly files: readonly string[] } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  for (const file of ['package.json', ...files]) {
    if (file === 'dist' || !existsSync(join(ROOT, file))) continue;
    cpSync(join(ROOT, file), join(installed, file), { recursive: true });
  }
  const built = runNode([join(ROOT, 'build', 'build.ts'), join(installed, 'dist')]);
  if (built.status !== 0) throw new Error(built.stderr + built.stdout);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the published package', () => {
  it('runs its command', () => {
    const help = runNode([join(installed, 'bin', 'parapet.js'), '--help']);
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: parapet');
  });

  it('loads every one of its modules', () => {
    const modules = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => pathToFileURL(join(installed, 'dist', file)).href);
    const loaded = runNode([
      '--input-type=module',
      '--eval',
      `for (const module of ${JSON.stringify(modules)}) await import(module);`,
    ]);
    expect({ status: loaded.status, stderr: loaded.stderr }).toEqual({ status: 0, stderr: '' });
    expect(modules.length).toBeGreaterThan(100);
  });

  it('finds its migrations', () => {
    const { href } = pathToFileURL(join(installed, 'dist', 'store', 'migrate.js'));
    const found = runNode([
      '--input-type=module',
      '--eval',
      `const { readMigrations } = await import(${JSON.stringify(href)});
       console.log((await readMigrations()).map(({ name }) => name).join());`,
    ]);
    const migrations = readdirSync(join(ROOT, 'migrations')).filter((name) => /^\d/.test(name));
    expect(found.stdout.trim()).toBe(migrations.sort().join());
  });

  it('carries what is not TypeScript and the code reads, and no test', () => {
    const others = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(?!ts$)[a-z]+$/.test(file),
    );
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter((file) => !existsSync(join(installed, 'src', file)))).toEqual([]);
    const built = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(built.filter((file) => file.includes('.test.'))).toEqual([]);
  });
});

function linkDependencies(): void {
  mkdirSync(installed, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'parapet') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
}

function runNode(args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}
