/**
 * Loads the demo: the snapshot's advisories, then the sample fleet, each by the same functions as a user's own. Nothing here
 * writes a finding: levels and statuses come from what the servers reported and from what people decided.
 */
import { createHash } from 'node:crypto';
import type { ReadProgress } from '../advisories/feed.ts';
import { readAdvisoryFiles } from '../advisories/read.ts';
import { appError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { type ParapetReport, parseReport } from '../inventory/report.ts';
import { acceptInventory } from '../jobs/accept-inventory.ts';
import { decideFindings } from '../jobs/decide-findings.ts';
import { followAdvisories } from '../jobs/follow-advisories.ts';
import { importAdvisories } from '../jobs/import-advisories.ts';
import { type CoverageClock, refreshUnknown } from '../jobs/refresh-unknown.ts';
import type { Database } from '../store/database.ts';
import { listServerNames } from '../store/fleet/list-server-names.ts';
import { serverGroupId } from '../store/fleet/server-groups.ts';
import { createEnterpriseProject } from '../store/identity/create-enterprise-project.ts';
import { listEnterpriseProjects } from '../store/identity/list-enterprise-projects.ts';
import type { Fleet, FleetDecision, FleetServer } from './fleet.ts';
import { readFleet, readFleetInventory, SNAPSHOT_ADVISORIES, SNAPSHOT_MEASURED_AT } from './snapshot.ts';

export interface DemoTarget {
  readonly database: Database;
  readonly domainId: string;
  readonly projectId: string;
  readonly clock: () => CoverageClock;
}

export interface DemoProgress {
  readonly onAdvisories?: (progress: ReadProgress) => void;
  readonly onServer?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly name: string;
  }) => void;
  readonly signal?: AbortSignal;
}

export interface DemoSummary {
  readonly advisories: number;
  readonly servers: number;
  /** Systems (`debian:11`) and how many servers run each, the most first. */
  readonly systems: readonly { readonly system: string; readonly servers: number }[];
  readonly enterpriseProjects: readonly string[];
}

/**
 * Loads the snapshot and the fleet. Servers that an earlier start has loaded stay as they are. Throws
 * `demo-database-in-use` where the database has a server that is not the demo's; then nothing is changed.
 */
export async function loadDemo(target: DemoTarget, progress: DemoProgress = {}): Promise<DemoSummary> {
  const { database, clock } = target;
  const fleet = await readFleet();
  const present = await refuseOtherServers(database, fleet);
  const read = () =>
    readAdvisoryFiles([SNAPSHOT_ADVISORIES], {
      ...(progress.onAdvisories === undefined ? {} : { onProgress: progress.onAdvisories }),
      ...(progress.signal === undefined ? {} : { signal: progress.signal }),
    });
  const imported = await importAdvisories(database, read, {
    now: clock().now,
    feedsMeasuredAt: SNAPSHOT_MEASURED_AT,
  });
  await followAdvisories(database, { now: () => clock().now });
  const reports = await readReports(fleet);
  const enterpriseProjects = await makeEnterpriseProjects(target, fleet);
  for (const [index, server] of fleet.servers.entries()) {
    progress.signal?.throwIfAborted();
    progress.onServer?.({ done: index, total: fleet.servers.length, name: server.name });
    if (!present.has(server.name)) await loadServer(target, server, { reports, enterpriseProjects });
  }
  await refreshUnknown(database, clock());
  return {
    advisories: imported.used,
    servers: fleet.servers.length,
    systems: systemsOf(fleet, reports),
    enterpriseProjects: fleet.enterprise_projects,
  };
}

/** Names of the demo's servers that are there. */
async function refuseOtherServers(database: Database, fleet: Fleet): Promise<ReadonlySet<string>> {
  const own = new Map(fleet.servers.map((server) => [demoId(`server ${server.name}`), server.name]));
  const servers = await listServerNames(database);
  const stranger = servers.find((server) => !own.has(server.id));
  if (stranger !== undefined) throw appError('demo-database-in-use', { server: stranger.name });
  return new Set(servers.flatMap((server) => own.get(server.id) ?? []));
}

