import { listField, recordField, textField, timeOf } from '../json-fields.ts';
import type { PackageList } from '../package-list.ts';
import type { System } from '../system.ts';
import { systemFromName } from '../system-from-name.ts';
import type { FoundServer, JsonFormat, TextFormat } from './format.ts';
import { isObjectItem } from './object-item.ts';
import { addPurlPackage, SystemVote } from './purl-packages.ts';

/** What counts of a package in an SPDX 2 document, whichever way it is written. */
interface SpdxPackage {
  spdxId: string;
  name: string;
  version: string;
  sourceInfo: string;
  purpose: string;
  readonly purls: string[];
}

/** SPDX 2.2 and 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/). */
export const SPDX_JSON: JsonFormat = {
  name: 'SPDX 2 JSON',
  recognises: (document) => /^SPDX-2\./.test(textField(document, 'spdxVersion')),
  read: (document, list) =>
    addSpdxPackages(
      listField(document, 'packages')
        .filter((item, index) => isObjectItem(item, `package ${index + 1}`, list))
        .map((item) => ({
          spdxId: textField(item, 'SPDXID'),
          name: textField(item, 'name'),
          version: textField(item, 'versionInfo'),
          sourceInfo: textField(item, 'sourceInfo'),
          purpose: textField(item, 'primaryPackagePurpose'),
          purls: listField(item, 'externalRefs')
            .filter((ref) => textField(ref, 'referenceType').endsWith('purl'))
            .map((ref) => textField(ref, 'referenceLocator')),
        })),
      {
        name: textField(document, 'name'),
        created: textField(recordField(document, 'creationInfo'), 'created'),
      },
      list,
    ),
};

/** SPDX 2 as tag-value text. */
export const SPDX_TAG_VALUE: TextFormat = {
  name: 'SPDX 2 tag-value',
  recognises: (text) => /^SPDXVersion:[ \t]*SPDX-2\./m.test(text.slice(0, 65_536)),
  read: (text, list) => {
    const document = { name: '', created: '' };
    return addSpdxPackages(readTagValue(text, document), document, list);
  },
};

/**
 * The packages of a tag-value document: each begins at `PackageName` and ends at the next one, or where files or
 * snippets begin. Text between `<text>` and `</text>` may hold anything, tags included, and is passed over.
 */
function readTagValue(text: string, document: { name: string; created: string }): readonly SpdxPackage[] {
  const packages: SpdxPackage[] = [];
  let current: SpdxPackage | undefined;
  let isInsideText = false;
  for (const line of text.split(/\r?\n/)) {
    if (isInsideText) {
      isInsideText = !line.includes('</text>');
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const tag = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    isInsideText = value.includes('<text>') && !value.includes('</text>');
    if (tag === 'PackageName') {
      current = { spdxId: '', name: value, version: '', sourceInfo: '', purpose: '', purls: [] };
      packages.push(current);
    } else if (tag === 'FileName' || tag === 'SnippetSPDXID') current = undefined;
    else if (tag === 'DocumentName') document.name ||= value;
    else if (tag === 'Created') document.created ||= value;
    else if (current !== undefined) setTag(current, tag, value);
  }
  return packages;
}

function setTag(item: SpdxPackage, tag: string, value: string): void {
  if (tag === 'SPDXID') item.spdxId = value;
  else if (tag === 'PackageVersion') item.version = value;
  else if (tag === 'PackageSourceInfo') item.sourceInfo = value.replace(/<\/?text>/g, '');
  else if (tag === 'PrimaryPackagePurpose') item.purpose = value;
  else if (tag === 'ExternalRef') {
    const [, type, locator] = value.split(/\s+/, 3);
    if (type?.endsWith('purl') && locator !== undefined) item.purls.push(locator);
  }
}

function addSpdxPackages(
  packages: readonly SpdxPackage[],
  document: { readonly name: string; readonly created: string },
  list: PackageList,
): FoundServer {
  const vote = new SystemVote();
  let stated: System | undefined;
  packages.forEach((item, index) => {
    if (item.spdxId.includes('OperatingSystem') || item.purpose === 'OPERATING-SYSTEM') {
      stated ??= systemFromName(item.name, item.version);
      return;
    }
    const where = item.name === '' ? `package ${index + 1}` : `package ${index + 1} (${item.name})`;
    for (const purl of item.purls) {
      vote.add(
        addPurlPackage(list, purl, { version: item.version, ...sourceInfoOf(item.sourceInfo) }, where),
      );
    }
    if (item.purls.length === 0 && item.version !== '') {
      list.addUnsupported('packages without a package URL', item.name || where);
    }
  });
  return { system: stated ?? vote.winner(), name: document.name, collectedAt: timeOf(document.created) };
}

/**
 * Trivy names the source package (`built package from: groff 1.22.2-8.amzn2.0.2`), Syft the files in which it found an
 * application package (`acquired package info from PHP composer manifest: /a/installed.json, /b/installed.json`).
 */
function sourceInfoOf(info: string): {
  source?: string;
  sourceVersion?: string;
  paths?: readonly string[];
} {
  const built = /^built package from: (\S+) (\S+)$/.exec(info);
  if (built?.[1] !== undefined && built[2] !== undefined)
    return { source: built[1], sourceVersion: built[2] };
  const acquired = /^acquired package info from [^:]*: (.*)$/.exec(info);
  return acquired?.[1] === undefined ? {} : { paths: acquired[1].split(', ') };
}
