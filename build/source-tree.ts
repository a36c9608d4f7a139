/**
 * The repository's own TypeScript, parsed, for what is checked or written from it. The parser is the compiler's (its
 * programming interface is marked unstable; the version is pinned): it sees what a regular expression would guess.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ParsedFile {
  /** From the repository's root, with slashes: `src/errors.ts`. */
  readonly path: string;
  readonly text: string;
  readonly ast: SourceFile;
}

/** Every TypeScript file that `tsconfig.json` includes, by path. */
export function readSourceTree(): readonly ParsedFile[] {
  const api = new API({ cwd: ROOT });
  try {
    const snapshot = api.updateSnapshot({ openProject: `${ROOT}tsconfig.json` });
    return snapshot.getProjects().flatMap(({ rootFiles, program }) =>
      rootFiles.flatMap((name) => {
        const ast = program.getSourceFile(name);
        if (ast === undefined) return [];
        return [{ path: relative(ROOT, name).replaceAll('\\', '/'), text: ast.text, ast }];
      }),
    );
  } finally {
    api.close();
  }
}

/** `node` and everything below it, outside in. */
export function* nodesBelow(node: Node): Generator<Node, void, undefined> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  for (const child of children) yield* nodesBelow(child);
}

/** `src/errors.ts:12`, for messages. */
export function placeOf({ path, ast }: ParsedFile, node: Node): string {
  return `${path}:${ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1}`;
}
