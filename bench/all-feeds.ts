/**
 * The work of `bench matching` that needs a process of its own, so that its memory is nothing else's: every feed there is
 * loaded and filed as matching asks for it, then 10,000 distinct packages of real inventories are matched once, on one core.
 * Prints one JSON object. Run with `--expose-gc`, so that memory is counted without what is only waiting to be collected.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { feedItemsOf } from '../quality/library.ts';
import type { Advisory } from '../src/advisories/advisory.ts';
import { vulnerabilityIdsOf } from '../src/advisories/vulnerability-id.ts';
import { isAppError } from '../src/errors.ts';
import { type InstalledPackage, packageFields } from '../src/inventory/package.ts';
import { parseInventory } from '../src/inventory/parse.ts';
import { type Candidate, filedName } from '../src/matching/candidate.ts';
import { matchPackage } from '../src/matching/match.ts';
import { candidatesFor, type FiledCandidates, fileByName } from '../src/matching/scan.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHARED = join(ROOT, '../shared/data');
const PACKAGES = 10_000;
const ROUNDS = 3;

interface LoadedFeeds {
  readonly filed: FiledCandidates<Candidate>;
  readonly records: number;
  readonly candidates: number;
  readonly exploited: ReadonlySet<string>;
}

/** Folders of advisories and of inventories: what was gathered, or the bundled snapshot. */
function places(): { readonly feeds: readonly string[]; readonly inventories: readonly string[] } {
  const within = (folder: string, names: readonly string[]): readonly string[] =>
    names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (!existsSync(SHARED)) {
    return {
      feeds: [join(ROOT, 'snapshot/advisories')],
      inventories: [join(ROOT, 'snapshot/fleet/inventories')],
    };
  }
  return {
    feeds: within(SHARED, ['advisories', 'vendor-formats', 'cms', 'prioritisation', 'windows']),
    inventories: within(SHARED, [
      'inventories/vuls-hosts',
      'inventories/syft-json',
      'inventories/sbom-spdx',
      'inventories/clair-index',
    ]),
  };
}

async function loadFeeds(paths: readonly string[]): Promise<LoadedFeeds> {
  const advisories = new Map<string, { readonly feed: string; readonly advisory: Advisory }>();
  const exploited = new Set<string>();
  for await (const item of feedItemsOf(paths)) {
    if (item.kind === 'advisory') advisories.set(`${item.feed}\n${item.advisory.id}`, item);
    else if (item.kind === 'known-exploited') exploited.add(item.entry.cve);
  }
  let candidates = 0;
  const all = function* (): Generator<Candidate> {
    for (const { feed, advisory } of advisories.values()) {
      for (const affected of advisory.affected) {
        candidates += 1;
        const vulnerabilities = vulnerabilityIdsOf(advisory, affected);
        yield { feed, advisoryId: advisory.id, cves: advisory.cves, vulnerabilities, affected };
      }
    }
  };
  const filed = fileByName(all(), (candidate) => filedName(candidate.affected));
  return { filed, records: advisories.size, candidates, exploited };
}

/** Distinct packages of the inventories, evenly chosen; fewer where there are not so many. */
async function distinctPackages(folders: readonly string[]): Promise<readonly InstalledPackage[]> {
  const distinct = new Map<string, InstalledPackage>();
  for (const folder of folders) {
    for (const file of (await readdir(folder)).sort()) {
      try {
        const { packages } = parseInventory(await readFile(join(folder, file)), { file });
        for (const pkg of packages) distinct.set(packageFields(pkg).join('\n'), pkg);
      } catch (error) {
        // Some files are of no whole server, and say so.
        if (!isAppError(error)) throw error;
      }
    }
  }
  const all = [...distinct.values()];
  const step = Math.max(1, all.length / PACKAGES);
  return Array.from({ length: Math.min(PACKAGES, all.length) }, (_, at) => all[Math.floor(at * step)]).filter(
    (pkg) => pkg !== undefined,
  );
}

function matchAll(packages: readonly InstalledPackage[], { filed, exploited }: LoadedFeeds): number {
  let matches = 0;
  for (const pkg of packages) {
    const candidates = candidatesFor(pkg, filed);
    if (candidates.length > 0) matches += matchPackage(pkg, candidates, exploited).length;
  }
  return matches;
}

const { feeds, inventories } = places();
const packages = await distinctPackages(inventories);
const before = performance.now();
const loaded = await loadFeeds(feeds);
const loadSeconds = (performance.now() - before) / 1000;
globalThis.gc?.();
const rss = process.memoryUsage().rss / 1e6;
const seconds: number[] = [];
const wallSeconds: number[] = [];
let matches = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  matches = matchAll(packages, loaded);
  const { user, system } = process.cpuUsage(cpu);
  seconds.push((user + system) / 1e6);
  wallSeconds.push((performance.now() - started) / 1000);
}
const perTenThousand = (value: number): number => (value * PACKAGES) / Math.max(1, packages.length);
process.stdout.write(
  `${JSON.stringify({
    all_feeds_records: loaded.records,
    all_feeds_candidates: loaded.candidates,
    all_feeds_load_seconds: loadSeconds,
    all_feeds_rss_mb: Math.round(rss),
    distinct_packages: packages.length,
    distinct_package_matches: matches,
    // Seconds of the processor, so that other work on the machine does not count; the first round, in which nothing is warm.
    seconds_10000_packages: perTenThousand(seconds[0] ?? Number.NaN),
    seconds_10000_packages_warm: perTenThousand(Math.min(...seconds)),
    seconds_10000_packages_wall: perTenThousand(wallSeconds[0] ?? Number.NaN),
  })}\n`,
);
