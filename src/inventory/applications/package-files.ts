/** The files in which package managers of programming languages write down what they installed. Each takes a file's text. */
import { parseJson } from '../../archive/json-guard.ts';
import { listField, textField } from '../json-fields.ts';
import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';

/** Largest file about one package that is read, in bytes; a long description in Python's has some 100 kB. */
export const PACKAGE_FILE_BYTES_MAX = 4 * 1024 ** 2;
/** Largest list of all packages of a project, in bytes; that of a large one has some 3 MB. */
export const PACKAGE_LIST_BYTES_MAX = 32 * 1024 ** 2;

/** A problem in words, or what was found. */
export type ReadPackages = readonly FoundApplicationPackage[] | string;

/** Python's `METADATA` or `PKG-INFO` (core metadata, PEP 566): name and version stand in its head. */
export function readPythonMetadata(text: string): ReadPackages {
  let name = '';
  let version = '';
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    if (name === '' && /^Name:/i.test(line)) name = line.slice(5).trim();
    if (version === '' && /^Version:/i.test(line)) version = line.slice(8).trim();
  }
  if (name === '' || version === '') return 'names no package and version';
  return [applicationPackage('PyPI', name, version)];
}

/** npm's `package.json`. A folder without name or version is no package, and is passed over. */
export function readNodePackage(text: string): ReadPackages {
  const parsed = parseJson(text.replace(/^\ufeff/, ''));
  if (!parsed.ok) return parsed.problem;
  const name = textField(parsed.value, 'name');
  const version = textField(parsed.value, 'version');
  return name === '' || version === '' ? [] : [applicationPackage('npm', name, version)];
}

/** RubyGems' `specifications/*.gemspec`: the remark that RubyGems itself reads, else the assignments of older ones. */
export function readGemspec(text: string): ReadPackages {
  const [, stubName = '', stubVersion = ''] = /^# stub: (\S+) (\S+) /m.exec(text.slice(0, 1_000)) ?? [];
  const name = stubName || assigned(text, 'name');
  const version = stubVersion || assigned(text, 'version');
  if (name === '' || version === '') return 'names no gem and version';
  return [applicationPackage('RubyGems', name, version)];
}

function assigned(text: string, field: 'name' | 'version'): string {
  const pattern =
    field === 'name' ? /^[ \t]*\w{1,40}\.name[ \t]*=(.*)$/m : /^[ \t]*\w{1,40}\.version[ \t]*=(.*)$/m;
  return /["']([^"']{1,200})["']/.exec(pattern.exec(text)?.[1] ?? '')?.[1] ?? '';
}

/** Composer's `vendor/composer/installed.json`: a list (Composer 1), or one under `packages` (Composer 2). */
export function readComposerInstalled(text: string): ReadPackages {
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed.problem;
  const list = Array.isArray(parsed.value) ? parsed.value : listField(parsed.value, 'packages');
  return list.flatMap((item: unknown) => {
    const name = textField(item, 'name');
    const found = applicationPackage('Packagist', name, textField(item, 'version'));
    // Of a branch that is not a release nobody says which fixes it has.
    return name !== '' && found.version !== '' ? [found] : [];
  });
}

/** `node_version.h` in the headers that come with Node.js itself. */
export function readNodeVersionHeader(text: string): ReadPackages {
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map((part) => {
    return new RegExp(`^#define NODE_${part}_VERSION (\\d{1,6})$`, 'm').exec(text)?.[1];
  });
  if (major === undefined || minor === undefined || patch === undefined) return 'names no version of Node.js';
  return [applicationPackage('Bitnami', 'node', `${major}.${minor}.${patch}`)];
}
