import { appError } from '../../errors.ts';
import { updateNumberOf } from '../../windows/update-number.ts';
import {
  hasField,
  listField,
  recordField,
  textField,
  textListField,
  timeOf,
  valuesField,
} from '../json-fields.ts';
import { statedKernel } from '../kernel.ts';
import type { PackageList } from '../package-list.ts';
import { moduleStreamOf, withoutZeroEpoch } from '../purl.ts';
import { systemFromName } from '../system-from-name.ts';
import type { FoundServer, FoundWindows, JsonFormat } from './format.ts';
import { addNamedPackage, ecosystemOfKind } from './trivy.ts';

/** A scan result of Vuls (`results/**.json`, jsonVersion 4): one server, its packages and source packages. */
export const VULS_JSON: JsonFormat = {
  name: 'Vuls JSON',
  recognises: (document) =>
    hasField(document, 'jsonVersion') && hasField(document, 'serverName') && hasField(document, 'family'),
  read: (document, list) => readVuls(document, list),
};

function readVuls(document: unknown, list: PackageList): FoundServer {
  const family = textField(document, 'family');
  const release = textField(document, 'release');
  if (family === 'pseudo') {
    throw appError('inventory-unreadable', {
      file: list.file,
      problem: 'a pseudo target of Vuls names products by CPE and has no packages; scan the server itself',
    });
  }
  addPackages(document, family, list);
  addLibraries(document, list);
  const kernel = recordField(document, 'runningKernel');
  return {
    ...(family === 'windows' ? { windows: windowsOf(document, kernel) } : {}),
    system: systemFromName(family, release),
    name: textField(document, 'serverName'),
    uuid: textField(document, 'serverUUID'),
    addresses: [...textListField(document, 'ipv4Addrs'), ...textListField(document, 'ipv6Addrs')],
    runningKernel:
      family === 'windows'
        ? undefined
        : statedKernel(textField(kernel, 'release'), textField(kernel, 'version')),
    collectedAt: timeOf(textField(document, 'scannedAt')),
  };
}

/** Vuls keeps the build where others have the kernel's version, and update numbers without their letters. */
function windowsOf(document: unknown, kernel: unknown): FoundWindows {
  return {
    build: textField(kernel, 'version'),
    installed: textListField(recordField(document, 'windowsKB'), 'applied').flatMap(
      (number) => updateNumberOf(number) ?? [],
    ),
    pending: [],
    restartRequired: recordField(document, 'runningKernel')['rebootRequired'] === true,
  };
}

function addPackages(document: unknown, family: string, list: PackageList): void {
  const sources = new Map<string, { readonly name: string; readonly version: string }>();
  for (const item of valuesField(document, 'SrcPackages')) {
    const source = { name: textField(item, 'name'), version: withoutZeroEpoch(textField(item, 'version')) };
    for (const binary of textListField(item, 'binaryNames')) sources.set(binary, source);
  }
  for (const item of valuesField(document, 'packages')) {
    const name = textField(item, 'name');
    if (name === 'gpg-pubkey') continue;
    const release = textField(item, 'release');
    const version = textField(item, 'version');
    const source = sources.get(name);
    list.addSystemPackage(
      {
        name,
        version: version === '' || release === '' ? version : withoutZeroEpoch(`${version}-${release}`),
        arch: textField(item, 'arch'),
        source: source?.name ?? '',
        sourceVersion: source?.version ?? '',
        module: moduleStreamOf(textField(item, 'modularitylabel')),
        // For others `repository` is where the update would come from; for Amazon Linux it is where the package came from.
        origin: family === 'amazon' ? textField(item, 'repository') : textField(item, 'vendor'),
      },
      `package ${name}`,
    );
  }
}

function addLibraries(document: unknown, list: PackageList): void {
  for (const scanner of listField(document, 'libraries')) {
    const path = textField(scanner, 'LockfilePath') || textField(scanner, 'path');
    const ecosystem = ecosystemOfKind(textField(scanner, 'Type'));
    const libraries = [...listField(scanner, 'Libs'), ...listField(scanner, 'libs')];
    for (const library of libraries) {
      const name = textField(library, 'Name') || textField(library, 'name');
      const version = textField(library, 'Version') || textField(library, 'version');
      const file = textField(library, 'FilePath') || path;
      addNamedPackage(list, ecosystem, { name, version, paths: [file] }, `${path}, library ${name}`);
    }
  }
}
