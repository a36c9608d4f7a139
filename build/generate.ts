/**
 * Writes what is made from the sources and committed beside them, so that a review sees the change; `test/tidy.test.ts`
 * fails where one is out of date. `node build/generate.ts openapi` (`npm run openapi`), `schema` (`npm run schema`: on a
 * PostgreSQL of its own) or `docs` (`npm run docs`).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, readProcessConfig } from '../src/config.ts';
import { openStore } from '../src/store/open-store.ts';
import { commandsPage } from './generated/commands-page.ts';
import { configPage } from './generated/config-page.ts';
import { errorPage } from './generated/error-page.ts';
import { metricsPage } from './generated/metrics-page.ts';
import { openApiText } from './generated/openapi.ts';
import { schemaText } from './generated/schema.ts';
import { ROOT, readSourceTree } from './source-tree.ts';

async function generate(what: string | undefined): Promise<void> {
  switch (what) {
    case 'openapi':
      return write('docs/openapi.json', await openApiText());
    case 'schema':
      return write('migrations/schema.sql', await schemaOfNewDatabase());
    case 'docs': {
      const errors = readSourceTree().find(({ path }) => path === 'src/errors.ts');
      if (errors === undefined) throw new Error('src/errors.ts was not found');
      write('docs/errors.md', errorPage(errors));
      write('docs/commands.md', await commandsPage());
      write('docs/metrics.md', metricsPage());
      return write('docs/config.md', configPage());
    }
    default:
      throw new Error('say what to generate: openapi, schema or docs');
  }
}

function write(path: string, text: string): void {
  writeFileSync(join(ROOT, path), text);
  console.log(`wrote ${path}`);
}

async function schemaOfNewDatabase(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parapet-schema-'));
  try {
    const env = { PARAPET_DATA_DIR: dataDir, PATH: readProcessConfig().searchPath.join(':') };
    const store = await openStore(readConfig({ env, cwd: dataDir }), { role: 'command' });
    try {
      return await schemaText(store.database);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await generate(process.argv[2]);
