import { firstTextField, hasField, integerField, listField, recordField, textField } from '../json-fields.ts';
import type { PackageList } from '../package-list.ts';
import { moduleStreamOf, sourceOfSourceRpm } from '../purl.ts';
import type { System } from '../system.ts';
import { systemFromName } from '../system-from-name.ts';
import { isObjectItem } from './object-item.ts';
import { addPurlPackage, type PurlContext } from './purl-packages.ts';

const SYSTEM_PURL_TYPES: ReadonlyMap<string, string> = new Map([
  ['deb', 'deb'],
  ['rpm', 'rpm'],
  ['apk', 'apk'],
]);

/** Adds an artifact as Syft and Grype write it to `list`, and answers the system its package URL speaks of. */
export function addAnchoreArtifact(artifact: unknown, where: string, list: PackageList): System | undefined {
  if (!isObjectItem(artifact, where, list)) return undefined;
  const name = textField(artifact, 'name');
  const type = textField(artifact, 'type');
  let purl = textField(artifact, 'purl');
  if (purl === '') {
    const purlType = SYSTEM_PURL_TYPES.get(type);
    if (purlType === undefined) {
      const kind = type === '' ? 'artifacts of no type' : `artifacts of type ${type}`;
      list.addUnsupported(`${kind} without a package URL`, name || where);
      return undefined;
    }
    purl = `pkg:${purlType}/${encodeURIComponent(name.toWellFormed())}@${encodeURIComponent(textField(artifact, 'version').toWellFormed())}`;
  }
  return addPurlPackage(list, purl, contextOf(artifact), `${where} (${name})`);
}

function contextOf(artifact: unknown): PurlContext {
  const metadata = recordField(artifact, 'metadata');
  const upstream = listField(artifact, 'upstreams')[0];
  const stated = textField(artifact, 'version');
  const epoch = integerField(metadata, 'epoch') ?? 0;
  const version = epoch === 0 || /^\d+:/.test(stated) ? stated : `${epoch}:${stated}`;
  const sourceRpm = sourceOfSourceRpm(textField(metadata, 'sourceRpm'), version);
  return {
    version,
    source:
      firstTextField(metadata, ['source', 'originPackage']) ||
      sourceRpm.source ||
      textField(upstream, 'name'),
    sourceVersion:
      textField(metadata, 'sourceVersion') || sourceRpm.sourceVersion || textField(upstream, 'version'),
    module: moduleStreamOf(textField(metadata, 'modularityLabel')),
    origin: textField(metadata, 'vendor'),
    paths: listField(artifact, 'locations').map((location) => firstTextField(location, ['path', 'RealPath'])),
  };
}

/** The system in the `distro` of a Syft or Grype document, in its short form and in that of os-release. */
export function systemOfDistro(distro: unknown): System | undefined {
  const id = firstTextField(distro, ['id', 'name']);
  const version = firstTextField(distro, ['versionID', 'version']);
  if (id === '') return undefined;
  const full = textField(distro, 'version');
  // openEuler and EulerOS keep the service pack in VERSION alone.
  const isSplit = hasField(distro, 'versionID') && /^(?:openeuler|euleros)$/i.test(id);
  return systemFromName(id, isSplit ? full || version : version, textField(distro, 'prettyName'));
}

/** How Syft and Grype call what they looked at: an image reference or a folder. */
export function nameOfSource(source: unknown): string {
  const target = recordField(source, 'target');
  return (
    textField(target, 'userInput') ||
    firstTextField(source, ['name', 'target']) ||
    textField(recordField(source, 'metadata'), 'userInput')
  );
}
