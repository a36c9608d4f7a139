#!/usr/bin/env node
// The `parapet` command. On a Node.js older than 24 it starts itself again on the one that `npm ci` brought along;
// where there is none, require-node-24.cjs says the way out.
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const require = module.createRequire(import.meta.url);

/** The Node.js binary of the optional package for this platform, or undefined where it is not installed. */
function bundledNode() {
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

const node = Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN ? bundledNode() : undefined;
if (node !== undefined) {
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
} else {
  require('./require-node-24.cjs');
  // Compiled code is kept for the next start (of `parapet scan` that is half the time). It lies in the package's own
  // folder: what is run again must not come from a folder that others can write to, such as /tmp.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/parapet', import.meta.url)));
  // Between sources every import names its file in full, so there is nothing to search for: a tenth of the time of
  // `parapet scan`, which loads some sixty of them.
  module.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.ts')) return nextResolve(specifier, context);
      const url = new URL(specifier, context.parentURL).href;
      return { url, format: 'module-typescript', shortCircuit: true };
    },
  });
  // A clone runs its sources; the published package carries only the built files.
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const entry = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import(entry.href);
  await main(process.argv.slice(2));
}
