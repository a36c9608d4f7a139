import type { FiledCandidate } from '../advisories/filed-candidate.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { explainPackage, type RecordVerdict } from '../matching/explain.ts';
import { candidatesFor, type FiledCandidates, type ScanFinding } from '../matching/scan.ts';
import { compareVersions } from '../versions/compare.ts';
import { schemeOf } from '../versions/scheme-of-ecosystem.ts';
import type { OtherFinding } from './other-report.ts';

/**
 * Why we do not list what another scanner does: the installed version has the fix; the records say that it is not
 * affected; it is of a kernel that does not run; no record names the vulnerability for the package; no feed answers for
 * the package's system; the inventory has no such package.
 */
export type WhyNot =
  | 'fixed'
  | 'not-affected'
  | 'not-running-kernel'
  | 'no-record'
  | 'not-covered'
  | 'not-installed';

export interface NotFound {
  readonly why_not: WhyNot;
  /** One sentence. */
  readonly verdict: string;
}

/** The package's own answer first where a name stands for several packages: what says most about it. */
const TELLING: readonly WhyNot[] = [
  'not-running-kernel',
  'fixed',
  'not-affected',
  'no-record',
  'not-covered',
  'not-installed',
];

interface OpinionParts {
  readonly packages: readonly InstalledPackage[];
  readonly filed: FiledCandidates<FiledCandidate>;
  /** Packages that match and raise nothing. */
  readonly silent: ReadonlySet<InstalledPackage>;
  /** Ecosystems that some record speaks of. */
  readonly answered: ReadonlySet<string>;
}

/** What our records say of the packages of one inventory; each package is explained once, when first asked about. */
export class PackageOpinions {
  readonly #parts: OpinionParts;
  readonly #byName = new Map<string, InstalledPackage[]>();
  readonly #verdicts = new Map<InstalledPackage, readonly RecordVerdict[]>();
  #byId: ReadonlyMap<string, ReadonlySet<InstalledPackage>> | undefined;

  constructor(parts: OpinionParts) {
    this.#parts = parts;
    for (const pkg of parts.packages) {
      for (const name of new Set([plainName(pkg.name), plainName(pkg.source), artifactOf(pkg.name)])) {
        const held = this.#byName.get(name);
        if (held === undefined) this.#byName.set(name, [pkg]);
        else held.push(pkg);
      }
    }
  }

  /** The sentence of the record that decided. */
  whyFound({ vul_id, advisory_id, package: { ecosystem, name, version } }: ScanFinding): string {
    const pkg = this.#byName
      .get(plainName(name))
      ?.find((one) => one.ecosystem === ecosystem && one.name === name && one.version === version);
    if (pkg === undefined) return '';
    const affected = this.#recordsOf(pkg).filter(({ decision }) => decision === 'affected');
    const isOurs = ({ vulnerabilities }: RecordVerdict): boolean =>
      vulnerabilities.some(({ id }) => id === vul_id);
    const decided = affected.find((record) => record.advisory_id === advisory_id && isOurs(record));
    return (decided ?? affected.find(isOurs))?.reason ?? '';
  }

  /** Why nothing of `id` was found for the packages that the other scanner names. */
  whyNot(id: string, findings: readonly OtherFinding[]): NotFound {
    const answers = findings.flatMap((finding) => this.#answersTo(id, finding));
    for (const why of TELLING) {
      const answer = answers.find(({ why_not }) => why_not === why);
      if (answer !== undefined) return answer;
    }
    return { why_not: 'no-record', verdict: `No record of ${id} names a package of the inventory.` };
  }

  #answersTo(id: string, { package: name, version }: OtherFinding): readonly NotFound[] {
    // Without a package every one that some record of the vulnerability names is asked.
    if (name === '')
      return [...(this.#packagesById().get(id) ?? [])].map((pkg) => this.#answerOf(id, pkg, ''));
    const installed = this.#byName.get(plainName(name)) ?? [];
    if (installed.length === 0) {
      return [{ why_not: 'not-installed', verdict: `The inventory has no package ${name}.` }];
    }
    const same = installed.filter((pkg) => pkg.version === version);
    return (same.length > 0 ? same : installed).map((pkg) => this.#answerOf(id, pkg, version));
  }

  #answerOf(id: string, pkg: InstalledPackage, version: string): NotFound {
    const bearing = this.#recordsOf(pkg).filter((record) => bears(record, id));
    const seen = version === '' || isSameVersion(version, pkg) ? '' : ` The report saw version ${version}.`;
    if (bearing.length === 0) {
      const { ecosystem, name } = pkg;
      return this.#parts.answered.has(ecosystem)
        ? { why_not: 'no-record', verdict: `No record of ${id} names ${name} in ${ecosystem}.${seen}` }
        : {
            why_not: 'not-covered',
            verdict: `No feed that was imported has advisories for ${ecosystem}.${seen}`,
          };
    }
    if (this.#parts.silent.has(pkg) && bearing.some(({ decision }) => decision === 'affected')) {
      return {
        why_not: 'not-running-kernel',
        verdict: `${pkg.name} ${pkg.version} is affected, but is of a kernel that does not run.${seen}`,
      };
    }
    const fixed = bearing.find((record) => hasFix(record, pkg.ecosystem));
    if (fixed !== undefined) return { why_not: 'fixed', verdict: `${fixed.reason}${seen}` };
    return { why_not: 'not-affected', verdict: `${bearing[0]?.reason ?? ''}${seen}` };
  }

  #recordsOf(pkg: InstalledPackage): readonly RecordVerdict[] {
    let records = this.#verdicts.get(pkg);
    if (records === undefined) {
      records = explainPackage(pkg, candidatesFor(pkg, this.#parts.filed)).records;
      this.#verdicts.set(pkg, records);
    }
    return records;
  }

  #packagesById(): ReadonlyMap<string, ReadonlySet<InstalledPackage>> {
    if (this.#byId !== undefined) return this.#byId;
    const byId = new Map<string, Set<InstalledPackage>>();
    for (const pkg of this.#parts.packages) {
      for (const { advisoryId, cves } of candidatesFor(pkg, this.#parts.filed)) {
        for (const id of [advisoryId, ...cves]) {
          const held = byId.get(id);
          if (held === undefined) byId.set(id, new Set([pkg]));
          else held.add(pkg);
        }
      }
    }
    this.#byId = byId;
    return byId;
  }
}

function bears({ advisory_id, cves, vulnerabilities }: RecordVerdict, id: string): boolean {
  return advisory_id === id || cves.includes(id) || vulnerabilities.some((one) => one.id === id);
}

/** Whether the record's fix is no newer than what is installed. */
function hasFix({ rule, installed_version, fixed_version }: RecordVerdict, ecosystem: string): boolean {
  if (rule === 'same-fix-rebuilt') return true;
  const scheme = schemeOf(ecosystem);
  if (rule !== 'version-range' || fixed_version === null || scheme === undefined) return false;
  return compareVersions(scheme, installed_version, fixed_version) >= 0;
}

/** Scanners differ in case and in the word dividers of Python packages. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** `org.example:library` is `library` where a scanner leaves the group out. */
function artifactOf(name: string): string {
  return plainName(name.slice(name.lastIndexOf(':') + 1));
}

/** With or without an epoch of 0, a `v` or the release of an rpm. */
function isSameVersion(version: string, pkg: InstalledPackage): boolean {
  const bare = version.replace(/^0:|^v(?=\d)/, '');
  return bare === pkg.version || bare === pkg.sourceVersion || bare === pkg.version.replace(/^\d+:/, '');
}
