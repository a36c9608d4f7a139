import { readFileSync } from 'node:fs';

/** The version of this Parapet, as its package names it. The same path from `src/cli/` and from `dist/cli/`. */
export function parapetVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const about: { readonly version: string } = JSON.parse(text);
  return about.version;
}
