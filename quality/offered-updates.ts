import { join } from 'node:path';
import { isJsonObject, type JsonObject, objectField, stringField } from '../src/archive/json-guard.ts';
import type { InstalledPackage } from '../src/inventory/package.ts';
import { parseInventory } from '../src/inventory/parse.ts';
import { scanInventory } from '../src/matching/scan.ts';
import { compareVersions } from '../src/versions/compare.ts';
import { schemeOf } from '../src/versions/scheme-of-ecosystem.ts';
import { judgeTruth } from './judge-truths.ts';
import type { AdvisoryLibrary } from './library.ts';
import { jsonOf, textsUnder } from './texts.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'offered-updates';

/**
 * Servers whose own package manager said which updates it offers (results of Vuls). Where a record's fix is the very version
 * offered, the installed one lacks it; where it is the very version installed, it has it. No version is ordered to know that.
 */
export async function judgeOfferedUpdates(
  data: string,
  library: AdvisoryLibrary,
  findings: Findings,
): Promise<void> {
  for await (const { name, text } of textsUnder(join(data, 'inventories'), (file) =>
    /\.json(?:\.gz)?$/.test(file),
  )) {
    const host: unknown = jsonOf(text);
    if (!isJsonObject(host) || !('jsonVersion' in host) || !('packages' in host)) continue;
    if (stringField(host, 'family') === 'pseudo') continue;
    judgeHost(name.split('/').at(-1) ?? name, host, text, { library, findings });
  }
}

function judgeHost(
  subject: string,
  host: JsonObject,
  text: string,
  { library, findings }: { readonly library: AdvisoryLibrary; readonly findings: Findings },
): void {
  const inventory = parseInventory(Buffer.from(text));
  const offered = offeredVersions(host);
  const isRecorded = [...offered.values()].some((version) => version !== '');
  if (inventory.system === undefined || library.recordsOf(inventory.system.key).size === 0) {
    findings.leaveOut(SOURCE, `no advisories for ${inventory.system?.key ?? 'the system'}`, offered.size);
    return;
  }
  for (const pkg of inventory.packages) {
    const offer = offered.get(pkg.name) ?? '';
    if (pkg.sourceVersion !== pkg.version) continue;
    for (const record of library.candidatesOf(pkg)) {
      const fixes = record.affected.ranges.map(({ fixed }) => fixed);
      const isAffected = offer !== '' && offer !== pkg.version && fixes.includes(offer);
      if (!isAffected && !fixes.includes(pkg.version)) continue;
      const truth = {
        source: SOURCE,
        subject,
        kind: 'linux_vul' as const,
        pkg,
        about: [record.advisoryId],
        isAffected,
      };
      const judged = judgeTruth(truth, library);
      if (judged !== undefined) findings.addCase(judged);
    }
  }
  if (isRecorded) findings.addNote(SOURCE, noteOn(subject, inventory.packages, offered, scanned()));

  function scanned(): ReturnType<typeof scanInventory>['findings'] {
    return scanInventory(inventory, library.source, { now: Date.now(), staleDays: 30, fixedOnly: true })
      .findings;
  }
}

/** What the host's package manager offers, by package, as the whole version that our inventory has; empty: not recorded. */
function offeredVersions(host: JsonObject): ReadonlyMap<string, string> {
  const offered = new Map<string, string>();
  for (const item of Object.values(objectField(host, 'packages') ?? {})) {
    if (!isJsonObject(item)) continue;
    const version = stringField(item, 'newVersion');
    const release = stringField(item, 'newRelease');
    offered.set(
      stringField(item, 'name'),
      (version === '' || release === '' ? version : `${version}-${release}`).replace(/^0:/, ''),
    );
  }
  return offered;
}

/** For information: what is listed with a fix that the package manager does not offer (it may be older than the advisory). */
function noteOn(
  subject: string,
  packages: readonly InstalledPackage[],
  offered: ReadonlyMap<string, string>,
  found: ReturnType<typeof scanInventory>['findings'],
): string {
  const outdated = packages.filter((pkg) => !['', pkg.version].includes(offered.get(pkg.name) ?? ''));
  let confirmed = 0;
  const others = new Set<string>();
  for (const { package: pkg, fixed_version, vul_id } of found) {
    const offer = offered.get(pkg.name) ?? '';
    const scheme = schemeOf(pkg.ecosystem);
    if (fixed_version === null || scheme === undefined || offer === '') continue;
    if (compareVersions(scheme, offer, fixed_version) >= 0) confirmed += 1;
    else others.add(`${pkg.name} ${pkg.version} < ${fixed_version} (${vul_id})`);
  }
  const examples = [...others].slice(0, 8).join(', ');
  return `${subject}: updates offered for ${outdated.length} of ${packages.length} packages; ${confirmed} findings that they fix, ${others.size} that they do not${others.size === 0 ? '' : `: ${examples}`}`;
}
