import type { Advisory, AffectedPackage, VersionRange } from '../../src/advisories/advisory.ts';

/**
 * The facts of an advisory as a record of the OSV schema: what Parapet reads and nothing else. Reading the record gives
 * the advisory again (`main.ts` checks that for every record it writes).
 */
export function osvOfAdvisory(advisory: Advisory): object {
  const { id, summary, published, modified, cves, aliases, severities, word, url } = advisory;
  return {
    id,
    modified: timeText(modified ?? published ?? 0),
    ...(published === undefined ? {} : { published: timeText(published) }),
    ...(summary === '' ? {} : { summary }),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(cves.length === 0 ? {} : { upstream: cves }),
    affected: advisory.affected.map(osvOfAffected),
    ...(severities.length === 0
      ? {}
      : { severity: severities.map(({ type, vector }) => ({ type, score: vector })) }),
    ...(word === undefined ? {} : { database_specific: { severity: word } }),
    ...(url === '' ? {} : { references: [{ type: 'ADVISORY', url }] }),
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function osvOfAffected(affected: AffectedPackage): object {
  const { ecosystem, name, ranges, versions, module, pocket, architectures } = affected;
  if (pocket !== '' || architectures.length > 0) throw new Error(`${name}: a pocket or an architecture`);
  const osv = osvEcosystem(ecosystem);
  const specific = {
    ...(module === '' ? {} : { rpm_modularity: module }),
    ...(affected.matchOn === 'binary' && osv.namesSources ? { parapet_match_on: 'binary' } : {}),
  };
  return {
    package: { ecosystem: osv.name, name },
    ...(ranges.length === 0
      ? {}
      : { ranges: ranges.map((range) => ({ type: 'ECOSYSTEM', events: eventsOf(range) })) }),
    ...(versions.length === 0 ? {} : { versions }),
    ...(Object.keys(specific).length === 0 ? {} : { ecosystem_specific: specific }),
  };
}

function eventsOf({ introduced, fixed, lastAffected }: VersionRange): object[] {
  return [
    { introduced: introduced === '' ? '0' : introduced },
    ...(fixed === '' ? [] : [{ fixed }]),
    ...(lastAffected === '' ? [] : [{ last_affected: lastAffected }]),
  ];
}

/** The ecosystem as the OSV schema spells it, and whether its records name source packages (osv-ecosystem.ts). */
function osvEcosystem(key: string): { readonly name: string; readonly namesSources: boolean } {
  const [family = '', release] = key.split(':');
  if (release === undefined) return { name: family, namesSources: false };
  switch (family) {
    case 'debian':
      return { name: `Debian:${release}`, namesSources: true };
    case 'alpine':
      return { name: `Alpine:v${release}`, namesSources: true };
    case 'openeuler':
      return { name: `openEuler:${release}`, namesSources: true };
    case 'almalinux':
      return { name: `AlmaLinux:${release}`, namesSources: false };
    default:
      throw new Error(`no OSV name is known for ${key}`);
  }
}
