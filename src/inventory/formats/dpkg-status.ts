import type { PackageList } from '../package-list.ts';
import type { TextFormat } from './format.ts';

/**
 * The dpkg database, `/var/lib/dpkg/status` (deb822 paragraphs; dpkg(1), deb-control(5)); also the paragraphs in
 * `/var/lib/dpkg/status.d/` of images without dpkg, which have no `Status`.
 */
export const DPKG_STATUS: TextFormat = {
  name: 'dpkg status (/var/lib/dpkg/status)',
  recognises: (text) => /^\s*(?:[A-Z][A-Za-z-]*: [^\n]*\r?\n){0,3}Package: ?\S+\r?\n(?:[A-Z \t])/.test(text),
  read: (text, list) => {
    readDpkgStatus(text, list);
    return {};
  },
};

/**
 * Reads every paragraph of a dpkg database into `list`. Installed is whatever has files on the disk: every state but
 * `not-installed` and `config-files` (`half-installed` to `triggers-pending` are a broken or unfinished installation
 * of that version).
 */
export function readDpkgStatus(text: string, list: PackageList): void {
  let line = 1;
  for (const paragraph of text.split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    const lines = paragraph.split(/\r?\n/);
    if (paragraph.trim() !== '') addParagraph(lines, `paragraph near line ${line}`, list);
    line += lines.length + 1;
  }
}

const FIELDS: ReadonlySet<string> = new Set(['package', 'status', 'version', 'architecture', 'source']);

function addParagraph(lines: readonly string[], where: string, list: PackageList): void {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const field = line.slice(0, colon).toLowerCase();
    if (FIELDS.has(field)) fields.set(field, line.slice(colon + 1).trim());
  }
  const name = fields.get('package') ?? '';
  if (!isInstalledStatus(fields.get('status') ?? '')) return;
  const version = fields.get('version') ?? '';
  list.addSystemPackage(
    {
      name,
      version,
      arch: fields.get('architecture') ?? '',
      ...parseSourceField(fields.get('source') ?? ''),
    },
    where,
  );
}

/** Whether a `Status` of dpkg (`install ok installed`) means that files of the package are on the disk; so does none. */
export function isInstalledStatus(status: string): boolean {
  if (status === '') return true;
  const state = status.split(/\s+/)[2];
  return state !== undefined && state !== 'not-installed' && state !== 'config-files';
}

/** `util-linux (2.33.1-0.1)` or `util-linux`: the version stands there only where it differs from the package's own. */
export function parseSourceField(source: string): {
  readonly source: string;
  readonly sourceVersion: string;
} {
  const match = /^(\S+)(?:\s+\(([^)]*)\))?/.exec(source);
  return { source: match?.[1] ?? '', sourceVersion: match?.[2]?.trim() ?? '' };
}
