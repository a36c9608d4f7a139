import { createHash } from 'node:crypto';
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import { comparerOf } from '../../versions/compare.ts';
import type { Advisory, SeverityWord, VersionRange } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, isFieldText, webAddress } from '../record-text.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';

/** Retire.js's repository of vulnerable JavaScript libraries: one list, which every import replaces whole. */
export const RETIRE_JS_FEED = 'retire-js';

/** The entry by which the list's own tests try it. */
const EXAMPLE = 'retire-example';
/** Components whose package is called otherwise and which the list does not say. */
const PACKAGE_OF_COMPONENT: ReadonlyMap<string, string> = new Map([
  ['ember', 'ember-source'],
  ['jquery.prettyPhoto', 'jquery-prettyPhoto'],
]);

/** Whether a parsed JSON value is the repository: components, each with its vulnerabilities and how to find it in a file. */
export function isRetireJsRepository(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const first = Object.values(value)[0];
  return isJsonObject(first) && Array.isArray(first['vulnerabilities']) && isJsonObject(first['extractors']);
}

/**
 * Reads the repository, whole: the list (it has no date), then an advisory for each problem of a component, with all the
 * version ranges that it has there. Names are those of npm. Its patterns for finding libraries in files are not used: they
 * are regular expressions of a stranger. A vulnerability that cannot be read is a `problem` with its place.
 */
export function* parseRetireJsRepository(repository: JsonObject, where: string): Generator<FeedItem> {
  yield { kind: 'list', feed: RETIRE_JS_FEED, publishedAt: undefined };
  for (const [component, entry] of Object.entries(repository)) {
    if (!isJsonObject(entry)) {
      const problem = 'is no object';
      yield { kind: 'problem', where: `${where}, component ${component.slice(0, 80)}`, problem };
      continue;
    }
    const name = stringField(entry, 'npmname') || (PACKAGE_OF_COMPONENT.get(component) ?? component);
    if (component === EXAMPLE) {
      yield notHeld(component, 'no-vulnerability');
    } else yield* itemsOf(listField(entry, 'vulnerabilities'), { component, name, where });
  }
}

function notHeld(component: string, reason: 'no-vulnerability'): FeedItem {
  return {
    kind: 'withdrawn',
    feed: RETIRE_JS_FEED,
    id: `RETIREJS-${component}`,
    modified: undefined,
    reason,
  };
}

interface Component {
  readonly component: string;
  /** As npm calls it. */
  readonly name: string;
  readonly where: string;
}

/** What the entries of one problem say together. */
interface Problem {
  readonly id: string;
  readonly cves: readonly string[];
  readonly summary: string;
  readonly url: string;
  readonly words: SeverityWord[];
  readonly ranges: VersionRange[];
}

function* itemsOf(
  vulnerabilities: readonly unknown[],
  { component, name, where }: Component,
): Generator<FeedItem> {
  const problems = new Map<string, Problem>();
  for (const [index, vulnerability] of vulnerabilities.entries()) {
    const range = isJsonObject(vulnerability) ? rangeOf(vulnerability) : undefined;
    if (!isJsonObject(vulnerability) || range === undefined || !isFieldText(name)) {
      const place = `${where}, component ${component.slice(0, 80)}, vulnerability ${index + 1}`;
      const problem = 'names no versions: it needs below, and a component with a usable name';
      yield { kind: 'problem', where: place, problem };
      continue;
    }
    const found = problemOf(vulnerability, component);
    const held = problems.get(found.id) ?? found;
    problems.set(held.id, held);
    held.ranges.push(range);
    const word = severityWordOf(stringField(vulnerability, 'severity'));
    if (word !== undefined) held.words.push(word);
  }
  for (const problem of problems.values()) {
    yield { kind: 'advisory', feed: RETIRE_JS_FEED, advisory: advisoryOf(problem, name) };
  }
}

function rangeOf(vulnerability: JsonObject): VersionRange | undefined {
  const fixed = stringField(vulnerability, 'below');
  const introduced = stringField(vulnerability, 'atOrAbove');
  if (!isFieldText(fixed) || (introduced !== '' && !isFieldText(introduced))) return undefined;
  return { introduced, fixed, lastAffected: '' };
}

/** The id of the problem: its GitHub advisory, the list's own number, its CVEs, or a digest of its summary. */
function problemOf(vulnerability: JsonObject, component: string): Problem {
  const identifiers = objectField(vulnerability, 'identifiers') ?? {};
  const cves = cvesOfIds(
    listField(identifiers, 'CVE').filter((text): text is string => typeof text === 'string'),
  );
  const github = stringField(identifiers, 'githubID');
  const number = stringField(identifiers, 'retid');
  const summary = firstLine(stringField(identifiers, 'summary'));
  const digest = createHash('sha256')
    .update(JSON.stringify([summary, identifiers['issue'] ?? '', identifiers['bug'] ?? '']))
    .digest('hex')
    .slice(0, 8);
  const own = `RETIREJS-${component}-${number === '' ? cves.join('+') || digest : number}`;
  const isGithub = /^GHSA(?:-[0-9a-z]{4}){3}$/.test(github);
  const links = listField(vulnerability, 'info').filter((text): text is string => typeof text === 'string');
  return {
    // One advisory may concern several components, which the list keeps apart.
    id: (isGithub ? `${github}/${component}` : own).replace(/[\s\u0000-\u001f]+/g, '-').slice(0, 120),
    cves,
    summary,
    url: webAddress(links[0] ?? ''),
    words: [],
    ranges: [],
  };
}

function advisoryOf(problem: Problem, name: string): Advisory {
  const { id, cves, summary, url, words, ranges } = problem;
  const compare = comparerOf('semver');
  const sorted = [...ranges].sort((a, b) => compare(a.fixed, b.fixed));
  return {
    id,
    cves,
    aliases: [],
    summary,
    published: undefined,
    modified: undefined,
    severities: [],
    word: worstWord(words),
    affected: [
      {
        ecosystem: 'npm',
        name,
        matchOn: 'binary',
        scheme: 'semver',
        ranges: sorted,
        versions: [],
        architectures: [],
        module: '',
        pocket: '',
      },
    ],
    url,
  };
}
