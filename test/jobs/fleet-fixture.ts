import type { Advisory, AffectedPackage } from '../../src/advisories/advisory.ts';
import type { FeedItem } from '../../src/advisories/feed.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import type { InstalledPackage } from '../../src/inventory/package.ts';
import { systemOf } from '../../src/inventory/system.ts';
import type { InventoryToAccept } from '../../src/jobs/accept-inventory.ts';
import type { CoverageClock } from '../../src/jobs/refresh-unknown.ts';
import { schemeOf } from '../../src/versions/scheme-of-ecosystem.ts';

/**
 * Small fleets for tests of the jobs. Package and advisory facts are Debian's own (tracker lists DSA and DLA, 2023-03)
 * and Bitnami's (BIT-tomcat-2025-24813); names of servers are ours.
 */

export const PROJECT = 'p'.repeat(32);
export const T0 = Date.UTC(2023, 3, 3);
const DAY_MS = 24 * 60 * 60 * 1000;

/** A clock that stands `days` after `T0`. */
export function clockAt(days: number): CoverageClock {
  const now = T0 + days * DAY_MS;
  return { now, staleDays: 30, silentDays: 7 };
}

export interface AdvisoryFacts {
  readonly id: string;
  readonly cves: readonly string[];
  readonly ecosystem: string;
  readonly name: string;
  readonly fixed: string;
  readonly feed?: string;
  readonly matchOn?: 'source' | 'binary';
  readonly vector?: string;
  readonly word?: 'critical' | 'high' | 'medium' | 'low';
  readonly modified?: number;
  readonly published?: number;
}

export function advisoryItem(facts: AdvisoryFacts): FeedItem {
  const affected: AffectedPackage = {
    ecosystem: facts.ecosystem,
    name: facts.name,
    matchOn: facts.matchOn ?? (facts.ecosystem.includes(':') ? 'source' : 'binary'),
    scheme: schemeOf(facts.ecosystem) ?? 'semver',
    ranges: [{ introduced: '', fixed: facts.fixed, lastAffected: '' }],
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
  };
  const advisory: Advisory = {
    id: facts.id,
    cves: facts.cves,
    aliases: [],
    summary: `${facts.name} security update`,
    published: facts.published ?? T0 - 90 * DAY_MS,
    modified: facts.modified ?? T0 - DAY_MS,
    severities: facts.vector === undefined ? [] : [{ type: 'CVSS_V3', vector: facts.vector }],
    word: facts.word,
    affected: [affected],
    url: '',
  };
  return { kind: 'advisory', feed: facts.feed ?? 'osv', advisory };
}

export const CRITICAL_VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

export const SYSTEMD: AdvisoryFacts = {
  id: 'DLA-3377-1',
  cves: ['CVE-2023-26604'],
  ecosystem: 'debian:10',
  name: 'systemd',
  fixed: '241-7~deb10u9',
  word: 'high',
};

export const TOMCAT: AdvisoryFacts = {
  id: 'BIT-tomcat-2025-24813',
  cves: ['CVE-2025-24813'],
  ecosystem: 'Bitnami',
  name: 'tomcat',
  fixed: '9.0.99',
  vector: CRITICAL_VECTOR,
};

export const TOMCAT_EXPLOITED: FeedItem = {
  kind: 'known-exploited',
  entry: { cve: 'CVE-2025-24813', name: 'Apache Tomcat Path Equivalence Vulnerability', addedAt: T0 },
};

export async function* itemsOf(...items: readonly FeedItem[]): AsyncGenerator<FeedItem> {
  yield* items;
}

export function installed(facts: {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly source?: string;
  readonly paths?: readonly string[];
  readonly arch?: string;
}): InstalledPackage {
  return {
    ecosystem: facts.ecosystem,
    name: facts.name,
    version: facts.version,
    arch: facts.arch ?? '',
    source: facts.source ?? facts.name,
    sourceVersion: facts.version,
    module: '',
    origin: '',
    paths: facts.paths ?? [],
  };
}

export function serverOf(
  name: string,
  packages: readonly InstalledPackage[],
  more: Partial<Pick<Inventory, 'runningKernel' | 'system'>> &
    Partial<Pick<InventoryToAccept, 'settings'>> = {},
): InventoryToAccept {
  return {
    projectId: PROJECT,
    identity: `name:${name}`,
    agentId: '',
    machineId: '',
    name,
    digest: '',
    settings: more.settings ?? {},
    inventory: {
      system: 'system' in more ? more.system : systemOf('debian', '10'),
      server: { name, uuid: '', privateIps: ['10.0.0.5'], publicIp: '' },
      runningKernel: more.runningKernel,
      packages,
      collectedAt: undefined,
      problems: [],
    },
  };
}
