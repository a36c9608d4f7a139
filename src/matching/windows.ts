import type { WindowsUpdate } from '../advisories/advisory.ts';
import { type Package, WINDOWS_RESTART_PENDING } from '../inventory/package.ts';
import { hasReachedBuild, isOfRelease } from '../windows/build.ts';
import { concernsDotNet, dotNetVersionsHere, dotNetVersionsOf } from '../windows/dot-net.ts';
import type { Candidate } from './candidate.ts';
import type { PackageMatch } from './match.ts';
import { heldBefore, monthlyBuilds } from './windows-cumulative.ts';

/**
 * Windows: which updates a system lacks. A CVE is open where none of the updates that fix it on the product is in effect;
 * an update is in effect where it is installed, where an installed one replaces it (over any number of steps), or where the
 * build says so. Listed are the updates that no other missing one replaces, with the open CVEs that installing them closes.
 */

/** Why an update is in effect. */
export type Effect =
  | { readonly by: 'installed' }
  /** `chain`: from the update that is in effect by itself to this one, each replacing the next. */
  | { readonly by: 'superseded'; readonly chain: readonly string[] }
  /** `reached` is a build the system has, by its own word or by an update it has installed. */
  | { readonly by: 'build'; readonly reached: string; readonly fixed: string };

/** One update, united from all records about it on the product. */
export interface KnownUpdate {
  readonly number: string;
  /** What it fixes by its own records, of the parts that this system has. */
  readonly cves: ReadonlySet<string>;
  /** What it replaces, by its records or because it is cumulative. */
  readonly supersedes: ReadonlySet<string>;
  readonly builds: ReadonlySet<string>;
  readonly components: ReadonlySet<string>;
  readonly isHotpatch: boolean;
  /** Whether it is for a part that this system has. */
  readonly isHere: boolean;
  /** The record it is told by: of several the first by feed and id. */
  readonly candidate: Candidate;
}

export interface WindowsState {
  readonly updates: ReadonlyMap<string, KnownUpdate>;
  readonly inEffect: ReadonlyMap<string, Effect>;
  /** By CVE, the updates that fix it here, in effect or not. */
  readonly fixes: ReadonlyMap<string, readonly string[]>;
  /** By the number of a listed update, the open CVEs it closes, sorted. */
  readonly listed: ReadonlyMap<string, readonly string[]>;
  /** By the number of a listed update, those that it replaces and that fix an open CVE by their own records, ascending. */
  readonly missingBelow: ReadonlyMap<string, readonly string[]>;
  /** By the number of a missing update, another missing one that replaces it. */
  readonly replacedBy: ReadonlyMap<string, string>;
}

/** What `pkg`, a Windows system, lacks of the updates that `candidates` tell of. */
export function matchWindows(
  pkg: Package,
  candidates: readonly Candidate[],
  knownExploited: ReadonlySet<string>,
): readonly PackageMatch[] {
  const { updates, listed, missingBelow } = windowsState(pkg, candidates);
  return [...listed].flatMap(([number, cves]) => {
    const update = updates.get(number);
    if (update === undefined) return [];
    const urgent = cves.filter((cve) => knownExploited.has(cve));
    const replaced = missingBelow.get(number) ?? [];
    return [
      {
        vulnerabilities: [
          { type: 'windows_vul', id: number },
          ...urgent.map((cve) => ({ type: 'urgent_vul', id: `URGENT-${cve}` }) as const),
        ],
        cves,
        advisoryId: update.candidate.advisoryId,
        feed: update.candidate.feed,
        fixedVersion: buildOf(update) ?? number,
        on: 'binary',
        ...(replaced.length === 0
          ? {}
          : { replaced: replaced.map((id) => ({ type: 'windows_vul', id }) as const) }),
      } as const,
    ];
  });
}

/** The build that a system has with this update, by its first record that says so. */
export function buildOf(update: KnownUpdate): string | undefined {
  return [...update.builds][0];
}

