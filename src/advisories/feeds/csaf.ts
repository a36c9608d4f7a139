import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem, WithdrawnReason } from '../feed.ts';
import { firstLine, idProblem, timeOf, webAddress } from '../record-text.ts';
import { affectedByRpms, type RpmFix } from '../rpm-fixes.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';
import { type ProductMeaning, readProductTree } from './csaf-products.ts';
import { severitiesOfVectors } from './cvss-vector.ts';

/** The scope of CSAF 2.x documents, advisories and VEX (Red Hat, SUSE, openEuler): they add or replace by id. */
export const CSAF_FEED = 'csaf';
/** Most vulnerabilities of one document. The most in real ones (SUSE kernels) are some 700. */
export const CSAF_VULNERABILITIES_MAX = 20_000;

/** Whether a parsed JSON value is a CSAF document. */
export function isCsafDocument(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const document = objectField(value, 'document');
  return document !== undefined && stringField(document, 'csaf_version') !== '';
}

/**
 * Reads one CSAF document: an advisory, `withdrawn` with the reason why nothing is to be held of it, or a `problem`. What is
 * fixed is a fix; what is known to be affected (VEX) is affected without one; what is not affected says nothing.
 */
export function* parseCsaf(csaf: JsonObject, where: string): Generator<FeedItem> {
  const document = objectField(csaf, 'document') ?? {};
  const tracking = objectField(document, 'tracking') ?? {};
  const id = stringField(tracking, 'id');
  const fault = idProblem(id);
  if (fault !== undefined) {
    yield { kind: 'problem', where, problem: fault };
    return;
  }
  const vulnerabilities = listField(csaf, 'vulnerabilities').filter(isJsonObject);
  if (vulnerabilities.length > CSAF_VULNERABILITIES_MAX) {
    yield {
      kind: 'problem',
      where,
      problem: `${id} has more than ${CSAF_VULNERABILITIES_MAX} vulnerabilities`,
    };
    return;
  }
  const cves = cvesOfIds([id, ...vulnerabilities.map((vulnerability) => stringField(vulnerability, 'cve'))]);
  const modified = timeOf(stringField(tracking, 'current_release_date'));
  const found = affectedOf(objectField(csaf, 'product_tree') ?? {}, vulnerabilities);
  for (const problem of found.problems) yield { kind: 'problem', where, problem: `${id} ${problem}` };
  const reason = reasonToDrop(id, cves, found);
  if (reason !== undefined) {
    yield { kind: 'withdrawn', feed: CSAF_FEED, id, modified, reason };
    return;
  }
  const advisory: Advisory = {
    id,
    cves,
    aliases: [],
    summary: firstLine(stringField(document, 'title')),
    published: timeOf(stringField(tracking, 'initial_release_date')),
    modified,
    severities: severitiesOfVectors(vectorsOf(vulnerabilities)),
    word: wordOf(document, vulnerabilities),
    affected: found.affected,
    url: addressOf(document),
  };
  yield { kind: 'advisory', feed: CSAF_FEED, advisory };
}

function reasonToDrop(
  id: string,
  cves: readonly string[],
  found: FoundAffected,
): WithdrawnReason | undefined {
  if (cves.length === 0) return 'no-vulnerability';
  if (/HotPatch/i.test(id)) return 'live-patch';
  if (found.affected.length > 0) return undefined;
  if (found.hasOther) return 'other-ecosystem';
  return found.isCleared ? 'not-affected' : 'no-versions';
}

interface FoundAffected {
  readonly affected: readonly AffectedPackage[];
  /** Products that are no system of ours have it. */
  readonly hasOther: boolean;
  /** It says of some product that it is not affected. */
  readonly isCleared: boolean;
  readonly problems: readonly string[];
}

interface SystemFixes {
  readonly meaning: ProductMeaning;
  readonly fixes: RpmFix[];
}

function affectedOf(tree: JsonObject, vulnerabilities: readonly JsonObject[]): FoundAffected {
  const products = readProductTree(tree);
  const problems: string[] = [];
  const bySystem = new Map<string, SystemFixes>();
  const seen = new Set<string>();
  let hasOther = false;
  let isCleared = false;
  const add = (id: string, isFixed: boolean): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const meaning = products.get(id);
    if (meaning?.system === undefined) {
      hasOther = true;
      return;
    }
    const { system, rpm, module } = meaning;
    if (rpm === undefined || (isFixed && rpm.version === '')) return;
    const fix = isFixed ? { ...rpm, module } : { ...rpm, module, version: '', arch: 'src' };
    const key = `${system.ecosystems.join(' ')}\n${system.pocket}`;
    const known = bySystem.get(key);
    if (known === undefined) bySystem.set(key, { meaning, fixes: [fix] });
    else known.fixes.push(fix);
  };
  for (const vulnerability of vulnerabilities) {
    const status = objectField(vulnerability, 'product_status') ?? {};
    // SUSE lists the fixed packages as what it recommends.
    for (const id of idsIn(status, ['fixed', 'first_fixed', 'recommended'])) add(id, true);
    for (const id of idsIn(status, ['known_affected'])) add(id, false);
    isCleared ||= listField(status, 'known_not_affected').length > 0;
  }
  const affected = [...bySystem.values()].flatMap((system) => affectedOfSystem(system, problems));
  return { affected, hasOther, isCleared, problems };
}

/** Of a package that is fixed and, in another build, affected without a fix, the fix counts. */
function affectedOfSystem({ meaning, fixes }: SystemFixes, problems: string[]): readonly AffectedPackage[] {
  if (meaning.system === undefined) return [];
  const fixed = affectedByRpms(
    fixes.filter(({ version }) => version !== ''),
    meaning.system,
    problems,
  );
  const names = new Set(fixed.map(({ name }) => name));
  const open = fixes.filter(({ version, name }) => version === '' && !names.has(name));
  return [...fixed, ...affectedByRpms(open, meaning.system, problems)];
}

function* idsIn(status: JsonObject, keys: readonly string[]): Generator<string> {
  for (const key of keys) {
    for (const id of listField(status, key)) if (typeof id === 'string') yield id;
  }
}

/** `scores` of CSAF 2.0, `metrics` of 2.1. */
function* vectorsOf(vulnerabilities: readonly JsonObject[]): Generator<string> {
  for (const vulnerability of vulnerabilities) {
    const metrics = listField(vulnerability, 'metrics').map((metric) =>
      isJsonObject(metric) ? objectField(metric, 'content') : undefined,
    );
    for (const score of [...listField(vulnerability, 'scores'), ...metrics]) {
      if (!isJsonObject(score)) continue;
      for (const key of ['cvss_v4', 'cvss_v3', 'cvss_v2']) {
        yield stringField(objectField(score, key) ?? {}, 'vectorString');
      }
    }
  }
}

function wordOf(document: JsonObject, vulnerabilities: readonly JsonObject[]): Advisory['word'] {
  const stated = severityWordOf(stringField(objectField(document, 'aggregate_severity') ?? {}, 'text'));
  if (stated !== undefined) return stated;
  const words = vulnerabilities
    .flatMap((vulnerability) => listField(vulnerability, 'threats'))
    .map((threat) => (isJsonObject(threat) ? severityWordOf(stringField(threat, 'details')) : undefined));
  return worstWord(words.filter((word) => word !== undefined));
}

function addressOf(document: JsonObject): string {
  const references = listField(document, 'references').filter(isJsonObject);
  const self = references.find((reference) => stringField(reference, 'category') === 'self');
  return webAddress(stringField(self ?? references[0] ?? {}, 'url'));
}
