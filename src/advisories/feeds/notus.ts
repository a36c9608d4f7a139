import { isJsonObject, type JsonObject, listField, stringField } from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage, VersionRange } from '../advisory.ts';
import type { FeedItem } from '../feed.ts';
import { isFieldText } from '../record-text.ts';
import { parseRpmFileName } from '../rpm-file-name.ts';

/** Most advisories of one product file, and fixed packages of one advisory. The most in real files are 4,000 and 1,500. */
export const NOTUS_ADVISORIES_MAX = 200_000;
export const NOTUS_PACKAGES_MAX = 20_000;

/** Where an advisory's own id is in the OID that the file gives it. */
const OID_PREFIX = '1.3.6.1.4.1.25623.1.1.';
const ID_OF_OID: readonly { readonly family: string; readonly idOf: (parts: readonly string[]) => string }[] =
  [
    { family: '2', idOf: ([year, number]) => `EulerOS-SA-${year}-${number}` },
    { family: '16', idOf: ([year, number]) => `openEuler-SA-${year}-${number}` },
    // The year of a USN is only in the OID: the notices themselves are numbered through.
    { family: '12', idOf: ([, number, revision]) => `USN-${number}-${revision ?? '1'}` },
  ];

interface NotusProduct {
  readonly system: string;
  /** Architecture the file is for, where its name tells one. */
  readonly arch: string;
  readonly isDebian: boolean;
}

/** Whether a parsed JSON value is a notus product file: one system, its advisories, the packages that fix them. */
export function isNotusProduct(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) && stringField(value, 'product_name') !== '' && Array.isArray(value['advisories'])
  );
}

/**
 * Reads a notus product file: the list (it has no date of its own), then an advisory for each entry, by binary package.
 * The file gives neither CVEs nor texts. A product or an advisory that Parapet cannot name, and a package of no known
 * form, is a `problem`.
 */
export function* parseNotusProduct(file: JsonObject, where: string): Generator<FeedItem> {
  const name = stringField(file, 'product_name');
  const product = productOf(name, stringField(file, 'package_type'));
  if (product === undefined) {
    yield {
      kind: 'problem',
      where,
      problem: `is for a product that Parapet does not know (${name.slice(0, 80)})`,
    };
    return;
  }
  const feed = `notus:${product.system}${product.arch === '' ? '' : `/${product.arch}`}`;
  yield { kind: 'list', feed, publishedAt: undefined };
  const entries = listField(file, 'advisories');
  if (entries.length > NOTUS_ADVISORIES_MAX) {
    yield {
      kind: 'problem',
      where,
      problem: `has more than ${NOTUS_ADVISORIES_MAX} advisories: the rest is left out`,
    };
  }
  for (const [index, entry] of entries.slice(0, NOTUS_ADVISORIES_MAX).entries()) {
    yield* itemsOf(entry, { feed, product, where: `${where}, advisory ${index + 1}` });
  }
}

interface EntryContext {
  readonly feed: string;
  readonly product: NotusProduct;
  readonly where: string;
}

function* itemsOf(entry: unknown, { feed, product, where }: EntryContext): Generator<FeedItem> {
  const oid = isJsonObject(entry) ? stringField(entry, 'oid') : '';
  const id = idOfOid(oid);
  if (!isJsonObject(entry) || id === undefined) {
    yield {
      kind: 'problem',
      where,
      problem: `has an oid that names no known advisory (${oid.slice(0, 80)})`,
    };
    return;
  }
  const packages = listField(entry, 'fixed_packages');
  if (packages.length > NOTUS_PACKAGES_MAX) {
    yield { kind: 'problem', where, problem: `${id} names more than ${NOTUS_PACKAGES_MAX} packages` };
    return;
  }
  const fixes: Fix[] = [];
  for (const item of packages) {
    const fix = isJsonObject(item) ? fixOf(item, product) : undefined;
    if (fix !== undefined) fixes.push(fix);
    else
      yield {
        kind: 'problem',
        where,
        problem: `${id} has a fixed package of no known form (${textOf(item)})`,
      };
  }
  if (fixes.length === 0) {
    yield { kind: 'withdrawn', feed, id, modified: undefined, reason: 'no-versions' };
    return;
  }
  yield { kind: 'advisory', feed, advisory: advisoryOf(id, affectedOf(fixes, product)) };
}

function textOf(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 120);
}

