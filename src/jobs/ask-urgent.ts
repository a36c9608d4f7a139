/**
 * What operators call urgent: asked, answered at once over all inventories, kept, matched in every new report, retired by the
 * publisher's record or removed by a person. Findings follow as after an import, by the same code.
 */
import { createHash } from 'node:crypto';
import { appError } from '../errors.ts';
import { parseVersionRange, rangeProblem, rangeProblemAnywhere } from '../matching/version-range.ts';
import { holdAdvisorySet } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { countOpenFindings } from '../store/urgent/count-open-findings.ts';
import { packagesHaving, rematchPackages } from '../store/urgent/packages-asked-about.ts';
import {
  closeUrgentItem,
  findUrgentItem,
  listUrgentItems,
  loadOpenUrgentItems,
  loadUrgentEvents,
  type NewUrgentItem,
  openUrgentItem,
  URGENT_OPEN_MAX,
  type UrgentEvent,
  type UrgentItem,
} from '../store/urgent/urgent-items.ts';
import { catalogueEntry } from '../store/urgent/urgent-reasons.ts';
import { schemeOf } from '../versions/scheme-of-ecosystem.ts';
import { ANSWER_SERVERS_MAX, answerUrgent, packagesMeant, type UrgentAnswer } from './answer-urgent.ts';
import { isFollowing } from './follow-advisories.ts';
import type { CoverageClock } from './refresh-unknown.ts';

export const URGENT_NAME_LENGTH_MAX_CHARS = 256;
export const URGENT_REASON_LENGTH_MAX_CHARS = 1_024;
export const URGENT_ALIASES_MAX = 20;
const ALIAS_LENGTH_MAX_CHARS = 128;
/** Of a package's name in an id. */
const ID_NAME_LENGTH_MAX_CHARS = 40;
const ID_HASH_LENGTH_CHARS = 8;

/** What is asked: one of a CVE, a KB, or a package with a range. */
export interface UrgentRequest {
  readonly cve?: string | undefined;
  readonly kb?: string | undefined;
  readonly package?: string | undefined;
  readonly range?: string | undefined;
  readonly ecosystem?: string | undefined;
  /** CVEs and other ids by which publishers may come to call it; for a package. */
  readonly aliases?: readonly string[] | undefined;
}

export interface UrgentAsker {
  readonly projectId: string;
  readonly actor: string;
  readonly reason: string;
}

/** An item, what it comes to now, and its history. */
export interface ShownUrgent extends Omit<UrgentItem, 'vulnerability'> {
  readonly answer: UrgentAnswer;
  /** Listed servers in scope with an open finding of it. Where the catalogue names the CVE too, a closed item may have some. */
  readonly openFindings: number;
  /** Where the catalogue of known-exploited vulnerabilities names the CVE: its findings may be older than the item. */
  readonly catalogue: { readonly name: string; readonly addedAt: number } | null;
  readonly history: readonly UrgentEvent[];
}

/** Keeps the question and answers it. The servers it names get their finding when they are followed (`followAdvisories`). */
export async function askUrgent(
  database: Database,
  request: UrgentRequest,
  {
    asker,
    limit,
    clock,
  }: { readonly asker: UrgentAsker; readonly limit: number; readonly clock: CoverageClock },
): Promise<ShownUrgent> {
  const { projectId } = asker;
  const item = itemOf(request, projectId);
  checkReason(asker.reason);
  await database.transaction(async (tx) => {
    // From here to the commit no report can finish with packages that were matched without this question.
    await holdAdvisorySet(tx);
    await refuseTooMany(tx, projectId, item.id);
    await openUrgentItem(tx, item, { ...asker, now: clock.now });
    const meant = await packagesMeant(tx, projectId, item);
    await rematchPackages(tx, projectId, [...meant.affected.keys()]);
  });
  const scope = { projectId, enterpriseProjects: 'all' } as const;
  return await showUrgent(database, { scope, id: item.id, limit, clock });
}

