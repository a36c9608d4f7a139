/**
 * The rules of the house that a machine can check, so that a person need not: who imports whom, how long things are, what
 * switches the compiler off, what must be written down, and that what is made from the sources is up to date.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsPage } from '../build/generated/commands-page.ts';
import { configPage } from '../build/generated/config-page.ts';
import { errorPage } from '../build/generated/error-page.ts';
import { metricsPage } from '../build/generated/metrics-page.ts';
import { openApiText } from '../build/generated/openapi.ts';
import { schemaText } from '../build/generated/schema.ts';
import { type ParsedFile, ROOT, readSourceTree } from '../build/source-tree.ts';
import { CONFIG_FIELDS } from '../src/config.ts';
import { ERROR_CODES } from '../src/errors.ts';
import { testDatabase } from './database.ts';
import {
  defaultExports,
  escapesFromTypes,
  longFiles,
  longFunctions,
  looseEnds,
  poorNames,
  undescribedFiles,
  usesOf,
} from './tidy/code-rules.ts';
import { grantedPackages, importViolations, staleExceptions } from './tidy/import-rules.ts';

const files = readSourceTree().filter(({ path }) => /^(?:src|test|bench|build|quality)\//.test(path));
const sources = files.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'));

function broken(rule: (file: ParsedFile) => readonly string[], among = files): readonly string[] {
  return among.flatMap(rule);
}

describe('imports', () => {
  it('go only where the table of the house allows', () => {
    expect(importViolations(sources)).toEqual([]);
  });

  it('have no exception for a file that is gone', () => {
    expect(staleExceptions(sources)).toEqual([]);
  });

  it('use every runtime dependency, each in the parts that are built on it', () => {
    expect(runtimeDependencies().filter((name) => !grantedPackages().has(name))).toEqual([]);
  });
});

describe('source files', () => {
  it('are read: the rules below see the whole tree', () => {
    expect(sources.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['src/errors.ts', 'src/api/hss/list-vul-host-hosts.ts']),
    );
  });

  it('can be read in one sitting', () => {
    expect(broken(longFiles)).toEqual([]);
  });

  it('have functions that fit on a screen', () => {
    expect(
      broken(
        longFunctions,
        files.filter(({ path }) => !path.endsWith('.test.ts')),
      ),
    ).toEqual([]);
  });

  it('do not switch the compiler off', () => {
    expect(broken(escapesFromTypes)).toEqual([]);
  });

  it('export by name', () => {
    expect(broken(defaultExports)).toEqual([]);
  });

  it('have names that say what is inside', () => {
    expect(files.flatMap(poorNames)).toEqual([]);
  });

  it('say what they are', () => {
    expect(broken(undescribedFiles, sources)).toEqual([]);
  });

  it('hold no loose ends', () => {
    expect(broken(looseEnds)).toEqual([]);
  });

  it('print only from the command line', () => {
    const others = sources.filter(({ path }) => !path.startsWith('src/cli/'));
    expect(broken(usesOf('console'), others)).toEqual([]);
  });

  it('know the environment only in the configuration', () => {
    const others = sources.filter(({ path }) => path !== 'src/config.ts');
    expect(broken(usesOf('process', 'env'), others)).toEqual([]);
  });
});

describe('the documents', () => {
  it('describe every setting', () => {
    const page = read('docs/config.md');
    const variables = Object.values(CONFIG_FIELDS).map(({ variable }) => variable);
    expect(variables.filter((variable) => !page.includes(`\`${variable}\``))).toEqual([]);
    expect(page, 'out of date: npm run docs').toBe(configPage());
  });

  it('list every error, and every error is thrown somewhere', () => {
    const catalogue = sources.find(({ path }) => path === 'src/errors.ts');
    if (catalogue === undefined) throw new Error('src/errors.ts was not read');
    const text = sources
      .filter((file) => file !== catalogue && file.path !== 'src/api/hss/errors.ts')
      .map((file) => file.text)
      .join('\n');
    expect(ERROR_CODES.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
    expect(read('docs/errors.md'), 'out of date: npm run docs').toBe(errorPage(catalogue));
  });

  it('hold the help of every command', async () => {
    expect(read('docs/commands.md'), 'out of date: npm run docs').toBe(await commandsPage());
  });

  it('describe every figure of /metrics', () => {
    // Which figures of the process there are depends on the system; the page has those of Linux.
    const compared = (page: string) =>
      process.platform === 'linux' ? page : page.split('## Of the process')[0];
    expect(compared(read('docs/metrics.md')), 'out of date: npm run docs').toBe(compared(metricsPage()));
  });

  it('hold the OpenAPI document of what is served', async () => {
    expect(read('docs/openapi.json'), 'out of date: npm run openapi').toBe(await openApiText());
  });

  it('count the runtime dependencies in the README, each with its reason', () => {
    const readme = read('README.md');
    const names = runtimeDependencies();
    const rows = new Map(
      [...readme.matchAll(/^\| `([^`]+)` \|(.+)\|$/gm)].map(([, name, cells]) => [name, cells ?? '']),
    );
    expect(names.filter((name) => (rows.get(name) ?? '').trim().length < 20)).toEqual([]);
    expect(readme).toContain(`${names.length} runtime dependencies`);
  });

  it('link to files that are there', () => {
    expect(handWritten().flatMap(brokenLinks)).toEqual([]);
  });

  it('number the decisions without a gap, each with its five parts', () => {
    const names = readdirSync(join(ROOT, 'docs/decisions')).sort();
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
    const parts = ['Status', 'Context', 'Decision', 'Consequences', 'Alternatives'];
    const incomplete = names.filter((name) => {
      const page = read(`docs/decisions/${name}`);
      return parts.some((part) => !new RegExp(`^(?:## ${part}|${part}: )`, 'm').test(page));
    });
    expect(incomplete).toEqual([]);
  });

  it('speak of the product alone: no package registry by its host, no word on how it was written', () => {
    const foreign =
      /\bregistry\.[a-z0-9-]+\.(?:com|io|net|org)\b|\b(?:npmjs|pypi|rubygems)\.(?:com|io|org)\b|co-authored-by|language model/i;
    const found = ownTexts().filter((path) => path !== 'test/tidy.test.ts' && foreign.test(read(path)));
    expect(found).toEqual([]);
  });
});

describe('the schema', async () => {
  const { database } = await testDatabase();

  it('is what the migrations make of an empty database', async () => {
    expect(read('migrations/schema.sql'), 'out of date: npm run schema').toBe(await schemaText(database));
  });
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function runtimeDependencies(): readonly string[] {
  const description: { dependencies?: object } = JSON.parse(read('package.json'));
  return Object.keys(description.dependencies ?? {});
}

/** Everything that was written here: data in test/fixtures and snapshot is other people's. */
function ownTexts(): readonly string[] {
  const folders = ['src', 'test', 'bench', 'build', 'quality', 'bin', 'docs', 'migrations', '.ci'];
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  const atRoot = readdirSync(ROOT).filter((name) => /\.(?:md|json|ts)$/.test(name));
  return [...inFolders, ...atRoot].filter(
    (path) => !path.startsWith('test/fixtures/') && statSync(join(ROOT, path)).isFile(),
  );
}

function handWritten(): readonly string[] {
  return ownTexts().filter((path) => path.endsWith('.md'));
}

/** Links of a page to files of the repository that are not there. */
function brokenLinks(path: string): readonly string[] {
  return [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    const target = link.replace(/#.*$/, '');
    if (target === '' || /^[a-z]+:/.test(target)) return [];
    return existsSync(join(ROOT, path, '..', target)) ? [] : [`${path}: ${link}`];
  });
}
