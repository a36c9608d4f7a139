import { counted } from '../counted.ts';
import type { Package } from '../inventory/package.ts';
import type { Candidate } from './candidate.ts';
import type { RecordVerdict } from './explain.ts';
import { buildOf, type KnownUpdate, type WindowsState, windowsState } from './windows.ts';

/**
 * Why a Windows system lacks an update, or does not: installed, replaced by an installed one over which steps, reached by the
 * build, or missing and listed under itself or under the one that replaces it.
 */

export type UpdateRule =
  | 'update-missing'
  | 'update-installed'
  | 'update-superseded'
  | 'update-build'
  | 'update-replaced'
  | 'fixed-otherwise'
  | 'hotpatch'
  | 'other-part';

/** Of a chain of updates so many are named in a sentence; the comparison has them all. */
const CHAIN_NAMED_MAX = 4;

/**
 * One verdict for each record about an update that `about` (an update, a record, a CVE; empty: all) concerns: a record says
 * once for each part and product what it says of an update, and the verdict is the update's.
 */
export function explainUpdates(
  pkg: Package,
  candidates: readonly Candidate[],
  about: { readonly id: string; readonly cve: string },
): readonly RecordVerdict[] {
  const state = windowsState(pkg, candidates);
  const concerned = concernedUpdates(state, candidates, about);
  const records = new Map<string, RecordVerdict>();
  for (const candidate of candidates) {
    const number = candidate.affected.update?.number;
    const update = number === undefined ? undefined : state.updates.get(number);
    if (update === undefined || !(about.id === '' || concerned.has(update.number))) continue;
    const key = [candidate.feed, candidate.advisoryId, update.number].join('\n');
    const said = records.get(key);
    const record = said ?? recordOf(pkg, candidate, update, state);
    const cves = new Set([...record.cves, ...(candidate.affected.update?.cves ?? [])]);
    records.set(key, { ...record, cves: [...cves] });
  }
  return [...records.values()].sort(byWeight);
}

/** The updates asked about, and the ones under which what is missing of them is listed. */
function concernedUpdates(
  state: WindowsState,
  candidates: readonly Candidate[],
  { id, cve }: { readonly id: string; readonly cve: string },
): ReadonlySet<string> {
  const concerned = new Set<string>();
  for (const { advisoryId, affected } of candidates) {
    const { update } = affected;
    if (update === undefined) continue;
    if (update.number === id || advisoryId === id || (cve !== '' && update.cves.includes(cve))) {
      concerned.add(update.number);
    }
  }
  // A set that grows while it is walked is walked to its end.
  for (const number of concerned) {
    const next = state.replacedBy.get(number);
    if (next !== undefined && !state.inEffect.has(number)) concerned.add(next);
  }
  for (const [number, cves] of state.listed) if (cve !== '' && cves.includes(cve)) concerned.add(number);
  return concerned;
}

function recordOf(
  pkg: Package,
  candidate: Candidate,
  update: KnownUpdate,
  state: WindowsState,
): RecordVerdict {
  const outcome = outcomeOf(pkg, update, state);
  return {
    feed: candidate.feed,
    advisory_id: candidate.advisoryId,
    vulnerabilities: candidate.vulnerabilities,
    cves: candidate.affected.update?.cves ?? [],
    decision: outcome.decision,
    rule: outcome.rule,
    comparison: outcome.comparison,
    installed_version: pkg.version,
    fixed_version: buildOf(update) ?? update.number,
    compared: 'binary',
    notice: null,
    reason: outcome.reason,
  };
}

interface Outcome {
  readonly decision: RecordVerdict['decision'];
  readonly rule: UpdateRule;
  readonly comparison: string;
  readonly reason: string;
}

function outcomeOf(pkg: Package, update: KnownUpdate, state: WindowsState): Outcome {
  const { number } = update;
  const effect = state.inEffect.get(number);
  if (effect?.by === 'installed') {
    return notAffected('update-installed', number, `${number} is installed.`);
  }
  if (effect?.by === 'superseded') {
    const comparison = effect.chain.join(' > ');
    const steps =
      effect.chain.length <= CHAIN_NAMED_MAX
        ? comparison
        : `${effect.chain[0]} > … ${effect.chain.length - 2} others … > ${number}`;
    return notAffected(
      'update-superseded',
      comparison,
      `${effect.chain[0]} is in effect and replaces ${number} (${steps}).`,
    );
  }
  if (effect?.by === 'build') {
    const comparison = `${effect.reached} >= ${effect.fixed}`;
    return notAffected(
      'update-build',
      comparison,
      `The system is at build ${effect.reached}, which holds ${number} (build ${effect.fixed}).`,
    );
  }
  return missingOutcome(pkg, update, state);
}

function missingOutcome(pkg: Package, update: KnownUpdate, state: WindowsState): Outcome {
  const { number } = update;
  if (!update.isHere) {
    const parts = [...update.components].filter((component) => component !== '').join(', ');
    const what = parts === '' ? 'another release of the product' : parts;
    return {
      decision: 'not-applicable',
      rule: 'other-part',
      comparison: '',
      reason: `${number} is for ${what}, which this system does not have as far as its updates and its release tell.`,
    };
  }
  if (update.isHotpatch) {
    return {
      decision: 'not-applicable',
      rule: 'hotpatch',
      comparison: '',
      reason: `${number} is a hotpatch: it fixes where it is installed, and is not asked for where it is not.`,
    };
  }
  const cves = state.listed.get(number);
  if (cves !== undefined) {
    const own = [...update.cves].filter((cve) => cves.includes(cve)).length;
    const more = cves.length === own ? '' : `, ${cves.length - own} of them of updates that it replaces`;
    return {
      decision: 'affected',
      rule: 'update-missing',
      comparison: missingComparison(pkg, update),
      reason: `${number} is not installed, nothing installed replaces it and build ${pkg.version} does not hold it; it closes ${counted(cves.length, 'open CVE')}${more}.`,
    };
  }
  const replacing = state.replacedBy.get(number);
  if (replacing !== undefined) {
    const listed = lastReplacing(replacing, state);
    return {
      decision: 'folded',
      rule: 'update-replaced',
      comparison: `${listed} > ${number}`,
      reason: `${number} is missing too, and is listed under ${listed}, which replaces it.`,
    };
  }
  return notAffected(
    'fixed-otherwise',
    '',
    `${number} is not installed, but each CVE it fixes is fixed by another update that is in effect.`,
  );
}

function notAffected(rule: UpdateRule, comparison: string, reason: string): Outcome {
  return { decision: 'not-affected', rule, comparison, reason };
}

function missingComparison(pkg: Package, update: KnownUpdate): string {
  const build = buildOf(update);
  return build === undefined ? `${update.number} not installed` : `${pkg.version} < ${build}`;
}

/** The last of the updates that replace one another; records may go round in a circle, which is left after one turn. */
function lastReplacing(number: string, { replacedBy }: WindowsState): string {
  const seen = new Set<string>();
  let last = number;
  for (let next: string | undefined = number; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    last = next;
    next = replacedBy.get(next);
  }
  return last;
}

/** What decides first: what is missing, what is listed under another, what is in effect. */
function byWeight(a: RecordVerdict, b: RecordVerdict): number {
  const weights = ['affected', 'folded', 'not-affected', 'not-applicable'];
  const weight = (record: RecordVerdict): number => weights.indexOf(record.decision);
  return (
    weight(a) - weight(b) || (a.advisory_id < b.advisory_id ? -1 : Number(a.advisory_id > b.advisory_id))
  );
}
