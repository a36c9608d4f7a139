/**
 * `bench matching`: matching alone against notus-scanner's on the same host and product, and the whole `parapet scan`
 * process against the whole `debsecan` process on the same Debian host and the same facts. Ratios are theirs divided by
 * ours, measured in turns within one run. Both tools are Debian packages; without them their ratio is left out, and said.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';
import type { Advisory } from '../src/advisories/advisory.ts';
import { COMPILED_FILE_NAME } from '../src/advisories/compiled-format.ts';
import { writeCompiled } from '../src/advisories/compiled-write.ts';
import { vulnerabilityIdsOf } from '../src/advisories/vulnerability-id.ts';
import type { InstalledPackage } from '../src/inventory/package.ts';
import { type Candidate, filedName } from '../src/matching/candidate.ts';
import { matchPackage } from '../src/matching/match.ts';
import { candidatesFor, type FiledCandidates, fileByName, type ScanFinding } from '../src/matching/scan.ts';
import type { BenchOptions, Figures } from './main.ts';
import {
  debianCase,
  type FeedAdvisory,
  type MatchingCase,
  type NotusCase,
  notusCase,
} from './matching-data.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOTUS_LIBRARY = '/usr/lib/python3/dist-packages';
const PYTHON = '/usr/bin/python3';
const DEBSECAN = '/usr/bin/debsecan';
const ROUND_SECONDS = 3;
const PROCESS_ROUNDS = 15;

export async function matchingBench({ note }: BenchOptions): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-'));
  try {
    return {
      ...(await againstAllFeeds(note)),
      ...(await againstNotus(folder, note)),
      ...(await againstDebsecan(folder, note)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 10,000 distinct packages against every feed there is, in a process whose memory is nothing else's. */
async function againstAllFeeds(note: (text: string) => void): Promise<Figures> {
  note('all feeds, in a process of its own');
  const script = fileURLToPath(new URL('all-feeds.ts', import.meta.url));
  const output = await runProcess(process.execPath, ['--expose-gc', script], {});
  const result: unknown = JSON.parse(output);
  if (typeof result !== 'object' || result === null)
    throw new Error(`all-feeds.ts answered ${output.slice(0, 200)}`);
  const figures = Object.entries(result).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return Object.fromEntries(figures);
}

async function againstNotus(folder: string, note: (text: string) => void): Promise<Figures> {
  const found = await notusCase();
  const { inventory } = found;
  const filed = fileByName(candidatesOf(found.advisories), (candidate) => filedName(candidate.affected));
  note(`${found.name}: ${inventory.packages.length} packages, ${found.advisories.length} advisories`);
  const ours = timeRounds(() => matchAll(inventory.packages, filed));
  const figures = {
    host_packages: inventory.packages.length,
    matching_seconds: ours.seconds,
    matching_advisories: ours.result,
  };
  if (!existsSync(join(NOTUS_LIBRARY, 'notus/scanner'))) {
    note('notus-scanner is not installed: apt-get install notus-scanner');
    return figures;
  }
  const notus = await runNotus(folder, found);
  return {
    ...figures,
    notus_seconds: notus.seconds,
    notus_advisories: notus.advisories,
    ratio_notus: notus.seconds / ours.seconds,
  };
}

function matchAll(packages: readonly InstalledPackage[], filed: FiledCandidates<Candidate>): number {
  const found = new Set<string>();
  for (const pkg of packages) {
    const candidates = candidatesFor(pkg, filed);
    if (candidates.length === 0) continue;
    for (const match of matchPackage(pkg, candidates)) found.add(match.advisoryId);
  }
  return found.size;
}

function* candidatesOf(advisories: readonly FeedAdvisory[]): Generator<Candidate> {
  for (const { feed, advisory } of advisories) {
    for (const affected of advisory.affected) {
      const vulnerabilities = vulnerabilityIdsOf(advisory, affected);
      yield { feed, advisoryId: advisory.id, cves: advisory.cves, vulnerabilities, affected };
    }
  }
}

function timeRounds(work: () => number): { readonly seconds: number; readonly result: number } {
  const times: number[] = [];
  const end = performance.now() + ROUND_SECONDS * 1000;
  let result = 0;
  while (times.length === 0 || performance.now() < end) {
    const started = performance.now();
    result = work();
    times.push((performance.now() - started) / 1000);
  }
  return { seconds: median(times), result };
}

async function runNotus(
  folder: string,
  found: NotusCase,
): Promise<{ readonly seconds: number; readonly advisories: number }> {
  const product = join(folder, 'host.notus');
  const packages = join(folder, 'packages.json');
  await writeFile(product, found.product);
  const isDebian = found.system.startsWith('ubuntu:');
  const names = found.inventory.packages.map(({ name, version, arch }) =>
    isDebian ? [name, version] : `${name}-${version}.${arch === '' ? 'x86_64' : arch}`,
  );
  await writeFile(packages, JSON.stringify(names));
  const script = fileURLToPath(new URL('notus-matching.py', import.meta.url));
  const output = await runProcess(
    PYTHON,
    [script, NOTUS_LIBRARY, product, packages, String(ROUND_SECONDS)],
    {},
  );
  const result: unknown = JSON.parse(output);
  if (typeof result !== 'object' || result === null || !('seconds' in result) || !('advisories' in result)) {
    throw new Error(`notus-matching.py answered ${output.slice(0, 200)}`);
  }
  return { seconds: Number(result.seconds), advisories: Number(result.advisories) };
}

