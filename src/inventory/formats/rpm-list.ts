import type { CheckedPackage, PackageList } from '../package-list.ts';
import { moduleStreamOf, sourceOfSourceRpm } from '../purl.ts';
import type { TextFormat } from './format.ts';

/**
 * The eight columns of the list that tells all: what `parapet scan`, the agent and the documentation ask rpm for.
 * `rpm -qa --queryformat "$RPM_QUERY_FORMAT"`. Before 4.14 rpm knows no MODULARITYLABEL and refuses the format; then
 * the seventh column is left empty.
 */
export const RPM_QUERY_FORMAT =
  '%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t%{MODULARITYLABEL}\\t%{VENDOR}\\n';

const RPM_COLUMNS = 8;
/** How much of a text is looked at to recognise it, in characters. */
const RECOGNISED_LENGTH_MAX_CHARS = 20_000;
/** Longest line read; the longest real NEVRA is under 200 characters. */
const LINE_LENGTH_MAX_CHARS = 4096;

const ARCHITECTURE =
  '(?:noarch|x86_64(?:_v[234])?|amd64|ia32e|i[3-6]86|athlon|geode|aarch64|arm64|armv\\w{1,5}|ppc|ppc64|ppc64le|ppc64p7|s390x?|riscv64|loongarch64|mips64el?|mipsel|sw_64|ia64|sparc\\w{0,4}|\\(none\\))';
const NEVRA = new RegExp(
  `^(?:(\\d{1,9}):)?([^\\s-][^\\s]*?)-(?:(\\d{1,9}):)?([^\\s:-]+)-([^\\s:-]+)\\.(${ARCHITECTURE})$`,
);

/** `rpm -qa --queryformat` in the columns of `RPM_QUERY_FORMAT`. */
export const RPM_QUERY_LIST: TextFormat = {
  name: `rpm -qa --queryformat '${RPM_QUERY_FORMAT}'`,
  recognises: (text) => {
    const lines = firstLines(text);
    return lines.length > 0 && lines.every((line) => line.split('\t').length === RPM_COLUMNS);
  },
  read: (text, list) => {
    text.split(/\r?\n/).forEach((line, index) => {
      if (line !== '') addRpmQueryLine(line, `line ${index + 1}`, list);
    });
    return {};
  },
};

/** The bare `rpm -qa`: one `name-version-release.arch` a line. */
export const RPM_NAME_LIST: TextFormat = {
  name: 'rpm -qa',
  recognises: (text) => {
    const lines = firstLines(text);
    const good = lines.filter((line) => NEVRA.test(line.trim()) || line.startsWith('gpg-pubkey-')).length;
    return good > 0 && good >= lines.length * 0.8;
  },
  read: (text, list) => {
    let hasEpochs = false;
    text.split(/\r?\n/).forEach((raw, index) => {
      const line = raw.trim();
      if (line === '' || line.startsWith('gpg-pubkey-')) return;
      const parts = line.length > LINE_LENGTH_MAX_CHARS ? null : NEVRA.exec(line);
      if (parts === null) {
        list.addProblem(`line ${index + 1}: "${line.slice(0, 100)}" is no name-version-release.arch`);
        return;
      }
      const [, epochBefore, name = '', epochInside, version = '', release = '', arch = ''] = parts;
      const epoch = epochBefore ?? epochInside;
      hasEpochs ||= epoch !== undefined;
      list.addSystemPackage(
        { name, version: rpmVersion(epoch ?? '', version, release), arch: noneAsEmpty(arch) },
        `line ${index + 1}`,
      );
    });
    if (!hasEpochs) {
      list.addProblem(
        'a bare rpm -qa leaves out epochs, source packages and module streams: packages whose fix has an epoch cannot be judged; use --queryformat as documented',
      );
    }
    return {};
  },
};

/** Reads one line in the columns of `RPM_QUERY_FORMAT` into `list` and returns what it added; signing keys are passed over. */
export function addRpmQueryLine(line: string, where: string, list: PackageList): CheckedPackage | undefined {
  const columns = line.split('\t');
  if (columns.length !== RPM_COLUMNS) {
    list.addProblem(`${where}: ${columns.length} columns instead of ${RPM_COLUMNS}: "${line.slice(0, 100)}"`);
    return undefined;
  }
  const [
    name = '',
    epoch = '',
    version = '',
    release = '',
    arch = '',
    sourceRpm = '',
    label = '',
    vendor = '',
  ] = columns.map(noneAsEmpty);
  if (name === 'gpg-pubkey') return undefined;
  const evr = rpmVersion(epoch, version, release);
  return list.addSystemPackage(
    {
      name,
      version: evr,
      arch,
      ...sourceOfSourceRpm(sourceRpm, evr),
      module: moduleStreamOf(label),
      origin: vendor,
    },
    where,
  );
}

/** `epoch:version-release` without an epoch of 0 and without an absent release; empty where the version is. */
export function rpmVersion(epoch: string | number, version: string, release: string): string {
  if (version === '') return '';
  const prefix = /^0*$/.test(String(epoch)) || !/^\d+$/.test(String(epoch)) ? '' : `${epoch}:`;
  return `${prefix}${version}${release === '' ? '' : `-${release}`}`;
}

/** rpm prints an absent value as `(none)`. */
function noneAsEmpty(value: string): string {
  const text = value.trim();
  return text === '(none)' ? '' : text;
}

/** Whole non-empty lines from the start of the text, enough to tell what it is. */
function firstLines(text: string): readonly string[] {
  const start = text.slice(0, RECOGNISED_LENGTH_MAX_CHARS);
  const lines = start.split(/\r?\n/);
  if (start.length < text.length) lines.pop();
  return lines.filter((line) => line.trim() !== '').slice(0, 100);
}
