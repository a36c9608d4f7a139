import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { Advisory, Severity, SeverityWord } from '../advisory.ts';
import { cveOfId, cvesInTexts, cvesOfIds } from '../cve.ts';
import type { FeedItem, WithdrawnReason } from '../feed.ts';
import { firstLine, idProblem, timeOf, VECTOR_LENGTH_MAX_CHARS, webAddress } from '../record-text.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';
import { type AffectedResult, affectedOf } from './osv-affected.ts';
import { RecordProblem } from './osv-ranges.ts';

/** The scope of records in the OSV schema, from whatever database: they add or replace by id. */
export const OSV_FEED = 'osv';
/** Most ids taken from one of `aliases`, `upstream` and `related`. Ubuntu's kernel notices name some 1,500. */
export const RELATED_IDS_MAX = 20_000;
/** Most different CVSS vectors kept of one record. */
export const SEVERITIES_MAX = 500;

/** Notices of vendors who also publish bug fixes and enhancements under the same scheme. */
const NO_SECURITY_NOTICE = /^(?:(?:AL|RH|RL|CE)[BE]A-|(?:open)?SUSE-[ROF]U-)/;
const LIVE_PATCH_NOTICE = /^LSN-/;
const VECTOR_TYPES: ReadonlySet<string> = new Set(['CVSS_V2', 'CVSS_V3', 'CVSS_V4']);

/**
 * Whether a parsed JSON value is meant as an OSV record: it has an id and a list of what is affected, or was withdrawn.
 * The schema lets records do without both, but so do indexes of records (`{"id", "modified"}`), which say nothing.
 */
export function isOsvRecord(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || stringField(value, 'id') === '') return false;
  return Array.isArray(value['affected']) || stringField(value, 'withdrawn') !== '';
}

/**
 * Reads one record of the OSV schema (https://ossf.github.io/osv-schema/, any 1.x). Yields an advisory, or `withdrawn`
 * with the reason why nothing is to be held of it, or a `problem` at `where` for a record that breaks the schema.
 */
export function parseOsvRecord(record: JsonObject, where: string): FeedItem {
  const id = stringField(record, 'id');
  const fault = idProblem(id);
  if (fault !== undefined) return { kind: 'problem', where, problem: fault };
  try {
    return itemOf(record, id);
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error;
    return { kind: 'problem', where, problem: `${id} ${error.message}` };
  }
}

function itemOf(record: JsonObject, id: string): FeedItem {
  const modified = timeOf(stringField(record, 'modified'));
  const drop = (reason: WithdrawnReason): FeedItem => {
    return { kind: 'withdrawn', feed: OSV_FEED, id, modified, reason };
  };
  if (stringField(record, 'withdrawn') !== '') return drop('withdrawn');
  if (LIVE_PATCH_NOTICE.test(id)) return drop('live-patch');
  const cves = cvesOf(record, id);
  if (cves.length === 0 && NO_SECURITY_NOTICE.test(id)) return drop('no-vulnerability');
  const summary = firstLine(stringField(record, 'summary') || stringField(record, 'details'));
  const found = affectedOf(record, summary);
  if (found.affected.length === 0) return drop(reasonOf(found));
  const aliases = stringsOf(record, 'aliases').filter(
    (alias) => alias !== id && cveOfId(alias) === undefined,
  );
  const advisory: Advisory = {
    id,
    cves,
    aliases,
    summary,
    published: timeOf(stringField(record, 'published')),
    modified,
    severities: severitiesOf(record),
    word: wordOf(record),
    affected: found.affected,
    url: addressOf(record),
  };
  return { kind: 'advisory', feed: OSV_FEED, advisory };
}

function reasonOf({ passedOver }: AffectedResult): WithdrawnReason {
  if (passedOver.has('no-versions') || passedOver.size === 0) return 'no-versions';
  return passedOver.has('no-release') ? 'no-release' : 'other-ecosystem';
}

