import { join } from 'node:path';
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../src/archive/json-guard.ts';
import { isApplicationEcosystem, type Package } from '../src/inventory/package.ts';
import { parseInventory } from '../src/inventory/parse.ts';
import type { System } from '../src/inventory/system.ts';
import { systemFromName } from '../src/inventory/system-from-name.ts';
import { judgeTruth } from './judge-truths.ts';
import type { KnownPackages } from './known-packages.ts';
import { AdvisoryLibrary, itemsOfOsv } from './library.ts';
import { jsonOf, type NamedText, textsUnder } from './texts.ts';
import { trivyDbToOsv } from './trivy-db-to-osv.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'trivy';

/** One image or folder, with everything that any of its reports found: a report may have been told to leave things out. */
interface Artifact {
  readonly name: string;
  readonly system: System | undefined;
  readonly found: Map<string, { readonly pkg: Package; readonly id: string }>;
}

/** Trivy's own end-to-end cases: an advisory database, inventories, and what its reports must say. */
export async function judgeTrivy(data: string, known: KnownPackages, findings: Findings): Promise<void> {
  const folder = join(data, 'ground-truth', SOURCE);
  const library = await databaseOf(join(folder, 'db'), findings);
  const inventories = new Map<string, NamedText>();
  for await (const file of textsUnder(join(folder, 'packages'))) inventories.set(plainName(file.name), file);
  const artifacts = new Map<string, Artifact>();
  for await (const { text } of textsUnder(join(folder, 'findings'))) {
    const report = jsonOf(text);
    if (!isJsonObject(report) || stringField(report, 'ArtifactName') === '') {
      findings.leaveOut(SOURCE, 'a report in another form than its own JSON');
    } else addReport(report, artifacts, known);
  }
  for (const artifact of artifacts.values()) {
    judgeArtifact(artifact, inventories.get(plainName(artifact.name)), library, findings);
  }
}

async function databaseOf(folder: string, findings: Findings): Promise<AdvisoryLibrary> {
  const records: object[] = [];
  for await (const { text } of textsUnder(folder)) {
    const db = trivyDbToOsv(text);
    records.push(...db.records);
    for (const [reason, count] of db.leftOut) findings.leaveOut(SOURCE, reason, count);
  }
  return AdvisoryLibrary.of(itemsOfOsv(records));
}

/** `ubuntu-18.04.json` and `…/images/ubuntu-1804.tar.gz` are one image. */
function plainName(path: string): string {
  const file = path.split('/').at(-1) ?? '';
  return file.replace(/(?:\.(?:json|tar|gz))+$/, '').replace(/[^a-z0-9]+/gi, '');
}

function addReport(report: JsonObject, artifacts: Map<string, Artifact>, known: KnownPackages): void {
  const name = stringField(report, 'ArtifactName');
  const os = objectField(objectField(report, 'Metadata') ?? {}, 'OS') ?? {};
  const family = stringField(os, 'Family');
  const system = family === '' ? undefined : systemFromName(family, stringField(os, 'Name'));
  const held = artifacts.get(name);
  const artifact = { name, system: held?.system ?? system, found: held?.found ?? new Map() };
  artifacts.set(name, artifact);
  for (const result of listField(report, 'Results')) {
    if (!isJsonObject(result)) continue;
    for (const item of listField(result, 'Vulnerabilities')) {
      if (!isJsonObject(item)) continue;
      const pkg = packageOf(result, item, system, known);
      const id = stringField(item, 'VulnerabilityID');
      if (pkg !== undefined) artifact.found.set(`${pkg.name}\n${pkg.version}\n${id}`, { pkg, id });
    }
  }
}

/** The package as Parapet reads it from a report, so that the inventory and the report meet. */
function packageOf(
  result: JsonObject,
  item: JsonObject,
  system: System | undefined,
  known: KnownPackages,
): Package | undefined {
  const report = { SchemaVersion: 2, Results: [{ ...result, Vulnerabilities: [item] }] };
  const options = system === undefined ? {} : { system: system.key };
  const [pkg] = parseInventory(Buffer.from(JSON.stringify(report)), options).packages;
  if (pkg === undefined || system === undefined || isApplicationEcosystem(pkg.ecosystem)) return pkg;
  return { ...pkg, source: known.sourceOf(system.family, pkg.name) };
}

function judgeArtifact(
  { name, system, found }: Artifact,
  inventory: NamedText | undefined,
  library: AdvisoryLibrary,
  findings: Findings,
): void {
  const subject = name.split('/').at(-1) ?? name;
  const installed = new Map<string, Package>();
  if (inventory !== undefined && system !== undefined) {
    const { packages } = parseInventory(Buffer.from(inventory.text), { system: system.key });
    for (const pkg of packages) installed.set(`${pkg.name}\n${pkg.version}`, pkg);
  }
  for (const { pkg, id } of found.values()) {
    const truth = {
      source: SOURCE,
      subject,
      kind: isApplicationEcosystem(pkg.ecosystem) ? ('app_vul' as const) : ('linux_vul' as const),
      pkg: installed.get(`${pkg.name}\n${pkg.version}`) ?? pkg,
      about: [id],
      isAffected: true,
    };
    const judged = judgeTruth(truth, library);
    if (judged === undefined)
      findings.leaveOut(SOURCE, 'the database has no record of it in a form that is read');
    else findings.addCase(judged);
  }
  for (const pkg of installed.values()) {
    for (const cve of new Set(library.candidatesOf(pkg).flatMap(({ cves }) => cves))) {
      if (found.has(`${pkg.name}\n${pkg.version}\n${cve}`)) continue;
      const truth = {
        source: SOURCE,
        subject,
        kind: 'linux_vul' as const,
        pkg,
        about: [cve],
        isAffected: false,
      };
      const judged = judgeTruth(truth, library);
      if (judged !== undefined) findings.addCase(judged);
    }
  }
}