/** `Huawei EulerOS v2.0 SP1`, `EulerOS V2.0SP9(x86_64)`, `EulerOS Virtualization 3.0.6.0`, `openEuler 22.03 LTS SP1`, `Ubuntu 22.04 LTS`. */
function productOf(name: string, packageType: string): NotusProduct | undefined {
  const isDebian = packageType === 'deb';
  const ubuntu = /^Ubuntu (\d{2}\.\d{2})(?: LTS)?$/.exec(name)?.[1];
  if (ubuntu !== undefined) return isDebian ? { system: `ubuntu:${ubuntu}`, arch: '', isDebian } : undefined;
  if (packageType !== 'rpm') return undefined;
  const openEuler = /^openEuler (\d{2}\.\d{2})(?:[ -](LTS))?(?:[ -](SP\d+))?$/i.exec(name);
  if (openEuler !== null) {
    const release = openEuler.slice(1).filter((part) => part !== undefined);
    return { system: `openeuler:${release.join('-').toUpperCase()}`, arch: '', isDebian };
  }
  const euler =
    /^(?:Huawei )?EulerOS (Virtualization )?(?:for ARM 64 )?V?(\d+(?:\.\d+)*) ?(SP\d+)?(?:\((x86_64|aarch64)\))?$/i.exec(
      name,
    );
  if (euler?.[2] === undefined) return undefined;
  const release = `${euler[1] === undefined ? '' : 'Virtualization '}${euler[2]}${(euler[3] ?? '').toUpperCase()}`;
  const arch = euler[4]?.toLowerCase() ?? (/ARM 64/i.test(name) ? 'aarch64' : '');
  return { system: `euleros:${release}`, arch, isDebian };
}

function idOfOid(oid: string): string | undefined {
  if (!oid.startsWith(OID_PREFIX) || !/^[\d.]{1,80}$/.test(oid)) return undefined;
  const [family, ...parts] = oid.slice(OID_PREFIX.length).split('.');
  const known = ID_OF_OID.find((entry) => entry.family === family);
  if (known === undefined || parts.length < 2 || parts.some((part) => part === '')) return undefined;
  if (family === '12' && parts.length < 3) return undefined;
  return known.idOf(parts);
}

interface Fix {
  readonly name: string;
  readonly arch: string;
  readonly range: VersionRange;
}

/**
 * `specifier` is what an installed version has to be, against the version given, to count as fixed; without one `>=`.
 * `full_name` holds everything; otherwise `name` and `full_version` (which ends in the architecture for rpm).
 */
function fixOf(item: JsonObject, product: NotusProduct): Fix | undefined {
  const fullName = stringField(item, 'full_name').trim();
  const name = stringField(item, 'name').trim();
  const version = stringField(item, 'full_version').trim();
  const joined = fullName === '' ? `${name}-${version}` : fullName;
  const parts =
    product.isDebian && fullName === ''
      ? { name, version, arch: '' }
      : product.isDebian
        ? debianParts(fullName)
        : parseRpmFileName(joined);
  if (parts === undefined || !isFieldText(parts.name) || !isFieldText(parts.version)) return undefined;
  const range = rangeOf(stringField(item, 'specifier'), parts.version);
  return range === undefined ? undefined : { name: parts.name, arch: parts.arch, range };
}

/** `name-version` with a version that begins with a digit; Debian revisions may hold another dash. */
function debianParts(
  fullName: string,
): { readonly name: string; readonly version: string; readonly arch: string } | undefined {
  const parts = /^([a-z0-9][a-z0-9+.-]*?)-(\d[^\s]*)$/.exec(fullName);
  return parts?.[1] === undefined || parts[2] === undefined
    ? undefined
    : { name: parts[1], version: parts[2], arch: '' };
}

function rangeOf(specifier: string, version: string): VersionRange | undefined {
  if (specifier === '' || specifier === '>=') return { introduced: '', fixed: version, lastAffected: '' };
  if (specifier === '>') return { introduced: '', fixed: '', lastAffected: version };
  // Fixed below the given version: what is at it or above is affected.
  return specifier === '<' ? { introduced: version, fixed: '', lastAffected: '' } : undefined;
}

/** Architectures of a package with the same fix share an entry; `noarch` stays, and matches wherever it is installed. */
function affectedOf(fixes: readonly Fix[], product: NotusProduct): AffectedPackage[] {
  const shared = new Map<string, { readonly fix: Fix; readonly architectures: string[] }>();
  for (const fix of fixes) {
    const { introduced, fixed, lastAffected } = fix.range;
    const key = `${fix.name}\n${introduced}\n${fixed}\n${lastAffected}`;
    const known = shared.get(key);
    if (known === undefined) shared.set(key, { fix, architectures: fix.arch === '' ? [] : [fix.arch] });
    else if (fix.arch !== '' && !known.architectures.includes(fix.arch)) known.architectures.push(fix.arch);
  }
  return [...shared.values()].map(({ fix, architectures }) => {
    return {
      ecosystem: product.system,
      name: fix.name,
      matchOn: 'binary',
      scheme: product.isDebian ? 'deb' : 'rpm',
      ranges: [fix.range],
      versions: [],
      architectures,
      module: '',
      pocket: '',
    };
  });
}

function advisoryOf(id: string, affected: readonly AffectedPackage[]): Advisory {
  return {
    id,
    cves: [],
    aliases: [],
    summary: '',
    published: undefined,
    modified: undefined,
    severities: [],
    word: undefined,
    affected,
    url: addressOf(id),
  };
}

function addressOf(id: string): string {
  if (id.startsWith('USN-')) return `https://ubuntu.com/security/notices/${id}`;
  if (!id.startsWith('openEuler-')) return '';
  return `https://www.openeuler.org/en/security/security-bulletins/detail/?id=${id}`;
}
