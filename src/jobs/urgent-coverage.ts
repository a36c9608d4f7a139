/** How far the fleet can answer what is asked: whom it is put to, on which of them it is unknown, what no inventory tells. */
import { counted } from '../counted.ts';
import { isApplicationEcosystem } from '../inventory/package.ts';
import { systemOfKey } from '../inventory/system.ts';
import { type CoverageStatus, coverageOf } from '../matching/coverage.ts';
import type { Queryable } from '../store/database.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { type ServersOfSystem, serversBySystem } from '../store/urgent/servers-by-system.ts';
import type { UrgentItem } from '../store/urgent/urgent-items.ts';
import { feedsInForce } from './feeds-in-force.ts';
import type { CoverageClock } from './refresh-unknown.ts';

/** Uncovered systems named in an answer, at most; their servers are counted whatever it is. */
export const UNCOVERED_SYSTEMS_MAX = 50;
/** Of them in its sentence. */
const SYSTEMS_IN_SENTENCE_MAX = 3;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface AskedServers {
  /** Listed servers in scope that the question is put to: where it is about one system or family, those of it. */
  readonly total: number;
  /** Those of them that are uncovered or silent: that nothing was found on them does not mean that nothing is there. */
  readonly unknown: number;
  /** Those of which no current feed covers the system. */
  readonly uncovered: number;
  /** Those that have not been heard of for too long. */
  readonly silent: number;
  /** The systems of the uncovered ones, the most servers first, at most `UNCOVERED_SYSTEMS_MAX`. */
  readonly uncoveredSystems: readonly {
    /** Empty where the inventory names none. */
    readonly system: string;
    readonly status: Exclude<CoverageStatus, 'covered'>;
    readonly reason: string;
    readonly servers: number;
  }[];
}

export interface AskedFleet {
  readonly asked: AskedServers;
  /** What no answer from these inventories covers, one sentence each. */
  readonly notCovered: readonly string[];
}

/** Looks at the servers in scope that an item is put to, at the moment of `clock`. Exact. */
export async function askedFleet(
  tx: Queryable,
  item: Pick<UrgentItem, 'kind' | 'ecosystem'>,
  { scope, clock }: { readonly scope: FleetScope; readonly clock: CoverageClock },
): Promise<AskedFleet> {
  const { feeds, by } = await feedsInForce(tx, clock);
  const all = await serversBySystem(tx, scope, clock.now - clock.silentDays * DAY_MS);
  const rows = all.filter(({ system }) => isPutTo(item, system));
  const judged = rows.map((row) => ({
    ...row,
    coverage: coverageOf(row.system === '' ? undefined : systemOfKey(row.system), feeds, by),
  }));
  const uncoveredSystems = judged
    .flatMap(({ system, listed, coverage: { status, reason } }) =>
      status === 'covered' || listed === 0 ? [] : [{ system, status, reason, servers: listed }],
    )
    .sort((a, b) => b.servers - a.servers || (a.system < b.system ? -1 : 1));
  const uncovered = uncoveredSystems.reduce((sum, { servers }) => sum + servers, 0);
  const silentAndCovered = sumOf(
    judged.filter(({ coverage }) => coverage.status === 'covered'),
    'silent',
  );
  const asked: AskedServers = {
    total: sumOf(rows, 'listed'),
    unknown: uncovered + silentAndCovered,
    uncovered,
    silent: sumOf(rows, 'silent'),
    uncoveredSystems: uncoveredSystems.slice(0, UNCOVERED_SYSTEMS_MAX),
  };
  return {
    asked,
    notCovered: [
      ...askedSentences(item, asked, uncoveredSystems.length),
      ...inventorySentences(rows, clock.silentDays),
    ],
  };
}

/** A server that names no system may run any. */
function isPutTo({ kind, ecosystem }: Pick<UrgentItem, 'kind' | 'ecosystem'>, system: string): boolean {
  if (system === '' || kind === 'cve') return true;
  const { family } = systemOfKey(system);
  if (kind === 'kb') return family === 'windows';
  return (
    ecosystem === '' || isApplicationEcosystem(ecosystem) || ecosystem === system || ecosystem === family
  );
}

function askedSentences(
  item: Pick<UrgentItem, 'kind' | 'ecosystem'>,
  { total, uncovered, uncoveredSystems }: AskedServers,
  systems: number,
): readonly string[] {
  const isOfSystem = item.ecosystem !== '' && !isApplicationEcosystem(item.ecosystem);
  const what = item.kind === 'kb' ? ' of Windows' : isOfSystem ? ` of ${item.ecosystem}` : '';
  if (total === 0) return [`No server${what} has reported an inventory.`];
  if (uncovered === 0) return [];
  const named = uncoveredSystems
    .slice(0, SYSTEMS_IN_SENTENCE_MAX)
    .map(({ system, servers }) => `${system === '' ? 'no system named' : system}: ${servers}`);
  const left = systems - named.length;
  const list = left > 0 ? `${named.join(', ')} and ${counted(left, 'more system')}` : named.join(', ');
  const meaning =
    item.kind === 'package'
      ? 'versions were compared there as elsewhere, and no record will say what their vendor mended'
      : 'that nothing was found there does not mean that nothing is there';
  return [
    `${uncovered} of ${counted(total, 'server')} asked ${uncovered === 1 ? 'runs' : 'run'} a system that no current feed covers (${list}): ${meaning}.`,
  ];
}

function inventorySentences(rows: readonly ServersOfSystem[], silentDays: number): readonly string[] {
  const neverReported = sumOf(rows, 'neverReported');
  const silent = sumOf(rows, 'silent');
  const withProblems = sumOf(rows, 'withProblems');
  const notListed = sumOf(rows, 'notListed');
  const servers = (count: number, one: string, many: string): string =>
    counted(count, `server ${one}`, `servers ${many}`);
  return [
    ...(neverReported === 0
      ? []
      : [`${servers(neverReported, 'is known and has', 'are known and have')} never reported.`]),
    ...(silent === 0
      ? []
      : [
          `${servers(silent, 'was', 'were')} last heard of more than ${silentDays} days ago: what is said of them is old.`,
        ]),
    ...(withProblems === 0
      ? []
      : [`${servers(withProblems, 'names', 'name')} something that their inventory could not look into.`]),
    ...(notListed === 0 ? [] : [`${servers(notListed, 'is', 'are')} in no list because of the edition.`]),
    'Only what inventories name is seen: software inside archives, containers or by hand where they list it.',
  ];
}

function sumOf(rows: readonly ServersOfSystem[], count: Exclude<keyof ServersOfSystem, 'system'>): number {
  return rows.reduce((sum, row) => sum + row[count], 0);
}