/** Puts CVEs on the list of what is urgent, all or none. */
export async function addUrgentCves(
  database: Database,
  cves: readonly string[],
  { asker, now }: { readonly asker: UrgentAsker; readonly now: number },
): Promise<readonly string[]> {
  const items = [...new Set(cves)].map((cve) => itemOf({ cve }, asker.projectId));
  checkReason(asker.reason);
  await database.transaction(async (tx) => {
    await holdAdvisorySet(tx);
    for (const item of items) {
      await refuseTooMany(tx, asker.projectId, item.id);
      await openUrgentItem(tx, item, { ...asker, now });
      const meant = await packagesMeant(tx, asker.projectId, item);
      await rematchPackages(tx, asker.projectId, [...meant.affected.keys()]);
    }
  });
  return items.map(({ id }) => id);
}

/** Closes an item: its findings leave the lists when servers are followed. Throws `urgent-unknown`. */
export async function removeUrgent(
  database: Database,
  id: string,
  { asker, now }: { readonly asker: UrgentAsker; readonly now: number },
): Promise<void> {
  checkReason(asker.reason);
  await database.transaction(async (tx) => {
    await holdAdvisorySet(tx);
    const item = await findUrgentItem(tx, asker.projectId, id);
    const closed = { id, state: 'removed', retiredInto: [] } as const;
    if (item === undefined || !(await closeUrgentItem(tx, closed, { ...asker, now })))
      throw appError('urgent-unknown', { id });
    await rematchPackages(
      tx,
      asker.projectId,
      await packagesHaving(tx, asker.projectId, [item.vulnerability]),
    );
  });
}

/** One item with its answer over the servers in scope. Throws `urgent-unknown`. */
export async function showUrgent(
  database: Database,
  request: {
    readonly scope: FleetScope;
    readonly id: string;
    readonly limit: number;
    readonly clock: CoverageClock;
  },
): Promise<ShownUrgent> {
  const { scope, id, clock } = request;
  const limit = Math.min(request.limit, ANSWER_SERVERS_MAX);
  const work = async (tx: Queryable): Promise<ShownUrgent> => {
    const item = await findUrgentItem(tx, scope.projectId, id);
    if (item === undefined) throw appError('urgent-unknown', { id });
    const { vulnerability, ...shown } = item;
    const meant = await packagesMeant(tx, scope.projectId, item);
    return {
      ...shown,
      answer: await answerUrgent(tx, item, { scope, meant, limit, clock }),
      openFindings: (await countOpenFindings(tx, scope, [vulnerability])).get(vulnerability) ?? 0,
      catalogue: (await catalogueEntry(tx, id)) ?? null,
      history: await loadUrgentEvents(tx, scope.projectId, id),
    };
  };
  return await database.transaction(work, { isolation: 'repeatable read', readOnly: true });
}

/** An item of the list. */
export interface ListedUrgent extends Omit<UrgentItem, 'vulnerability'> {
  /** Listed servers in scope with an open finding of it. */
  readonly serversTotal: number;
}

export interface ListedUrgents {
  readonly items: readonly ListedUrgent[];
  /** Not all servers have followed what was asked or imported last: the counts may still change. */
  readonly matchingInProgress: boolean;
}

/** The latest items: open ones, or all with those that were retired or removed. Their servers are counted in one statement. */
export async function listUrgent(
  database: Database,
  { scope, all }: { readonly scope: FleetScope; readonly all: boolean },
): Promise<ListedUrgents> {
  const work = async (tx: Queryable): Promise<ListedUrgents> => {
    const listed = await listUrgentItems(tx, scope.projectId, { all });
    const open = listed.flatMap(({ state, vulnerability }) => (state === 'open' ? [vulnerability] : []));
    const servers = await countOpenFindings(tx, scope, open);
    const items = listed.map(({ vulnerability, ...item }) => ({
      ...item,
      serversTotal: item.state === 'open' ? (servers.get(vulnerability) ?? 0) : 0,
    }));
    return { items, matchingInProgress: await isFollowing(tx) };
  };
  return await database.transaction(work, { isolation: 'repeatable read', readOnly: true });
}

