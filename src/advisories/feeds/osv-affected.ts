import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import { compareVersions } from '../../versions/compare.ts';
import { isModuleBuild } from '../../versions/module-build.ts';
import type { AffectedPackage, VersionRange } from '../advisory.ts';
import { isFieldText } from '../record-text.ts';
import { parseRpmFileName } from '../rpm-file-name.ts';
import { parseConstraint, rangesOfIntervals } from '../version-constraint.ts';
import { moduleOfSummary } from './module-of-summary.ts';
import { type EcosystemTarget, ecosystemTarget } from './osv-ecosystem.ts';
import { RecordProblem, rangesOf, versionsBeyond } from './osv-ranges.ts';

/** Most entries `affected` may have, in the record and as binaries listed in it. The most in real records are some 3,000. */
export const AFFECTED_MAX = 50_000;

/** `affected` of one record in our form, and what it held besides: the reasons to say where nothing is left. */
export interface AffectedResult {
  readonly affected: readonly AffectedPackage[];
  readonly passedOver: ReadonlySet<'other-ecosystem' | 'no-release' | 'no-versions'>;
}

/** What the record as a whole says of its packages. */
interface RecordContext {
  /** The module stream named in the summary, for those entries whose fix is a module build; else empty. */
  readonly module: string;
}

/** Reads `affected` of an OSV record. Throws `RecordProblem` where an entry is not as the schema says. */
export function affectedOf(record: JsonObject, summary: string): AffectedResult {
  const list = listField(record, 'affected');
  if (list.length > AFFECTED_MAX) throw new RecordProblem(`names more than ${AFFECTED_MAX} packages`);
  const context = { module: moduleOfSummary(summary) };
  const affected: AffectedPackage[] = [];
  const passedOver = new Set<'other-ecosystem' | 'no-release' | 'no-versions'>();
  for (const entry of list) {
    if (!isJsonObject(entry)) throw new RecordProblem('names an affected package that is no object');
    const found = packagesOf(entry, context);
    if (typeof found === 'string') passedOver.add(found);
    else affected.push(...found);
    if (affected.length > AFFECTED_MAX) throw new RecordProblem(`names more than ${AFFECTED_MAX} packages`);
  }
  return { affected: withoutRepeats(affected), passedOver };
}

/** SUSE repeats a package for every module and product of one service pack, which are one system to us. */
function withoutRepeats(affected: readonly AffectedPackage[]): readonly AffectedPackage[] {
  if (affected[0]?.scheme !== 'rpm' || affected.length === 1) return affected;
  const byContent = new Map<string, AffectedPackage>();
  for (const pkg of affected) {
    const { ecosystem, name, matchOn, module, pocket, architectures, versions } = pkg;
    const bounds = pkg.ranges.map(
      ({ introduced, fixed, lastAffected }) => `${introduced} ${fixed} ${lastAffected}`,
    );
    const content = [
      ecosystem,
      name,
      matchOn,
      module,
      pocket,
      ...architectures,
      '',
      ...versions,
      '',
      ...bounds,
    ];
    byContent.set(content.join('\n'), pkg);
  }
  return byContent.size === affected.length ? affected : [...byContent.values()];
}

function packagesOf(
  entry: JsonObject,
  context: RecordContext,
): AffectedPackage[] | 'other-ecosystem' | 'no-release' | 'no-versions' {
  const pkg = objectField(entry, 'package');
  // An entry without a package is about a source repository (`GIT` ranges).
  if (pkg === undefined) return 'other-ecosystem';
  const ecosystem = stringField(pkg, 'ecosystem');
  const target = ecosystemTarget(ecosystem, ecosystem.includes(':') ? '' : firstFixed(entry));
  if (target === 'other') return 'other-ecosystem';
  if (target === 'no-release') return 'no-release';
  const name = nameOf(stringField(pkg, 'name'), ecosystem);
  if (!isFieldText(name)) throw new RecordProblem('names an affected package without a usable name');
  const ranges = drupalRanges(entry, name) ?? rangesOf(entry, target.scheme);
  const versions = versionsBeyond(entry, ranges, target.scheme);
  if (ranges.length === 0 && versions.length === 0) return 'no-versions';
  const specific = objectField(entry, 'ecosystem_specific') ?? {};
  const whole = { target, name, ranges, versions, module: moduleOf(pkg, specific, ranges, context) };
  const binaries = binariesOf(whole, specific);
  if (binaries.length > 0) return binaries;
  // Ours: a record in a distribution's ecosystem that names binary packages where the distribution names sources.
  const matchOn = stringField(specific, 'parapet_match_on') === 'binary' ? 'binary' : target.matchOn;
  return spread(whole, { matchOn, architectures: target.architectures });
}

/**
 * Drupal's records of core are Composer's, and Composer knows no Drupal 7: its versions stand only in the constraint from
 * which the ranges were made. Undefined for every other package, and where there is no such constraint.
 */
function drupalRanges(entry: JsonObject, name: string): VersionRange[] | undefined {
  if (name !== 'drupal/core') return undefined;
  const constraint = stringField(objectField(entry, 'database_specific') ?? {}, 'affected_versions');
  // Drupal 7 counts with two numbers; one record says 7.96.0, which PHP sorts after 7.96.
  const intervals = parseConstraint(constraint.replace(/\b7\.(\d{1,4})\.0\b/g, '7.$1'), 'packagist');
  return intervals === undefined ? undefined : rangesOfIntervals(intervals, [], 'packagist');
}

