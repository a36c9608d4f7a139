/** What the house asks of a source file, one function a rule: each returns a sentence for every place that breaks it. */
import {
  isAsExpression,
  isExportAssignment,
  isFunctionDeclaration,
  isIdentifier,
  isNonNullExpression,
  isPropertyAccessExpression,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { nodesBelow, type ParsedFile, placeOf } from '../../build/source-tree.ts';

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;

/** Tables of data in the form of code: long by nature, and read by looking something up. */
const DATA_TABLES: readonly string[] = ['src/errors.ts'];

/** Places that may say `any`: a record of fields of any type has no other name for them; each keeps its own type. */
const ANY_ALLOWED: readonly { readonly file: string; readonly count: number }[] = [
  { file: 'src/api/strict-query.ts', count: 1 },
];

const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'manager',
  'misc',
]);
const FUNCTION_KINDS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);
const TYPE_KINDS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
]);
/** Written in two parts, so that this file does not hold what it looks for. */
const LOOSE_END = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);

export function longFiles(file: ParsedFile): readonly string[] {
  const lines = file.text.split('\n').length - 1;
  if (lines <= FILE_LINES_MAX || DATA_TABLES.includes(file.path)) return [];
  return [`${file.path}: ${lines} lines; at most ${FILE_LINES_MAX}`];
}

/**
 * Functions that are too long. A function that is declared in another counts by itself and not again in the outer one:
 * what makes an object of functions is as long as what they share.
 */
export function longFunctions(file: ParsedFile): readonly string[] {
  const found: string[] = [];
  for (const node of nodesBelow(file.ast)) {
    if (!FUNCTION_KINDS.has(node.kind)) continue;
    const lines = linesOf(file, node) - linesOfDeclaredInside(file, node);
    if (lines > FUNCTION_LINES_MAX) {
      found.push(`${placeOf(file, node)}: a function of ${lines} lines; at most ${FUNCTION_LINES_MAX}`);
    }
  }
  return found;
}

function linesOf({ ast }: ParsedFile, node: Node): number {
  const line = (position: number) => ast.getLineAndCharacterOfPosition(position).line;
  return line(node.getEnd()) - line(node.getStart(ast)) + 1;
}

function linesOfDeclaredInside(file: ParsedFile, outer: Node): number {
  let lines = 0;
  outer.forEachChild(function visit(node): undefined {
    if (isFunctionDeclaration(node)) lines += linesOf(file, node);
    else node.forEachChild(visit);
  });
  return lines;
}

/** `any`, `x as unknown as T` and `x!`: each switches the compiler off. */
export function escapesFromTypes(file: ParsedFile): readonly string[] {
  const found: string[] = [];
  let anyLeft = ANY_ALLOWED.find((allowed) => allowed.file === file.path)?.count ?? 0;
  for (const node of nodesBelow(file.ast)) {
    if (node.kind === SyntaxKind.AnyKeyword && anyLeft-- <= 0) found.push(`${placeOf(file, node)}: any`);
    if (isNonNullExpression(node)) found.push(`${placeOf(file, node)}: a non-null assertion`);
    if (isAsExpression(node) && isAsExpression(node.expression)) {
      found.push(`${placeOf(file, node)}: a cast of a cast`);
    }
  }
  return found;
}

/** Files that a tool loads by their default export. */
const DEFAULT_EXPORT_ALLOWED: readonly string[] = ['test/closing-line-reporter.ts'];

export function defaultExports(file: ParsedFile): readonly string[] {
  if (DEFAULT_EXPORT_ALLOWED.includes(file.path)) return [];
  const found: string[] = [];
  for (const node of nodesBelow(file.ast)) {
    if (isExportAssignment(node) || node.kind === SyntaxKind.DefaultKeyword) {
      found.push(`${placeOf(file, node)}: a default export`);
    }
  }
  return found;
}

/** Uses of `object.name`, or of any of `object` where no name is given. */
export function usesOf(object: string, name?: string): (file: ParsedFile) => readonly string[] {
  return (file) => {
    const found: string[] = [];
    for (const node of nodesBelow(file.ast)) {
      if (!isPropertyAccessExpression(node) || !isIdentifier(node.expression)) continue;
      if (node.expression.text !== object || (name !== undefined && node.name.text !== name)) continue;
      found.push(`${placeOf(file, node)}: ${object}.${node.name.text}`);
    }
    return found;
  };
}

export function looseEnds({ path, text }: ParsedFile): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (LOOSE_END.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}

/** File and folder names say what is inside, in kebab-case. */
export function poorNames({ path }: { readonly path: string }): readonly string[] {
  const parts = path.split('/');
  const found = parts
    .flatMap((part) => part.replace(/\.\w+$/, '').split(/[-.]/))
    .filter((word) => FORBIDDEN_NAMES.has(word))
    .map((word) => `${path}: "${word}" does not say what is inside`);
  if (parts.at(-1) === 'index.ts') found.push(`${path}: a file that says nothing by its name`);
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(parts.at(-1) ?? '')) found.push(`${path}: not in kebab-case`);
  return found;
}

/** A file says what it is: by a comment at its head, or by one on the first value that it exports (else its first type). */
export function undescribedFiles({ path, text, ast }: ParsedFile): readonly string[] {
  const exported = ast.statements.filter((statement) =>
    text.slice(statement.getStart(ast), statement.getEnd()).startsWith('export '),
  );
  const main = exported.find((statement) => !TYPE_KINDS.has(statement.kind)) ?? exported[0];
  if (main === undefined) return [`${path}: exports nothing`];
  // At the head: before the imports, or after them and before anything else.
  const head = ast.statements.find((statement) => statement.kind !== SyntaxKind.ImportDeclaration);
  const beforeFirst = text.slice(0, head?.getStart(ast) ?? 0);
  const beforeMain = text.slice(main.pos, main.getStart(ast));
  const isDescribed = `${beforeFirst}${beforeMain}`.includes('/**');
  return isDescribed ? [] : [`${path}: neither the file nor the first thing it exports is described`];
}
