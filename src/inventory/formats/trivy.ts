import { hasField, integerField, listField, recordField, textField, timeOf } from '../json-fields.ts';
import type { ApplicationEcosystem } from '../package.ts';
import type { PackageList } from '../package-list.ts';
import { applicationPackage, moduleStreamOf, withoutZeroEpoch } from '../purl.ts';
import { systemFromName } from '../system-from-name.ts';
import type { FoundServer, JsonFormat } from './format.ts';
import { isObjectItem } from './object-item.ts';
import { addPurlPackage } from './purl-packages.ts';
import { rpmVersion } from './rpm-list.ts';

/** The kinds of lock files and binaries in Trivy's and Vuls' results, and the ecosystem of each. */
const ECOSYSTEM_BY_KIND: ReadonlyMap<string, ApplicationEcosystem> = new Map([
  ...named('npm', ['npm', 'yarn', 'pnpm', 'bun', 'node-pkg', 'javascript', 'node']),
  ...named('PyPI', ['pip', 'pipenv', 'poetry', 'uv', 'pylock', 'python-pkg', 'pypi', 'python']),
  ...named('Maven', ['jar', 'pom', 'gradle', 'sbt', 'maven', 'java']),
  ...named('Go', ['gomod', 'gobinary', 'go']),
  ...named('crates.io', ['cargo', 'rustbinary', 'rust']),
  ...named('Packagist', ['composer', 'composer-vendor', 'packagist', 'php']),
  ...named('RubyGems', ['bundler', 'gemspec', 'rubygems', 'ruby']),
  ...named('NuGet', ['nuget', 'nuget-config', 'dotnet-core', 'packages-props', '.net']),
  ...named('Bitnami', ['bitnami']),
]);

function named(
  ecosystem: ApplicationEcosystem,
  kinds: readonly string[],
): readonly (readonly [string, ApplicationEcosystem])[] {
  return kinds.map((kind) => [kind, ecosystem]);
}

/** Trivy's JSON report, best made with `--list-all-pkgs`. */
export const TRIVY_JSON: JsonFormat = {
  name: 'Trivy JSON (with --list-all-pkgs)',
  recognises: (document) =>
    (hasField(document, 'SchemaVersion') &&
      (hasField(document, 'Results') || hasField(document, 'ArtifactName'))) ||
    (Array.isArray(document) && document.some((item) => hasField(item, 'Target') && hasField(item, 'Type'))),
  read: (document, list) => {
    const results = Array.isArray(document) ? document : listField(document, 'Results');
    results.forEach((result: unknown, index) => {
      if (isObjectItem(result, `result ${index + 1}`, list)) addResult(result, list);
    });
    const os = recordField(recordField(document, 'Metadata'), 'OS');
    return {
      system: systemFromName(textField(os, 'Family'), textField(os, 'Name')) ?? systemOfResults(results),
      name: textField(document, 'ArtifactName'),
      collectedAt: timeOf(textField(document, 'CreatedAt')),
    };
  },
};

/** A bare list of Trivy's package records, as its analyzers put them out. */
export const TRIVY_PACKAGES: JsonFormat = {
  name: "a list of Trivy's packages",
  recognises: (document) =>
    Array.isArray(document) &&
    document.length > 0 &&
    document
      .slice(0, 20)
      .every(
        (item) => textField(item, 'Name') !== '' && hasField(item, 'Version') && !hasField(item, 'Target'),
      ),
  read: (document, list): FoundServer => {
    if (Array.isArray(document)) {
      document.forEach((item: unknown, index) => {
        const where = `package ${index + 1}`;
        if (isObjectItem(item, where, list)) addSystemRecord(item, where, list);
      });
    }
    return {};
  },
};

/** A package record of Trivy is a package of the system; version, release and epoch may come apart or as one text. */
function addSystemRecord(item: unknown, where: string, list: PackageList): void {
  const name = textField(item, 'Name');
  if (name === 'gpg-pubkey') return;
  list.addSystemPackage(
    {
      name,
      version: versionOf(item, ''),
      arch: textField(item, 'Arch'),
      source: textField(item, 'SrcName'),
      sourceVersion: versionOf(item, 'Src'),
      module: moduleStreamOf(textField(item, 'Modularitylabel')),
      // Trivy puts rpm's vendor and everybody else's packager into `Maintainer`; only the vendor tells the origin.
      origin: textField(item, 'AnalyzedBy').startsWith('rpm') ? textField(item, 'Maintainer') : '',
    },
    `${where} (${name})`,
  );
}

