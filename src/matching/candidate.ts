import type { AffectedPackage } from '../advisories/advisory.ts';
import type { RecordNotice } from '../advisories/filed-candidate.ts';
import type { Package } from '../inventory/package.ts';
import { kernelLookupName, kernelSourceOf } from './rules/kernel-names.ts';

/**
 * What matching reads: one thing that one advisory says of one package, with what is needed to name the result. Candidates
 * are found by (ecosystem, name): the names to ask for are `lookupNames(package)`, the name to file a candidate under is
 * `filedName(affected)`. The two agree by construction; nothing else may decide which record meets which package.
 */
export interface Candidate {
  /** Feed the record came from, see advisories/feed.ts. */
  readonly feed: string;
  /** The record's own id. */
  readonly advisoryId: string;
  readonly cves: readonly string[];
  /** What the API lists for this record and package: `vulnerabilityIdsOf(advisory, affected)`. */
  readonly vulnerabilities: readonly VulnerabilityRef[];
  readonly affected: AffectedPackage;
  readonly notice?: RecordNotice;
}

/** The five types of the contract (VTYPE5). */
export type VulnerabilityType = 'linux_vul' | 'windows_vul' | 'web_cms' | 'app_vul' | 'urgent_vul';

/** Names a vulnerability: the type and the id under which the API lists it. */
export interface VulnerabilityRef {
  readonly type: VulnerabilityType;
  readonly id: string;
}

/** Names under which records about `pkg` may be filed, without repeats, the package's own first. */
export function lookupNames(pkg: Package): readonly string[] {
  const names = [pkg.name];
  const kernel = kernelLookupName(pkg.name);
  if (kernel !== pkg.name) names.push(kernel);
  if (!names.includes(pkg.source)) names.push(pkg.source);
  const kernelSource = kernelSourceOf(pkg.source);
  if (!names.includes(kernelSource)) names.push(kernelSource);
  return names;
}

/** The name under which a record about `affected` is filed: its own, but for kernel images whose name carries the build. */
export function filedName(affected: AffectedPackage): string {
  return kernelLookupName(affected.name);
}