/**
 * The CVEs a record is about: its own id, aliases and upstream. Databases of distributions that came before `upstream`
 * (AlmaLinux, Debian, Red Hat, Ubuntu's older exports) put them in `related`, and a few AlmaLinux records only in the
 * addresses of their references; each is asked only where those before it name none, because elsewhere `related` means
 * another problem.
 */
function cvesOf(record: JsonObject, id: string): readonly string[] {
  const own = cvesOfIds([id, ...stringsOf(record, 'aliases'), ...stringsOf(record, 'upstream')]);
  if (own.length > 0) return own;
  const related = cvesOfIds(stringsOf(record, 'related'));
  if (related.length > 0 || !/^[A-Z]{2}[SBE]A-/.test(id)) return related;
  return cvesInTexts(addressesOf(record).map(({ url }) => url));
}

function stringsOf(record: JsonObject, key: string): string[] {
  const strings = listField(record, key).slice(0, RELATED_IDS_MAX);
  return strings.filter((text): text is string => typeof text === 'string' && idProblem(text) === undefined);
}

/** Every list of `{type, score}` of a record: its own, those of its packages, and Ubuntu's by CVE. */
function* severityListsOf(record: JsonObject): Generator<readonly unknown[]> {
  yield listField(record, 'severity');
  for (const entry of listField(record, 'affected')) {
    if (!isJsonObject(entry)) continue;
    yield listField(entry, 'severity');
    const specific = objectField(entry, 'database_specific');
    const byCve = specific === undefined ? undefined : objectField(specific, 'cves_map');
    for (const cve of byCve === undefined ? [] : listField(byCve, 'cves')) {
      if (isJsonObject(cve)) yield listField(cve, 'severity');
    }
  }
}

function severitiesOf(record: JsonObject): readonly Severity[] {
  const severities = new Map<string, Severity>();
  for (const list of severityListsOf(record)) {
    for (const severity of list) {
      if (!isJsonObject(severity) || severities.size >= SEVERITIES_MAX) continue;
      const type = stringField(severity, 'type');
      const vector = stringField(severity, 'score');
      if (!isVectorType(type) || vector === '' || vector.length > VECTOR_LENGTH_MAX_CHARS) continue;
      severities.set(`${type} ${vector}`, { type, vector });
    }
  }
  return [...severities.values()];
}

function isVectorType(type: string): type is Severity['type'] {
  return VECTOR_TYPES.has(type);
}

/** The vendor's word: databases have no common place for it, so all the places in use are asked and the worst word counts. */
function wordOf(record: JsonObject): SeverityWord | undefined {
  const texts = [/^(\w+): /.exec(stringField(record, 'summary'))?.[1] ?? ''];
  const add = (specific: JsonObject | undefined): void => {
    if (specific === undefined) return;
    for (const key of ['severity', 'urgency', 'ubuntu_priority']) texts.push(stringField(specific, key));
  };
  add(objectField(record, 'database_specific'));
  for (const entry of listField(record, 'affected')) {
    if (!isJsonObject(entry)) continue;
    add(objectField(entry, 'ecosystem_specific'));
    add(objectField(entry, 'database_specific'));
  }
  for (const list of severityListsOf(record)) {
    for (const severity of list) {
      if (isJsonObject(severity) && stringField(severity, 'type') === 'Ubuntu') {
        texts.push(stringField(severity, 'score'));
      }
    }
  }
  return worstWord(texts.map(severityWordOf).filter((word) => word !== undefined));
}

interface Address {
  readonly type: string;
  readonly url: string;
}

function addressesOf(record: JsonObject): Address[] {
  const addresses: Address[] = [];
  for (const reference of listField(record, 'references')) {
    if (!isJsonObject(reference)) continue;
    const url = webAddress(stringField(reference, 'url'));
    if (url !== '') addresses.push({ type: stringField(reference, 'type'), url });
  }
  return addresses;
}

/** The page to send a person to: the advisory itself where it is told, else the first address. */
function addressOf(record: JsonObject): string {
  const addresses = addressesOf(record);
  return (addresses.find(({ type }) => type === 'ADVISORY') ?? addresses[0])?.url ?? '';
}