/** Works the whole state of one system out; pure. */
export function windowsState(pkg: Package, candidates: readonly Candidate[]): WindowsState {
  const installed = new Set((pkg.updates ?? '').split(' ').filter((number) => number !== ''));
  const updates = uniteUpdates(pkg, candidates, installed);
  const inEffect = updatesInEffect(pkg, updates, installed);
  const fixes = new Map<string, string[]>();
  for (const { number, cves } of updates.values()) {
    for (const cve of cves) {
      const numbers = fixes.get(cve);
      if (numbers === undefined) fixes.set(cve, [number]);
      else numbers.push(number);
    }
  }
  const open = new Set<string>();
  for (const [cve, numbers] of fixes) {
    if (!numbers.some((number) => inEffect.has(number))) open.add(cve);
  }
  return { updates, inEffect, fixes, ...listMissing(updates, inEffect, open) };
}

function uniteUpdates(
  pkg: Package,
  candidates: readonly Candidate[],
  installed: ReadonlySet<string>,
): ReadonlyMap<string, KnownUpdate> {
  const entries = candidates.flatMap((candidate) => {
    const { update } = candidate.affected;
    return update === undefined ? [] : [{ candidate, update }];
  });
  const shown = entries.filter(({ update }) => installed.has(update.number));
  const product = pkg.ecosystem.slice(pkg.ecosystem.indexOf(':') + 1);
  const dotNetHere = dotNetVersionsHere(
    product,
    shown.map(({ update }) => update.component),
  );
  const isHere = ({ component, build }: WindowsUpdate): boolean => {
    // Some records name a product and the build of another release of it: their update is not for this one.
    if (!isOfRelease(pkg.version, build)) return false;
    const versions = dotNetVersionsOf(component);
    return versions === undefined || concernsDotNet(versions, dotNetHere);
  };
  const updates = new Map<string, OpenUpdate>();
  for (const { candidate, update } of entries) {
    let held = updates.get(update.number);
    if (held === undefined) {
      held = newUpdate(update, candidate);
      updates.set(update.number, held);
    }
    addEntry(held, update, candidate, isHere(update));
  }
  for (const [number, before] of heldBefore(updates, product)) {
    for (const one of before) updates.get(number)?.supersedes.add(one);
  }
  return updates;
}

interface OpenUpdate {
  readonly number: string;
  readonly cves: Set<string>;
  readonly supersedes: Set<string>;
  readonly builds: Set<string>;
  readonly components: Set<string>;
  isHotpatch: boolean;
  isHere: boolean;
  candidate: Candidate;
}

function newUpdate({ number, isHotpatch }: WindowsUpdate, candidate: Candidate): OpenUpdate {
  return {
    number,
    cves: new Set(),
    supersedes: new Set(),
    builds: new Set(),
    components: new Set(),
    isHotpatch,
    isHere: false,
    candidate,
  };
}

function addEntry(held: OpenUpdate, update: WindowsUpdate, candidate: Candidate, isHere: boolean): void {
  held.components.add(update.component);
  if (update.build !== '') held.builds.add(update.build);
  for (const number of update.supersedes) held.supersedes.add(number);
  held.isHotpatch ||= update.isHotpatch;
  held.isHere ||= isHere;
  if (isHere) for (const cve of update.cves) held.cves.add(cve);
  if (isBefore(candidate, held.candidate)) held.candidate = candidate;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.feed === b.feed ? a.advisoryId < b.advisoryId : a.feed < b.feed;
}

/**
 * In a system that waits for a restart, an installed update whose build is above the running one is not in effect yet.
 */