interface WholeEntry {
  readonly target: EcosystemTarget;
  readonly name: string;
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
  readonly module: string;
}

/** One entry for each of our ecosystems that the record's one stands for. */
function spread(
  entry: WholeEntry,
  how: Pick<AffectedPackage, 'matchOn' | 'architectures'>,
): AffectedPackage[] {
  const { target, name, ranges, versions, module } = entry;
  const { scheme, pocket } = target;
  const { matchOn, architectures } = how;
  return target.ecosystems.map((ecosystem) => {
    return { ecosystem, name, matchOn, scheme, ranges, versions, architectures, module, pocket };
  });
}

/**
 * SUSE, openSUSE and openEuler name the source package and list its binary packages beside it. Lists of installed rpms
 * do not always tell the source, so each binary becomes an entry with the version of its own, which may differ from the
 * source's. Without such a list, or without a fix, the source stands.
 */
function binariesOf(entry: WholeEntry, specific: JsonObject): AffectedPackage[] {
  if (entry.target.scheme !== 'rpm' || entry.ranges.length !== 1 || entry.versions.length > 0) return [];
  const [range] = entry.ranges;
  if (range === undefined || range.fixed === '') return [];
  const affected: AffectedPackage[] = [];
  const add = (name: string, fixed: string, architectures: readonly string[]): void => {
    if (!isFieldText(name) || !isFieldText(fixed))
      throw new RecordProblem('lists a binary package without a usable name or version');
    const binary = { ...entry, name, ranges: [{ ...range, fixed }] };
    affected.push(...spread(binary, { matchOn: 'binary', architectures }));
  };
  for (const [name, fixed] of suseBinaries(specific)) add(name, fixed, []);
  for (const file of openEulerBinaries(specific)) add(file.name, file.version, file.architectures);
  return affected;
}

/** `binaries: [{"libfoo1": "1.2-3.1", "libfoo-devel": "1.2-3.1"}]`. Ubuntu's list of the same name has other fields and is for sources. */
function suseBinaries(specific: JsonObject): Map<string, string> {
  const binaries = new Map<string, string>();
  for (const group of listField(specific, 'binaries')) {
    if (!isJsonObject(group)) continue;
    for (const [name, version] of Object.entries(group)) {
      if (typeof version === 'string') binaries.set(name, version);
    }
  }
  return binaries;
}

interface BinaryFiles {
  readonly name: string;
  readonly version: string;
  readonly architectures: string[];
}

/**
 * `{"aarch64": ["foo-1.2-3.oe1.aarch64.rpm"], "x86_64": […], "src": […]}`. Where a list holds several versions of one
 * package, the highest is the fix. Architectures with the same version share an entry.
 */
function openEulerBinaries(specific: JsonObject): BinaryFiles[] {
  const highest = new Map<string, { readonly name: string; readonly arch: string; version: string }>();
  for (const [arch, files] of Object.entries(specific)) {
    if (arch === 'src' || arch === 'binaries' || !Array.isArray(files)) continue;
    for (const file of files) {
      const parts = typeof file === 'string' ? parseRpmFileName(file) : undefined;
      if (parts === undefined || parts.arch === 'src') continue;
      const id = `${parts.name}\n${parts.arch}`;
      const known = highest.get(id);
      if (known === undefined) highest.set(id, { ...parts });
      else if (compareVersions('rpm', parts.version, known.version) > 0) known.version = parts.version;
    }
  }
  const shared = new Map<string, BinaryFiles>();
  for (const { name, arch, version } of highest.values()) {
    const id = `${name}\n${version}`;
    const known = shared.get(id);
    if (known === undefined) shared.set(id, { name, version, architectures: [arch] });
    else known.architectures.push(arch);
  }
  return [...shared.values()];
}

function firstFixed(entry: JsonObject): string {
  for (const range of listField(entry, 'ranges')) {
    for (const event of isJsonObject(range) ? listField(range, 'events') : []) {
      const fixed = isJsonObject(event) ? stringField(event, 'fixed') : '';
      if (fixed !== '') return fixed;
    }
  }
  return '';
}

/** Names as inventories spell them: PEP 503 for PyPI; Packagist takes no notice of case. */
function nameOf(name: string, ecosystem: string): string {
  if (ecosystem === 'PyPI') return name.toLowerCase().replace(/[-_.]+/g, '-');
  return ecosystem.startsWith('Packagist') ? name.toLowerCase() : name;
}

function moduleOf(
  pkg: JsonObject,
  specific: JsonObject,
  ranges: readonly VersionRange[],
  context: RecordContext,
): string {
  const stated = stringField(specific, 'rpm_modularity') || moduleOfPurl(stringField(pkg, 'purl'));
  if (stated !== '') return isFieldText(stated) ? stated : '';
  return context.module !== '' && ranges.some((range) => isModuleBuild(range.fixed)) ? context.module : '';
}

/** `pkg:rpm/redhat/nodejs?rpmmod=nodejs:18` (the label may go on with version and context). */
function moduleOfPurl(purl: string): string {
  const label = /[?&]rpmmod=([^&#]+)/.exec(purl)?.[1];
  if (label === undefined) return '';
  return label.replaceAll(/%3a/gi, ':').split(':').slice(0, 2).join(':');
}
