import { RELEASE_CODENAMES } from './release-dates.ts';
import type { System } from './system.ts';
import { systemFromName } from './system-from-name.ts';

/** Longest os-release text that is read, in characters; real ones are under 1,000. */
export const OS_RELEASE_LENGTH_MAX_CHARS = 65_536;

/**
 * The system in the text of `/etc/os-release` (os-release(5): shell assignments), or of the one-line release files that
 * came before it (`CentOS Linux release 7.9.2009 (Core)`). Undefined where it names none.
 *
 * A derivative is mapped to the distribution whose packages it installs only where it says so itself
 * (`UBUNTU_CODENAME`, `DEBIAN_CODENAME`: Linux Mint, Pop!_OS, LMDE); others keep their own `ID`, since their packages
 * may be rebuilt and no feed of another distribution speaks for them.
 */
export function parseOsRelease(text: string): System | undefined {
  const fields = osReleaseFields(text.slice(0, OS_RELEASE_LENGTH_MAX_CHARS));
  const id = (fields.get('ID') ?? '').toLowerCase();
  if (id === '') return systemFromReleaseLine(text);
  const name = fields.get('PRETTY_NAME');
  const versionId = fields.get('VERSION_ID') ?? '';
  const version = fields.get('VERSION') ?? '';
  switch (id) {
    case 'debian':
      return systemFromName(id, versionId || fields.get('VERSION_CODENAME') || codenameIn(name), name);
    case 'alpine':
      return systemFromName(id, /\bedge\b/.test(name ?? '') ? 'edge' : versionId, name);
    case 'openeuler':
    case 'euleros':
      // VERSION_ID leaves the service pack out; VERSION has it: `22.03 (LTS-SP1)`, `2.0 (SP9)`.
      return systemFromName(id, version || versionId, name) ?? systemFromName(id, versionId, name);
    default:
      return derivedSystem(id, fields, name) ?? systemFromName(id, versionId, name);
  }
}

/** The assignments of an os-release text, unquoted; later ones win, as in a shell. */
export function osReleaseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) fields.set(match[1], unquoted(match[2].trim()));
  }
  return fields;
}

function unquoted(value: string): string {
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1);
  const inner =
    value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  return inner.replace(/\\(["$`\\])/g, '$1');
}

/** The codename in a testing release's name: `Debian GNU/Linux trixie/sid`. */
function codenameIn(prettyName: string | undefined): string {
  return /\b([a-z]+)(?:\/sid)?$/.exec(prettyName ?? '')?.[1] ?? '';
}

function derivedSystem(
  id: string,
  fields: ReadonlyMap<string, string>,
  name: string | undefined,
): System | undefined {
  if (id === 'ubuntu') return undefined;
  for (const family of ['ubuntu', 'debian'] as const) {
    const codename = fields.get(`${family.toUpperCase()}_CODENAME`) ?? '';
    if (RELEASE_CODENAMES[family].has(codename)) return systemFromName(family, codename, name);
  }
  return undefined;
}

/** `/etc/redhat-release`, `/etc/euleros-release` and their like: `NAME [Linux] release VERSION (CODENAME)`. */
function systemFromReleaseLine(text: string): System | undefined {
  const line = text.trim().split(/\r?\n/)[0]?.slice(0, 200) ?? '';
  const match = /^([A-Za-z][A-Za-z ]*?)(?: Linux)?(?: Server)?(?: AMI)? release (\S.*)$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const family = match[1].trim();
  const known = RELEASE_LINE_FAMILIES.get(family.toLowerCase());
  return known === undefined ? undefined : systemFromName(known, match[2], line);
}

const RELEASE_LINE_FAMILIES: ReadonlyMap<string, string> = new Map([
  ['centos', 'centos'],
  ['centos stream', 'centos'],
  ['red hat enterprise', 'rhel'],
  ['almalinux', 'almalinux'],
  ['rocky', 'rocky'],
  ['oracle', 'oracle'],
  ['fedora', 'fedora'],
  ['amazon', 'amazon'],
  ['euleros', 'euleros'],
  ['openeuler', 'openeuler'],
  ['huawei cloud euleros', 'hce'],
]);