async function readReports(fleet: Fleet): Promise<ReadonlyMap<string, ParapetReport>> {
  const names = new Set(fleet.servers.flatMap((server) => server.inventories));
  const reports = new Map<string, ParapetReport>();
  for (const name of names) reports.set(name, parseReport(await readFleetInventory(name)));
  return reports;
}

/** Ids of the enterprise projects by name; those that are missing are made. */
async function makeEnterpriseProjects(
  { database, domainId, clock }: DemoTarget,
  fleet: Fleet,
): Promise<ReadonlyMap<string, string>> {
  const held = await listEnterpriseProjects(database, domainId);
  const ids = new Map(held.map(({ name, id }) => [name, id]));
  for (const name of fleet.enterprise_projects) {
    if (ids.has(name)) continue;
    const id = demoId(`enterprise project ${name}`);
    await createEnterpriseProject(database, { domainId, id, name, createdAt: clock().now });
    ids.set(name, id);
  }
  return ids;
}

interface FleetParts {
  readonly reports: ReadonlyMap<string, ParapetReport>;
  readonly enterpriseProjects: ReadonlyMap<string, string>;
}

async function loadServer(target: DemoTarget, server: FleetServer, parts: FleetParts): Promise<void> {
  const { database, projectId, clock } = target;
  const id = demoId(`server ${server.name}`);
  const groupId =
    server.group === undefined
      ? undefined
      : await serverGroupId(database, {
          projectId,
          name: server.group,
          newId: demoId(`group ${server.group}`),
        });
  for (const name of server.inventories) {
    const report = parts.reports.get(name);
    if (report === undefined) throw new Error(`inventory ${name} was not read`);
    await acceptInventory(
      database,
      {
        projectId,
        identity: `id:${id}`,
        newId: id,
        agentId: demoId(`agent ${server.name}`),
        machineId: '',
        name: server.name,
        inventory: asServer(report.inventory, server),
        digest: report.digest,
        settings: {
          enterpriseProjectId: parts.enterpriseProjects.get(server.enterprise_project ?? ''),
          region: server.region,
          groupId,
          assetValue: server.asset_value,
          clusterId: server.cluster,
          edition: server.edition,
        },
      },
      clock(),
    );
  }
  for (const decision of server.decisions ?? []) await decide(target, id, decision);
}

/** The inventory as this server's own: many servers of the fleet share one. */
function asServer(inventory: Inventory, { name, private_ip, public_ip = '' }: FleetServer): Inventory {
  return { ...inventory, server: { name, uuid: '', privateIps: [private_ip], publicIp: public_ip } };
}

async function decide(target: DemoTarget, serverId: string, decision: FleetDecision): Promise<void> {
  const { database, projectId, clock } = target;
  const { vulnerabilities, operation, remark, by } = decision;
  await decideFindings(database, {
    projectId,
    enterpriseProjects: 'all',
    operation,
    remark,
    decidedBy: by,
    type: undefined,
    selection: [{ serverId, vulnerabilityIds: vulnerabilities, isNamed: vulnerabilities !== 'all' }],
    now: clock().now,
  });
}

function systemsOf(fleet: Fleet, reports: ReadonlyMap<string, ParapetReport>): DemoSummary['systems'] {
  const counts = new Map<string, number>();
  for (const server of fleet.servers) {
    const system = reports.get(server.inventories.at(-1) ?? '')?.inventory.system?.key ?? '';
    counts.set(system, (counts.get(system) ?? 0) + 1);
  }
  return [...counts]
    .map(([system, servers]) => ({ system, servers }))
    .sort((a, b) => b.servers - a.servers || (a.system < b.system ? -1 : 1));
}

/** An id in the form of a UUID that is the same at every start, so that links and scripts keep working. */
export function demoId(what: string): string {
  const hex = createHash('sha256').update(`parapet demo ${what}`).digest('hex');
  // RFC 9562, section 5.8: version 8, whose bits are the maker's own.
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