async function againstDebsecan(folder: string, note: (text: string) => void): Promise<Figures> {
  const found = await debianCase();
  note(`${found.name}: ${found.inventory.packages.length} packages, ${found.advisories.length} advisories`);
  const status = join(folder, 'status');
  await writeFile(status, dpkgStatusOf(found.inventory.packages));
  await writeCompiled(join(folder, COMPILED_FILE_NAME), {
    revision: 1,
    writtenAt: Date.now(),
    advisories: streamOf(found.advisories),
    knownExploited: new Set(),
    worth: new Map(),
    probabilities: new Map(),
    coverage: [],
    filedName,
  });
  const scan = () =>
    runProcess(
      process.execPath,
      [join(ROOT, 'bin/parapet.js'), 'scan', '--inventory', status, '--system', found.system, '--json'],
      {
        PARAPET_DATA_DIR: folder,
      },
    );
  const ours: number[] = [];
  const theirs: number[] = [];
  const isThere = existsSync(DEBSECAN);
  if (!isThere) note('debsecan is not installed: apt-get install debsecan');
  await writeFile(join(folder, 'GENERIC'), debsecanData(found));
  const debsecan = () =>
    runProcess(
      DEBSECAN,
      ['--status', status, '--source', pathToFileURL(folder).href, '--history', join(folder, 'history')],
      {},
    );
  let answer = { ours: '', theirs: '' };
  for (let round = 0; round <= PROCESS_ROUNDS; round += 1) {
    const mine = await timed(scan);
    const other = isThere ? await timed(debsecan) : { seconds: 0, output: '' };
    answer = { ours: mine.output, theirs: other.output };
    // The first round fills the caches of both.
    if (round === 0) continue;
    ours.push(mine.seconds);
    theirs.push(other.seconds);
  }
  const figures = { scan_process_seconds: median(ours), scan_pairs: pairsOf(answer.ours).size };
  if (!isThere) return figures;
  return {
    ...figures,
    debsecan_process_seconds: median(theirs),
    debsecan_pairs: new Set(answer.theirs.split('\n').filter((line) => line !== '')).size,
    ratio_debsecan: median(theirs) / median(ours),
  };
}

/** The result of `parapet scan` as debsecan counts: a vulnerability and a package. */
function pairsOf(json: string): ReadonlySet<string> {
  const result: unknown = JSON.parse(json);
  const findings =
    typeof result === 'object' && result !== null && 'findings' in result ? result.findings : [];
  const pairs = new Set<string>();
  for (const { vul_id, cves, package: pkg } of (Array.isArray(findings)
    ? findings
    : []) as readonly ScanFinding[]) {
    for (const name of namesOf({ id: vul_id, cves })) pairs.add(`${name} ${pkg.name}`);
  }
  return pairs;
}

async function* streamOf(advisories: readonly FeedAdvisory[]): AsyncGenerator<FeedAdvisory> {
  yield* advisories;
}

/** Inventories do not keep the fields that neither side needs; a real status file has some 900 bytes and 22 lines of them a package. */
const OTHER_FIELDS: readonly string[] = [
  'Priority: optional',
  'Section: libs',
  'Installed-Size: 1024',
  'Maintainer: Example Maintainers <maintainers@example.test>',
  'Multi-Arch: same',
  'Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.0), libstdc++6 (>= 5.2), debconf (>= 0.5) | debconf-2.0',
  'Conffiles:',
  ' /etc/example/example.conf cc3493ecd2d09837ffdcc3e25fdfff18',
  'Homepage: https://example.test/',
  'Description: what the package is for, in one line',
  ...Array.from(
    { length: 8 },
    () => ' What the package is for, as its maintainers describe it to their users.',
  ),
];

function dpkgStatusOf(packages: readonly InstalledPackage[]): string {
  return packages
    .map(({ name, version, arch, source, sourceVersion }) => {
      const origin = sourceVersion === version ? source : `${source} (${sourceVersion})`;
      const lines = [
        `Package: ${name}`,
        'Status: install ok installed',
        `Architecture: ${arch === '' ? 'amd64' : arch}`,
      ];
      return [...lines, `Source: ${origin}`, `Version: ${version}`, ...OTHER_FIELDS, '', ''].join('\n');
    })
    .join('');
}

/**
 * debsecan's own format (version 1): names of vulnerabilities, what they concern, binaries of sources; parts end with an
 * empty line. debsecan goes by CVE, so each CVE of an advisory is a vulnerability, as in the data its publisher makes.
 */
function debsecanData({ system, advisories }: MatchingCase): Buffer {
  const numbers = new Map<string, number>();
  const facts = new Set<string>();
  for (const { advisory } of advisories) {
    const fixes = advisory.affected.filter((affected) => affected.ecosystem === system);
    for (const name of fixes.length === 0 ? [] : namesOf(advisory)) {
      const number = numbers.get(name) ?? numbers.size;
      numbers.set(name, number);
      for (const affected of fixes) {
        for (const { fixed } of affected.ranges)
          if (fixed !== '') facts.add(`${affected.name},${number},S  F,${fixed},`);
      }
    }
  }
  const names = [...numbers.keys()].map((name) => `${name},,`);
  return deflateSync(['VERSION 1', ...names, '', ...facts, '', '', ''].join('\n'));
}

function namesOf({ id, cves }: Pick<Advisory, 'id' | 'cves'>): readonly string[] {
  return cves.length > 0 ? cves : [id];
}

async function timed(
  work: () => Promise<string>,
): Promise<{ readonly seconds: number; readonly output: string }> {
  const started = performance.now();
  const output = await work();
  return { seconds: (performance.now() - started) / 1000, output };
}

async function runProcess(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}: ${errors.slice(0, 500)}`);
  return output;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
