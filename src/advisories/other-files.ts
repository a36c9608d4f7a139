import { isJsonObject, type JsonObject, objectField, stringField } from '../archive/json-guard.ts';

/**
 * Files that lie beside advisories and are none, or say only what another form says better: why they are not read, in words,
 * so that an import of a publisher's whole folder names each of them.
 */

const INDEX = 'is not read: it is an index of files';
const SCANNER = "is not read: it is another scanner's own form of what the publisher's file says";

/** By what the beginning of a file looks like. */
const TEXT_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:<!doctype html|<html)/i, 'is not read: it is a web page'],
  [/^-----BEGIN PGP /, 'is not read: it is a signature'],
  [/^[0-9a-f]{64,128} [ *]\S+\s*$/i, 'is not read: it is a checksum'],
  [/^(?:Package|Format): \S/, 'is not read: it is a list of source packages, which names no vulnerability'],
  [/^(?:---\s+)?document: modulemd/, 'is not read: it describes module streams and names no vulnerability'],
  [
    /^(?:---\s+)?identifier: "?[\w-]+"?\s[\s\S]*?package_slug:/,
    'is not read: it gives versions as expressions of its own; the GitHub and OSV databases have the same advisories',
  ],
  [
    /^CVE-\d{4}-\d+ (?:\(|<|RESERVED|REJECTED)/,
    "is not read: it is the tracker's working list; its JSON document says the same for each release",
  ],
  [/^\[[A-Z][a-z]+ \d{1,2}\w*,? \d{4}\] DTSA-/, 'is not read: Debian ended its testing advisories in 2010'],
  [/^[\w.+-]+;cpe:/, 'is not read: it is a list of product names'],
  [/^"?[\w./-]+\.json"?,"?\d{4}-\d{2}-\d{2}T/, INDEX],
  [/^[\w./-]+,[0-9a-f]{32,128},\d+\s/, INDEX],
  [
    /^[\w./-]+\.(?:json|xml|zst|tar|gz|bz2|zip)(?:\s*$|\s+[\w./-]+\.(?:json|xml|zst|tar|gz|bz2|zip)(?:\s|$))/,
    INDEX,
  ],
  [/^This definition file requires you to at least use wes /, 'is not read: it is a text for people'],
  [/^#+ \S/, 'is not read: it is a text for people'],
];

/** By the root element of XML. */
const XML_REASONS: ReadonlyMap<string, string> = new Map([
  ['html', 'is not read: it is a web page'],
  ['repomd', 'is not read: it is the index of a package repository'],
  ['metadata', 'is not read: it lists the packages of a repository and names no vulnerability'],
  ['rss', 'is not read: it announces advisories without their packages'],
  ['feed', INDEX],
  ['cpe-list', 'is not read: it is a list of product names'],
]);

/** Why a file of text is not read, told by its beginning, its XML root element and its name; undefined: it is unknown. */
export function textReason(name: string, head: string, rootName: string | undefined): string | undefined {
  const known = rootName === undefined ? undefined : XML_REASONS.get(rootName);
  if (known !== undefined) return known;
  const beginning = head.slice(0, 4_096);
  for (const [form, reason] of TEXT_REASONS) if (form.test(beginning)) return reason;
  return /\.(?:md|rst|asc|sha\d+|sig)$|(?:^|[/!])(?:README|LICENSE|COPYING)[^/]*$/i.test(name)
    ? 'is not read: it is a text for people'
    : undefined;
}

const NVD_REASONS: ReadonlyMap<string, string> = new Map([
  ['NVD_CPE', 'is not read: it is a list of product names'],
  ['NVD_CPEMatchString', 'is not read: it is a list of product names'],
  ['NVD_CVEHistory', 'is not read: it is the history of records'],
]);

/** Why a parsed JSON value that is in no form Parapet reads is not read; undefined: it is unknown. */
export function jsonReason(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const nvd = NVD_REASONS.get(stringField(value, 'format'));
  if (nvd !== undefined) return nvd;
  return JSON_REASONS.find(({ isOf }) => isOf(value))?.reason;
}

/** What an answer of Microsoft's update guide is about, behind the `#` of its context. */
function updateGuideTopic(value: JsonObject): string {
  return (
    /^https:\/\/api\.msrc\.microsoft\.com\/.*#(\w*)/.exec(stringField(value, '@odata.context'))?.[1] ?? ''
  );
}

const JSON_REASONS: readonly { readonly isOf: (value: JsonObject) => boolean; readonly reason: string }[] = [
  {
    isOf: (value) => 'matches' in value || 'cpeMatches' in value,
    reason: 'is not read: it is a list of product names',
  },
  {
    isOf: (value) => '$schema' in value && 'properties' in value,
    reason: 'is not read: it is a JSON schema',
  },
  { isOf: (value) => 'identifier' in value && 'item' in value, reason: SCANNER },
  { isOf: (value) => objectField(value, 'Vulnerability') !== undefined, reason: SCANNER },
  { isOf: (value) => 'patches' in value && 'ignored_patches' in value, reason: SCANNER },
  {
    isOf: isOpenVex,
    reason:
      'is not read: it names the versions that packages have at present, not those that fix them; OSV and OVAL name the fixes',
  },
  { isOf: (value) => updateGuideTopic(value) === 'Updates', reason: INDEX },
  {
    isOf: (value) => updateGuideTopic(value) !== '',
    reason:
      "is not read: it is a page of answers of Microsoft's update guide; its monthly CVRF documents say the same",
  },
  { isOf: (value) => objectField(value, 'feed') !== undefined, reason: INDEX },
  {
    isOf: (value) => stringField(value, 'version').startsWith('https://jsonfeed.org/'),
    reason: 'is not read: it announces vulnerabilities without their packages',
  },
  {
    isOf: (value) => 'id' in value && 'modified' in value && Object.keys(value).length === 2,
    reason: 'is not read: it is an index of records',
  },
  {
    isOf: (value) => stringField(value, 'item_type') !== '' && 'spec_version' in value,
    reason: 'is not read: it describes countermeasures',
  },
  {
    isOf: (value) => 'path' in value && 'author' in value && 'msg' in value,
    reason: 'is not read: it is a list of changes to files',
  },
  {
    isOf: (value) => 'entitlement_cert' in value,
    reason: 'is not read: it is a list of package repositories',
  },
  {
    isOf: (value) => 'repositories' in value && !('vulnerabilities' in value),
    reason: 'is not read: it is the configuration of a tracker',
  },
  {
    isOf: (value) => 'statements' in value || ('base' in value && 'cves' in value),
    reason: 'is not read: it is commentary on vulnerabilities without their packages',
  },
];

function isOpenVex(value: JsonObject): boolean {
  const context =
    stringField(value, '@context') || stringField(objectField(value, 'metadata') ?? {}, '@context');
  return context.startsWith('https://openvex.dev/');
}
