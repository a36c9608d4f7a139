import { isJsonObject, type JsonObject, listField, stringField } from '../../archive/json-guard.ts';
import { comparerOf } from '../../versions/compare.ts';
import type { Advisory, AffectedPackage, Severity, VersionRange } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, isFieldText, webAddress } from '../record-text.ts';

/** The Victims CVE database of Java libraries: records add or replace by id. */
export const VICTIMS_FEED = 'victims';
/** Most packages of one record, and versions of one package. The most in real records are some 10. */
export const VICTIMS_ENTRIES_MAX = 1_000;

const NUMBER = /^(?:CVE-)?\d{4}-\d{4,19}$/i;
const EXPRESSION = /^\s*(<=|>=|==|<|>)\s*([^\s,]+)\s*(?:,\s*(\S*))?\s*$/;

/** Whether a parsed JSON value is a record of Victims: a CVE's number, and artifacts by group and id. */
export function isVictimsRecord(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || !NUMBER.test(stringField(value, 'cve'))) return false;
  return listField(value, 'affected').some(
    (entry) => isJsonObject(entry) && stringField(entry, 'artifactId') !== '',
  );
}

/**
 * Reads one record. Versions are expressions: `<=2.0.11.2,2.0` is 2.0 up to and with 2.0.11.2 (the series after the comma
 * bounds it below), `==1.2` one version; `fixedin` says in the same way which versions have the fix. Lists of archives that
 * were found (`package_urls`) say nothing more. An expression that cannot be read makes the record a `problem` at `where`.
 */
export function parseVictimsRecord(record: JsonObject, where: string): FeedItem {
  const id = `CVE-${stringField(record, 'cve').replace(/^CVE-/i, '')}`;
  const entries = listField(record, 'affected').slice(0, VICTIMS_ENTRIES_MAX);
  const affected: AffectedPackage[] = [];
  for (const entry of entries) {
    const found = isJsonObject(entry) ? packageOf(entry) : 'names an affected package that is no object';
    if (typeof found === 'string') return { kind: 'problem', where, problem: `${id} ${found}` };
    affected.push(found);
  }
  const advisory: Advisory = {
    id,
    cves: [cveOfId(id) ?? id],
    aliases: [],
    summary: firstLine(stringField(record, 'title') || stringField(record, 'description')),
    published: undefined,
    modified: undefined,
    severities: NO_SEVERITIES,
    word: wordOf(record),
    affected,
    url: webAddress(
      listField(record, 'references').find((text): text is string => typeof text === 'string') ?? '',
    ),
  };
  return { kind: 'advisory', feed: VICTIMS_FEED, advisory };
}

const NO_SEVERITIES: readonly Severity[] = [];

/** Scores come without a vector; as a word they count as the bands of CVSS do. */
function wordOf(record: JsonObject): Advisory['word'] {
  const score = record['cvss_v3'] ?? record['cvss_v2'];
  if (typeof score !== 'number' || !(score >= 0 && score <= 10)) return undefined;
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  return score >= 4 ? 'medium' : 'low';
}

interface Expression {
  readonly operator: string;
  readonly version: string;
  readonly series: string;
}

function packageOf(entry: JsonObject): AffectedPackage | string {
  const name = `${stringField(entry, 'groupId')}:${stringField(entry, 'artifactId')}`;
  if (!isFieldText(name) || name.startsWith(':') || name.endsWith(':')) {
    return 'names an affected package without a usable name';
  }
  const affected = expressionsOf(entry, 'version');
  const fixedIn = expressionsOf(entry, 'fixedin') ?? [];
  if (affected === undefined || affected.length === 0) {
    return `has a version of ${name} that is no expression`;
  }
  const ranges: VersionRange[] = [];
  const versions: string[] = [];
  for (const expression of affected) {
    if (expression.operator === '==') versions.push(expression.version);
    else ranges.push(rangeOf(expression, fixedIn));
  }
  return {
    ecosystem: 'Maven',
    name,
    matchOn: 'binary',
    scheme: 'maven',
    ranges,
    versions,
    architectures: [],
    module: '',
    pocket: '',
  };
}

function expressionsOf(entry: JsonObject, key: string): Expression[] | undefined {
  const expressions: Expression[] = [];
  for (const text of listField(entry, key).slice(0, VICTIMS_ENTRIES_MAX)) {
    const [, operator = '', version = '', series = ''] =
      typeof text === 'string' ? (EXPRESSION.exec(text) ?? []) : [];
    if (operator === '' || !isFieldText(version) || (series !== '' && !isFieldText(series))) return undefined;
    expressions.push({ operator, version, series });
  }
  return expressions;
}

/** A series begins with its earliest pre-release, which Maven sorts before the series itself. */
function startOf(series: string): string {
  if (series === '') return '';
  return /[0-9]$/.test(series) ? `${series}-alpha` : series;
}

function rangeOf(expression: Expression, fixedIn: readonly Expression[]): VersionRange {
  const { operator, version, series } = expression;
  const compare = comparerOf('maven');
  if (operator === '>=' || operator === '>') {
    const fix = lowestFix(
      version,
      fixedIn,
      (fixed) => compare(fixed.version, version) > 0 && isOfSeries(fixed, series),
    );
    // Without a fix the series still ends somewhere before the next one begins.
    const lastAffected = fix === '' && series !== '' ? `${series.replace(/\.$/, '')}.999999` : '';
    return { introduced: version, fixed: fix, lastAffected };
  }
  const introduced = startOf(series);
  if (operator === '<') return { introduced, fixed: version, lastAffected: '' };
  const isPast = (fixed: Expression): boolean => compare(fixed.version, version) > 0;
  // Rebuilds of a vendor are series of their own: they fix a release of upstream's only where nothing else does.
  const fix =
    lowestFix(version, fixedIn, (fixed) => isPast(fixed) && fixed.series === series) ||
    lowestFix(version, fixedIn, (fixed) => isPast(fixed) && isOfSeries(fixed, series)) ||
    lowestFix(version, fixedIn, (fixed) => isPast(fixed) && fixed.series === '');
  return fix === ''
    ? { introduced, fixed: '', lastAffected: version }
    : { introduced, fixed: fix, lastAffected: '' };
}

function isOfSeries(fixed: Expression, series: string): boolean {
  return series === '' || fixed.series === series || fixed.version.startsWith(series);
}

function lowestFix(
  after: string,
  fixedIn: readonly Expression[],
  isWanted: (fixed: Expression) => boolean,
): string {
  const compare = comparerOf('maven');
  let lowest = '';
  for (const fixed of fixedIn) {
    if (fixed.operator === '<=' || fixed.operator === '<' || fixed.version === after || !isWanted(fixed))
      continue;
    if (lowest === '' || compare(fixed.version, lowest) < 0) lowest = fixed.version;
  }
  return lowest;
}