function updatesInEffect(
  pkg: Package,
  updates: ReadonlyMap<string, KnownUpdate>,
  installed: ReadonlySet<string>,
): ReadonlyMap<string, Effect> {
  const isWaiting = pkg.origin === WINDOWS_RESTART_PENDING;
  const inEffect = new Map<string, Effect>();
  const monthly = monthlyBuilds(updates);
  const reached = [pkg.version];
  for (const number of installed) {
    const builds = monthly.get(number) ?? [];
    if (isWaiting && builds.some((build) => hasReachedBuild(pkg.version, build) === false)) continue;
    inEffect.set(number, { by: 'installed' });
    reached.push(...builds);
  }
  for (const [number, builds] of monthly) {
    if (inEffect.has(number)) continue;
    const effect = effectByBuild(reached, builds);
    if (effect !== undefined) inEffect.set(number, effect);
  }
  followSupersedence(updates, inEffect);
  return inEffect;
}

function effectByBuild(reached: readonly string[], builds: readonly string[]): Effect | undefined {
  for (const fixed of builds) {
    const build = reached.find((one) => hasReachedBuild(one, fixed) === true);
    if (build !== undefined) return { by: 'build', reached: build, fixed };
  }
  return undefined;
}

/** Everything that an update in effect replaces is in effect, breadth first, so that chains are the shortest. */
function followSupersedence(updates: ReadonlyMap<string, KnownUpdate>, inEffect: Map<string, Effect>): void {
  const queue = [...inEffect.keys()].map((number) => [number]);
  for (let chain = queue.shift(); chain !== undefined; chain = queue.shift()) {
    for (const next of updates.get(chain.at(-1) ?? '')?.supersedes ?? []) {
      if (inEffect.has(next)) continue;
      const longer = [...chain, next];
      inEffect.set(next, { by: 'superseded', chain: longer });
      queue.push(longer);
    }
  }
}

function listMissing(
  updates: ReadonlyMap<string, KnownUpdate>,
  inEffect: ReadonlyMap<string, Effect>,
  open: ReadonlySet<string>,
): Pick<WindowsState, 'listed' | 'missingBelow' | 'replacedBy'> {
  const missing = [...updates.values()]
    .filter(({ number, isHere, isHotpatch }) => isHere && !isHotpatch && !inEffect.has(number))
    .sort(byNumber);
  const below = new Map(missing.map(({ number }) => [number, closureOf(number, updates)]));
  const replacedBy = new Map<string, string>();
  for (const [number, closure] of below) {
    for (const replaced of closure) {
      // Of two that replace each other (there are such records) both stay: neither says more than the other.
      if (replaced === number || !below.has(replaced) || below.get(replaced)?.has(number) === true) continue;
      replacedBy.set(replaced, number);
    }
  }
  const listed = new Map<string, readonly string[]>();
  const missingBelow = new Map<string, readonly string[]>();
  for (const [number, closure] of below) {
    if (replacedBy.has(number)) continue;
    const closes = new Set<string>();
    const replaced: KnownUpdate[] = [];
    for (const fixed of closure) {
      const update = updates.get(fixed);
      const own = [...(update?.cves ?? [])].filter((cve) => open.has(cve));
      for (const cve of own) closes.add(cve);
      if (update !== undefined && fixed !== number && own.length > 0) replaced.push(update);
    }
    if (closes.size === 0) continue;
    listed.set(number, [...closes].sort());
    missingBelow.set(
      number,
      replaced.sort(byNumber).map((update) => update.number),
    );
  }
  return { listed, missingBelow, replacedBy };
}

/** The update itself and all it replaces, over any number of steps. */
function closureOf(number: string, updates: ReadonlyMap<string, KnownUpdate>): ReadonlySet<string> {
  const closure = new Set([number]);
  // A set that grows while it is walked is walked to its end.
  for (const one of closure) for (const next of updates.get(one)?.supersedes ?? []) closure.add(next);
  return closure;
}

function byNumber(a: { readonly number: string }, b: { readonly number: string }): number {
  return Number(a.number.slice(2)) - Number(b.number.slice(2));
}