function versionOf(item: unknown, prefix: '' | 'Src'): string {
  const version = textField(item, `${prefix}Version`);
  if (/^\d+:/.test(version)) return withoutZeroEpoch(version);
  return rpmVersion(integerField(item, `${prefix}Epoch`) ?? 0, version, textField(item, `${prefix}Release`));
}

function addResult(result: unknown, list: PackageList): void {
  const target = textField(result, 'Target');
  const kind = {
    target,
    isSystem: isSystemResult(result),
    ecosystem: ecosystemOfKind(textField(result, 'Type')),
  };
  const packages = listField(result, 'Packages');
  packages.forEach((item, index) => {
    addRecord(item, kind, `${target}, package ${index + 1}`, list);
  });
  const vulnerabilities = listField(result, 'Vulnerabilities');
  if (packages.length > 0 || vulnerabilities.length === 0) return;
  list.addProblem(
    `${target}: made without --list-all-pkgs, so it holds only the packages that Trivy found vulnerable, not all that is installed`,
  );
  vulnerabilities.forEach((item, index) => {
    const where = `${target}, vulnerability ${index + 1}`;
    if (!isObjectItem(item, where, list)) return;
    const record = {
      Name: textField(item, 'PkgName'),
      Version: textField(item, 'InstalledVersion'),
      FilePath: textField(item, 'PkgPath'),
      Identifier: recordField(item, 'PkgIdentifier'),
    };
    addRecord(record, kind, where, list);
  });
}

interface ResultKind {
  readonly target: string;
  readonly isSystem: boolean;
  readonly ecosystem: ApplicationEcosystem | undefined;
}

/** Reports before `Class` tell packages of the system only by a type that is no kind of lock file. */
function isSystemResult(result: unknown): boolean {
  const resultClass = textField(result, 'Class');
  const type = textField(result, 'Type');
  return (
    resultClass === 'os-pkgs' || (resultClass === '' && type !== '' && ecosystemOfKind(type) === undefined)
  );
}

function addRecord(item: unknown, kind: ResultKind, where: string, list: PackageList): void {
  if (!isObjectItem(item, where, list)) return;
  if (kind.isSystem) addSystemRecord(item, where, list);
  else addApplicationRecord(item, kind.ecosystem, kind.target, where, list);
}

function addApplicationRecord(
  item: unknown,
  ecosystem: ApplicationEcosystem | undefined,
  target: string,
  where: string,
  list: PackageList,
): void {
  const paths = [textField(item, 'FilePath') || target];
  const purl = textField(recordField(item, 'Identifier'), 'PURL');
  if (purl !== '') {
    addPurlPackage(list, purl, { paths }, where);
    return;
  }
  addNamedPackage(
    list,
    ecosystem,
    { name: textField(item, 'Name'), version: textField(item, 'Version'), paths },
    where,
  );
}

/** Adds an application package of a kind named as Trivy and Vuls name them; unknown kinds are counted. */
export function addNamedPackage(
  list: PackageList,
  ecosystem: ApplicationEcosystem | undefined,
  found: { readonly name: string; readonly version: string; readonly paths: readonly string[] },
  where: string,
): void {
  if (ecosystem === undefined) {
    list.addUnsupported('packages of a kind without advisories', found.name);
    return;
  }
  const item = applicationPackage(ecosystem, found.name, found.version);
  if (item.version === '') list.addUnsupported(`${ecosystem} packages without a version`, item.name);
  else list.addApplicationPackage({ ...item, paths: found.paths }, where);
}

/** The ecosystem of a kind of lock file or binary (`gomod`, `node-pkg`); undefined where it has none. */
export function ecosystemOfKind(kind: string): ApplicationEcosystem | undefined {
  return ECOSYSTEM_BY_KIND.get(kind.toLowerCase());
}

/** Reports before schema 2 name the system only in the target of a result: `alpine:3.9 (alpine 3.9.4)`. */
function systemOfResults(results: readonly unknown[]): ReturnType<typeof systemFromName> {
  for (const result of results) {
    const match = /\(([a-z][\w.-]*) ([^()]+(?:\([^()]*\))?)\)$/.exec(textField(result, 'Target').slice(-200));
    if (match?.[1] !== undefined && match[2] !== undefined) return systemFromName(match[1], match[2]);
  }
  return undefined;
}
