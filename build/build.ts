/**
 * `npm run build`: makes `dist/`, what the published package runs. Node.js strips types in a clone but not below
 * `node_modules`, so the package carries JavaScript. `dist/` mirrors `src/` file by file, without the tests: whatever
 * the code finds relative to itself (`../../migrations`, the agent's script in `src/agent`) it finds from both, because
 * both lie at the same depth of the package. `node build/build.ts FOLDER` builds there instead.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const COMPILER_TIMEOUT_MS = 120_000;

/** A module reached by a path that the compiler did not rewrite would only be missed when it is loaded. */
const SOURCE_PATH_LITERAL = /(['"`])\.{1,2}\/[^'"`\n]*\.ts\1/;

function build(): void {
  rmSync(BUILT, { recursive: true, force: true });
  compile();
  const modules = filesBelow(BUILT).filter((file) => file.endsWith('.js'));
  for (const file of modules) {
    const found = SOURCE_PATH_LITERAL.exec(readFileSync(join(BUILT, file), 'utf8'));
    if (found !== null)
      throw new Error(`${file} names ${found[0]}, which is not built; write it as an import`);
  }
  const bytes = filesBelow(BUILT).reduce((sum, file) => sum + statSync(join(BUILT, file)).size, 0);
  console.log(`${BUILT}: ${modules.length} modules, ${Math.round(bytes / 1024).toLocaleString('en')} KiB`);
}

function compile(): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const { status, error } = spawnSync(
    process.execPath,
    [join(typescript, 'bin', 'tsc'), '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', BUILT],
    { cwd: ROOT, stdio: 'inherit', timeout: COMPILER_TIMEOUT_MS },
  );
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('the compiler found errors; what was built is incomplete');
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
}

build();
