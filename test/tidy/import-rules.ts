/**
 * Which part of the program may import which: the house as data. A part is a folder of `src/` (or one of the folders of
 * `src/api/`), or a file directly in `src/`. What a row grants may be imported whole; `types` only with `import type`.
 */
import { posix } from 'node:path';
import {
  type CallExpression,
  type ImportDeclaration,
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isNamedImports,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { nodesBelow, type ParsedFile, placeOf } from '../../build/source-tree.ts';

interface ImportRule {
  readonly part: string;
  readonly may: readonly string[];
  readonly types?: readonly string[];
  /** Runtime packages that this part, and no other that does not list them, is built on. */
  readonly packages?: readonly string[];
}

const AREAS = [
  'versions',
  'archive',
  'fetching',
  'advisories',
  'inventory',
  'matching',
  'findings',
  'identity',
  'server-view',
];
const JOINED = [...AREAS, 'store', 'jobs', 'api', 'config.ts', 'log.ts'];

/** Everything may import `errors.ts`. Areas know neither store nor jobs nor api: that is what makes them testable alone. */
export const IMPORT_RULES: readonly ImportRule[] = [
  { part: 'errors.ts', may: [] },
  { part: 'nearest-name.ts', may: [] },
  { part: 'counted.ts', may: [] },
  { part: 'in-slices.ts', may: [] },
  { part: 'config-values.ts', may: [] },
  { part: 'config-feeds.ts', may: ['config-values.ts'] },
  { part: 'config.ts', may: ['config-feeds.ts', 'config-values.ts', 'nearest-name.ts'] },
  { part: 'json-result.ts', may: [] },
  { part: 'log.ts', may: ['config.ts'] },
  { part: 'versions', may: [] },
  { part: 'windows', may: [] },
  { part: 'archive', may: [], packages: ['saxes', 'tar-stream', 'yauzl'] },
  { part: 'fetching', may: ['archive', 'nearest-name.ts'] },
  { part: 'advisories', may: ['versions', 'archive', 'windows'], packages: ['ae-cvss-calculator', 'yaml'] },
  {
    part: 'inventory',
    may: ['versions', 'archive', 'windows', 'counted.ts', 'in-slices.ts'],
    packages: ['saxes'],
  },
  {
    part: 'matching',
    may: ['advisories', 'inventory', 'versions', 'windows', 'counted.ts'],
    types: ['findings'],
  },
  {
    part: 'second-opinion',
    may: ['advisories', 'archive', 'inventory', 'matching', 'versions'],
    packages: ['saxes'],
  },
  { part: 'findings', may: [] },
  { part: 'identity', may: [] },
  { part: 'server-view', may: ['findings', 'in-slices.ts'] },
  // The store writes the areas' values down and reads them back, so it knows their forms; it decides nothing.
  {
    part: 'store',
    may: ['advisories', 'inventory', 'matching', 'findings', 'identity', 'server-view'],
    types: ['config.ts', 'log.ts'],
    packages: ['pg', 'pg-copy-streams'],
  },
  { part: 'jobs', may: [...AREAS, 'store', 'counted.ts'], types: ['log.ts'], packages: ['graphile-worker'] },
  {
    part: 'api',
    may: ['identity', 'api/hss'],
    types: ['jobs'],
    packages: ['fastify', 'typebox'],
  },
  {
    part: 'api/hss',
    may: ['api', 'findings', 'server-view'],
    types: ['jobs'],
    packages: ['typebox'],
  },
  { part: 'api/iam', may: ['api', 'identity'], packages: ['typebox'] },
  // Our own surface: most of its endpoints are one store operation or one job, which they are given the database for.
  {
    part: 'api/admin',
    may: ['json-result.ts', 'api', 'identity', 'jobs', 'store'],
    packages: ['typebox'],
  },
  {
    part: 'api/agent',
    may: ['api', 'identity', 'in-slices.ts', 'inventory', 'jobs', 'store'],
    packages: ['typebox'],
  },
  // Only counts: whoever is counted tells it, or hands it the figures.
  {
    part: 'metrics',
    may: [],
    types: ['log.ts', 'api', 'findings', 'store', 'server-view'],
    packages: ['prom-client'],
  },
  { part: 'installation.ts', may: ['config.ts', 'identity', 'jobs', 'store'] },
  { part: 'main.ts', may: [...JOINED, 'installation.ts', 'metrics'], packages: ['fastify'] },
  // Loads the sample fleet by the functions that a report and an import come through.
  { part: 'demo', may: [...AREAS, 'store', 'jobs'], packages: ['typebox'] },
  {
    part: 'cli',
    may: [
      ...JOINED,
      'json-result.ts',
      'counted.ts',
      'demo',
      'installation.ts',
      'main.ts',
      'nearest-name.ts',
      'second-opinion',
    ],
  },
];

/** Files that may import more than their part, and why. */
const EXCEPTIONS: readonly {
  readonly file: string;
  readonly may: readonly string[];
  readonly why: string;
}[] = [
  {
    file: 'src/api/endpoints.ts',
    may: ['api/iam', 'api/admin', 'api/agent', 'jobs', 'store', 'server-view'],
    why: 'the list of all endpoints: wires each to the operations it needs, so that no endpoint has to',
  },
];

/** A sentence for each import in `files` (of `src/`, tests left out) that the table does not grant. */
export function importViolations(files: readonly ParsedFile[]): readonly string[] {
  return files.flatMap((file) => {
    const rule = IMPORT_RULES.find(({ part }) => part === partOf(file.path));
    if (rule === undefined) return [`${file.path}: ${partOf(file.path)} has no row in IMPORT_RULES`];
    return importsOf(file).flatMap((found) => {
      const problem = problemOf(file, rule, found);
      return problem === undefined ? [] : [`${placeOf(file, found.node)}: ${problem}`];
    });
  });
}

/** What is granted and not used by any file: a wider table than the house needs hides the next mistake. */
export function staleExceptions(files: readonly ParsedFile[]): readonly string[] {
  const paths = new Set(files.map(({ path }) => path));
  return EXCEPTIONS.filter(({ file }) => !paths.has(file)).map(({ file }) => `${file} is no more`);
}

/** Every package that a part is granted. */
export function grantedPackages(): ReadonlySet<string> {
  return new Set(IMPORT_RULES.flatMap(({ packages }) => packages ?? []));
}

/** `src/api/hss/errors.ts` is of `api/hss`, `src/store/fleet/x.ts` of `store`, `src/log.ts` of itself. */
export function partOf(path: string): string {
  const [, first = '', second = '', third] = path.split('/');
  return first === 'api' && third !== undefined ? `api/${second}` : first;
}

interface FoundImport {
  readonly node: Node;
  readonly from: string;
  readonly isType: boolean;
}

function problemOf(file: ParsedFile, rule: ImportRule, { from, isType }: FoundImport): string | undefined {
  if (from.startsWith('node:')) return undefined;
  if (!from.startsWith('.')) {
    const name = packageName(from);
    return rule.packages?.includes(name) === true
      ? undefined
      : `${rule.part} may not import the package ${name}`;
  }
  const target = posix.join(posix.dirname(file.path), from);
  if (!target.startsWith('src/')) return `imports ${target}, which lies outside src/`;
  const part = partOf(target);
  if (part === rule.part || part === 'errors.ts' || rule.may.includes(part)) return undefined;
  if (EXCEPTIONS.some((exception) => exception.file === file.path && exception.may.includes(part)))
    return undefined;
  if (rule.types?.includes(part) === true)
    return isType ? undefined : `${rule.part} may import only types of ${part}`;
  return `${rule.part} may not import ${part}`;
}

function packageName(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

function importsOf(file: ParsedFile): readonly FoundImport[] {
  const found: FoundImport[] = [];
  for (const node of nodesBelow(file.ast)) {
    const specifier = specifierOf(node);
    if (specifier === undefined || !isStringLiteral(specifier)) continue;
    found.push({ node, from: specifier.text, isType: isTypeOnly(node) });
  }
  return found;
}

function specifierOf(node: Node): Node | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) return node.moduleSpecifier;
  return isDynamicImport(node) ? node.arguments[0] : undefined;
}

function isDynamicImport(node: Node): node is CallExpression {
  return isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword;
}

function isTypeOnly(node: Node): boolean {
  if (isExportDeclaration(node)) return node.isTypeOnly;
  return isImportDeclaration(node) && isTypeImport(node);
}

/** `import type { … }`, or `import { type A, type B }`. */
function isTypeImport({ importClause: clause }: ImportDeclaration): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}
