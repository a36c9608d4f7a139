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
  let fields: Map<string, string> | undefined;
  let line = 0;
  let firstLine = 0;
  let start = 0;
  while (start < text.length) {
    const end = lineEndOf(text, start);
    line += 1;
    const code = text.charCodeAt(start);
    if (isFieldStart(code)) {
      if (fields === undefined) {
        fields = new Map();
        firstLine = line;
      }
      addField(text, start, end, fields);
    } else if (fields !== undefined && text.slice(start, end).trim() === '') {
      addParagraph(fields, `paragraph near line ${firstLine}`, list);
      fields = undefined;
    }
    start = end + 1;
  }
  if (fields !== undefined) addParagraph(fields, `paragraph near line ${firstLine}`, list);
}

const FIELDS: ReadonlySet<string> = new Set(['package', 'status', 'version', 'architecture', 'source']);
const FIELD_LENGTH_MAX_CHARS = 12;

function lineEndOf(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** Continuation lines begin with a blank, an empty line with its end; everything else is a field. */
function isFieldStart(code: number): boolean {
  return code > 32;
}

/** Most lines are of other fields, and go by without a copy being made of them. */
function addField(text: string, start: number, end: number, fields: Map<string, string>): void {
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end || colon - start > FIELD_LENGTH_MAX_CHARS) return;
  const field = text.slice(start, colon).toLowerCase();
  if (FIELDS.has(field)) fields.set(field, text.slice(colon + 1, end).trim());
}

function addParagraph(fields: ReadonlyMap<string, string>, where: string, list: PackageList): void {
  const name = fields.get('package') ?? '';
  if (!isInstalledStatus(fields.get('status') ?? '')) return;
  list.addSystemPackage(
    {
      name,
      version: fields.get('version') ?? '',
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