async function refuseTooMany(tx: Queryable, projectId: string, id: string): Promise<void> {
  const open = await loadOpenUrgentItems(tx, projectId);
  if (open.length >= URGENT_OPEN_MAX && !open.some((item) => item.id === id))
    throw appError('urgent-limit', { max: URGENT_OPEN_MAX });
}

function checkReason(reason: string): void {
  if ([...reason].length > URGENT_REASON_LENGTH_MAX_CHARS)
    throw invalid('reason', `may have ${URGENT_REASON_LENGTH_MAX_CHARS} characters`);
}

function itemOf(request: UrgentRequest, projectId: string): NewUrgentItem {
  const given = [request.cve, request.kb, request.package].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid('question', 'ask for one of a CVE, a KB and a package with a range');
  if (request.package === undefined) {
    for (const name of ['range', 'ecosystem', 'aliases'] as const)
      if (request[name] !== undefined) throw invalid(name, 'goes with a package');
    return request.cve === undefined ? kbItem(request.kb ?? '') : cveItem(request.cve);
  }
  return packageItem(request.package, request, projectId);
}

function cveItem(text: string): NewUrgentItem {
  const cve = text.toUpperCase();
  if (!/^CVE-\d{4}-\d{4,19}$/.test(cve)) throw invalid('cve', 'must be a CVE such as CVE-2021-44228');
  return { id: `URGENT-${cve}`, kind: 'cve', name: cve, ecosystem: '', range: '', aliases: [], title: cve };
}

function kbItem(text: string): NewUrgentItem {
  const kb = text.toUpperCase().replace(/^(?=\d)/, 'KB');
  if (!/^KB\d{4,10}$/.test(kb)) throw invalid('kb', 'must be the number of an update such as KB5034441');
  return { id: `URGENT-${kb}`, kind: 'kb', name: kb, ecosystem: '', range: '', aliases: [], title: kb };
}

function packageItem(name: string, request: UrgentRequest, projectId: string): NewUrgentItem {
  const { range = '', ecosystem = '', aliases = [] } = request;
  if (name === '' || [...name].length > URGENT_NAME_LENGTH_MAX_CHARS)
    throw invalid('package', `must have 1 to ${URGENT_NAME_LENGTH_MAX_CHARS} characters`);
  const parsed = parseVersionRange(range);
  if (!parsed.ok) throw invalid('range', parsed.problem);
  const scheme = ecosystem === '' ? undefined : (schemeOf(ecosystem) ?? schemeOf(`${ecosystem}:1`));
  if (ecosystem !== '' && scheme === undefined)
    throw invalid(
      'ecosystem',
      `"${ecosystem}" is none that is known: Maven, PyPI, npm, debian, debian:12, almalinux:9 …`,
    );
  const problem =
    scheme === undefined ? rangeProblemAnywhere(parsed.range) : rangeProblem(parsed.range, scheme);
  if (problem !== undefined) throw invalid('range', problem);
  if (
    aliases.length > URGENT_ALIASES_MAX ||
    aliases.some((one) => one === '' || one.length > ALIAS_LENGTH_MAX_CHARS)
  )
    throw invalid('aliases', `may be ${URGENT_ALIASES_MAX} ids of 1 to ${ALIAS_LENGTH_MAX_CHARS} characters`);
  const hash = createHash('sha256').update([projectId, name, ecosystem, range].join('\0')).digest('hex');
  const shown = name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, ID_NAME_LENGTH_MAX_CHARS);
  return {
    id: `URGENT-${shown}-${hash.slice(0, ID_HASH_LENGTH_CHARS)}`,
    kind: 'package',
    name,
    ecosystem,
    range,
    aliases: [...new Set(aliases)],
    title: `${name} ${range}`,
  };
}

function invalid(name: string, problem: string): Error {
  return appError('parameter-invalid', { name, problem });
}
