import type { AffectedPackage } from './advisory.ts';
import type { EcosystemTarget } from './feeds/osv-ecosystem.ts';
import { isFieldText } from './record-text.ts';

/** One rpm that an advisory's fix consists of. */
export interface RpmFix {
  readonly name: string;
  /** `epoch:version-release`; empty: affected, without a fix. */
  readonly version: string;
  /** Empty: any. `src`: the source package. */
  readonly arch: string;
  /** Module stream (`nodejs:18`), empty outside modules. */
  readonly module: string;
  /** Versions before it are another line of the package; empty: there is only one. */
  readonly introduced?: string;
}

/**
 * What a list of fixed rpms says, for the systems of `target`: architectures of one package with one fix share an entry.
 * Source packages count only where a package is named by its source alone. Fixes without a usable name or version are left
 * out: `problems` names them.
 */
export function affectedByRpms(
  fixes: Iterable<RpmFix>,
  target: Pick<EcosystemTarget, 'ecosystems' | 'pocket' | 'scheme' | 'architectures'>,
  problems: string[] = [],
): AffectedPackage[] {
  const shared = new Map<string, { readonly fix: RpmFix; readonly architectures: Set<string> }>();
  let hasBinaries = false;
  for (const fix of fixes) {
    if (!isFieldText(fix.name) || (fix.version !== '' && !isFieldText(fix.version))) {
      problems.push(`names a package without a usable name or version (${fix.name.slice(0, 80)})`);
      continue;
    }
    if (fix.arch !== 'src' && fix.arch !== 'nosrc') hasBinaries = true;
    const kind = isSource(fix) ? 'source' : '';
    const key = [fix.name, withoutZeroEpoch(fix.version), fix.module, fix.introduced ?? '', kind].join('\n');
    const known = shared.get(key);
    if (known === undefined) shared.set(key, { fix, architectures: new Set([fix.arch]) });
    else known.architectures.add(fix.arch);
  }
  const affected: AffectedPackage[] = [];
  for (const { fix, architectures } of shared.values()) {
    if (isSource(fix) && hasBinaries) continue;
    for (const ecosystem of target.ecosystems)
      affected.push(affectedBy(fix, ecosystem, { ...target, architectures }));
  }
  return affected;
}

function isSource({ arch }: RpmFix): boolean {
  return arch === 'src' || arch === 'nosrc';
}

function affectedBy(
  fix: RpmFix,
  ecosystem: string,
  of: Pick<EcosystemTarget, 'pocket' | 'scheme'> & {
    readonly architectures: ReadonlySet<string>;
  },
): AffectedPackage {
  const { architectures, pocket, scheme } = of;
  const isAny = isSource(fix) || architectures.has('');
  return {
    ecosystem,
    name: fix.name,
    matchOn: isSource(fix) ? 'source' : 'binary',
    scheme,
    ranges: [{ introduced: fix.introduced ?? '', fixed: withoutZeroEpoch(fix.version), lastAffected: '' }],
    versions: [],
    architectures: isAny ? [] : [...architectures],
    module: fix.module,
    pocket,
  };
}

/** rpm takes no epoch for 0, and so do inventories: one spelling. */
export function withoutZeroEpoch(version: string): string {
  return version.startsWith('0:') ? version.slice(2) : version;
}
