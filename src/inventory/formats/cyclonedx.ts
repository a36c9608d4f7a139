import { appError } from '../../errors.ts';
import { hasField, listField, propertiesField, recordField, textField, timeOf } from '../json-fields.ts';
import type { PackageList } from '../package-list.ts';
import { moduleStreamOf, sourceOfSourceRpm } from '../purl.ts';
import type { System } from '../system.ts';
import { systemFromName } from '../system-from-name.ts';
import { readCycloneDxXml } from './cyclonedx-xml.ts';
import type { FoundServer, JsonFormat, TextFormat } from './format.ts';
import { isObjectItem } from './object-item.ts';
import { addPurlPackage, SystemVote } from './purl-packages.ts';
import { rpmVersion } from './rpm-list.ts';

/** Most components walked, nested ones included: those without a package URL count too. */
export const CYCLONEDX_COMPONENTS_MAX = 1_000_000;

/** CycloneDX 1.0 to 1.6 as JSON (https://cyclonedx.org/docs/). */
export const CYCLONEDX_JSON: JsonFormat = {
  name: 'CycloneDX JSON',
  recognises: (document) =>
    textField(document, 'bomFormat') === 'CycloneDX' ||
    (hasField(document, 'components') && textField(document, 'specVersion') !== ''),
  read: (document, list) => readComponents(document, list),
};

/** CycloneDX 1.0 to 1.6 as XML. */
export const CYCLONEDX_XML: TextFormat = {
  name: 'CycloneDX XML',
  recognises: (text) =>
    /^\s*<(?:[?!][^>]*>\s*<)*(?:\w+:)?bom[\s>]/.test(text.slice(0, 4000)) &&
    text.includes('cyclonedx.org/schema/bom'),
  read: (text, list) => readComponents(readCycloneDxXml(text, list.file), list),
};

/** The tree of components is walked with a stack of its own: a hostile document may nest as deep as it likes. */
function readComponents(document: unknown, list: PackageList): FoundServer {
  const metadata = recordField(document, 'metadata');
  const root = recordField(metadata, 'component');
  const vote = new SystemVote();
  let stated: System | undefined;
  let seen = 0;
  const pending: unknown[] = [...listField(document, 'components')].reverse();
  if (hasField(metadata, 'component')) pending.push(root);
  for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
    seen += 1;
    if (seen > CYCLONEDX_COMPONENTS_MAX) {
      throw appError('inventory-too-large', {
        file: list.file,
        what: 'components',
        limit: CYCLONEDX_COMPONENTS_MAX,
      });
    }
    if (!isObjectItem(component, `component ${seen}`, list)) continue;
    if (textField(component, 'type') === 'operating-system') stated ??= systemOfComponent(component);
    else vote.add(addComponent(component, `component ${seen}`, list));
    const children = listField(component, 'components');
    for (let index = children.length - 1; index >= 0; index -= 1) pending.push(children[index]);
  }
  return {
    system: stated ?? vote.winner(),
    name: textField(root, 'name'),
    collectedAt: timeOf(textField(metadata, 'timestamp')),
  };
}

function systemOfComponent(component: unknown): System | undefined {
  const properties = propertiesField(component, 'properties');
  const id = properties.get('syft:distro:id') || textField(component, 'name');
  const version = properties.get('syft:distro:versionID') || textField(component, 'version');
  return systemFromName(id, version, properties.get('syft:distro:prettyName'));
}

function addComponent(component: unknown, where: string, list: PackageList): System | undefined {
  // `excluded` says that the component is not part of what was delivered.
  if (textField(component, 'scope') === 'excluded') return undefined;
  const purl = textField(component, 'purl');
  if (purl === '') {
    const type = textField(component, 'type');
    const named = textField(component, 'name') || where;
    if (type === 'library' || type === 'framework')
      list.addUnsupported('components without a package URL', named);
    else if (type === '') list.addUnsupported('components without a type and a package URL', named);
    return undefined;
  }
  const properties = propertiesField(component, 'properties');
  return addPurlPackage(
    list,
    purl,
    {
      ...sourceOfProperties(properties, textField(component, 'version')),
      paths: pathsOf(component, properties),
    },
    `${where} (${textField(component, 'name')})`,
  );
}

/** The source package, as Trivy and Syft write it into properties of the component. */
function sourceOfProperties(
  properties: ReadonlyMap<string, string>,
  version: string,
): { source: string; sourceVersion: string; module: string; origin: string; version: string } {
  const trivy = (name: string): string => properties.get(`aquasecurity:trivy:${name}`) ?? '';
  const syft = (name: string): string => properties.get(`syft:metadata:${name}`) ?? '';
  const sourceRpm = sourceOfSourceRpm(syft('sourceRpm'), version);
  return {
    source: trivy('SrcName') || syft('source') || syft('originPackage') || sourceRpm.source,
    sourceVersion:
      rpmVersion(trivy('SrcEpoch'), trivy('SrcVersion'), trivy('SrcRelease')) ||
      syft('sourceVersion') ||
      sourceRpm.sourceVersion,
    module: moduleStreamOf(trivy('Modularitylabel') || syft('modularityLabel')),
    origin: syft('vendor'),
    version,
  };
}

function pathsOf(component: unknown, properties: ReadonlyMap<string, string>): readonly string[] {
  const occurrences = listField(recordField(component, 'evidence'), 'occurrences').map((item) =>
    textField(item, 'location'),
  );
  return [
    properties.get('aquasecurity:trivy:FilePath') ?? '',
    properties.get('syft:location:0:path') ?? '',
    ...occurrences,
  ].filter((path) => path !== '');
}
