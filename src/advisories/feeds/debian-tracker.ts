import { isJsonObject, type JsonObject, objectField, stringField } from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage, SeverityWord } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { sourceFixedIn } from '../fixed-in.ts';
import { firstLine, idProblem, isFieldText } from '../record-text.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';
import { debianReleaseOf } from './debian-releases.ts';

/** Debian's security tracker as one JSON document (`/tracker/data/json`): one list, which every import replaces whole. */
export const DEBIAN_TRACKER_FEED = 'debian-tracker';

const PROBLEM = /^(?:CVE|TEMP)-\d/;

/** Whether a parsed JSON value is the tracker's document: source packages, below them problems, below them releases. */
export function isDebianTracker(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const [first] = Object.values(value);
  if (!isJsonObject(first)) return false;
  const [id = '', problem] = Object.entries(first)[0] ?? [];
  return PROBLEM.test(id) && isJsonObject(problem) && objectField(problem, 'releases') !== undefined;
}

interface TrackedProblem {
  summary: string;
  readonly words: SeverityWord[];
  readonly affected: AffectedPackage[];
}

/**
 * Reads the tracker's document: the list (which carries no date of its own), then an advisory a problem, with every source
 * package and release that has it, fixed or not. `fixed_version` 0 and `undetermined` say nothing of any version. A release
 * or a version that Parapet cannot read is a `problem`.
 */
export function* parseDebianTracker(tracker: JsonObject, where: string): Generator<FeedItem> {
  yield { kind: 'list', feed: DEBIAN_TRACKER_FEED, publishedAt: undefined };
  const problems = new Map<string, TrackedProblem>();
  for (const [name, entries] of Object.entries(tracker)) {
    if (!isFieldText(name) || !isJsonObject(entries)) {
      yield { kind: 'problem', where, problem: `has a package without a usable name (${name.slice(0, 80)})` };
      continue;
    }
    for (const [id, entry] of Object.entries(entries)) {
      const fault = idProblem(id);
      if (fault !== undefined || !isJsonObject(entry)) {
        yield {
          kind: 'problem',
          where: `${where}, package ${name}`,
          problem: fault ?? `has no object for ${id}`,
        };
        continue;
      }
      const known = problems.get(id) ?? {
        summary: firstLine(stringField(entry, 'description')),
        words: [],
        affected: [],
      };
      problems.set(id, known);
      for (const fault of readReleases(entry, name, known)) {
        yield { kind: 'problem', where: `${where}, package ${name}`, problem: `${id} ${fault}` };
      }
    }
  }
  for (const [id, problem] of problems) {
    if (problem.affected.length > 0)
      yield { kind: 'advisory', feed: DEBIAN_TRACKER_FEED, advisory: advisoryOf(id, problem) };
    else
      yield { kind: 'withdrawn', feed: DEBIAN_TRACKER_FEED, id, modified: undefined, reason: 'not-affected' };
  }
}

function* readReleases(entry: JsonObject, name: string, problem: TrackedProblem): Generator<string> {
  for (const [codeName, release] of Object.entries(objectField(entry, 'releases') ?? {})) {
    const number = debianReleaseOf(codeName);
    if (number === undefined || !isJsonObject(release)) {
      yield `names a release that Parapet does not know (${codeName.slice(0, 40)})`;
      continue;
    }
    const status = stringField(release, 'status');
    const fixed = status === 'resolved' ? stringField(release, 'fixed_version') : '';
    if (status === 'undetermined' || fixed === '0') continue;
    if ((status !== 'open' && status !== 'resolved') || (status === 'resolved' && !isFieldText(fixed))) {
      yield `has no status that can be read for ${codeName.slice(0, 40)}`;
      continue;
    }
    const word = severityWordOf(stringField(release, 'urgency').replace(/\**$/, ''));
    if (word !== undefined) problem.words.push(word);
    problem.affected.push(sourceFixedIn({ ecosystem: `debian:${number}`, name, scheme: 'deb' }, fixed));
  }
}

function advisoryOf(id: string, { summary, words, affected }: TrackedProblem): Advisory {
  const cve = cveOfId(id);
  return {
    id,
    cves: cve === undefined ? [] : [cve],
    aliases: [],
    summary,
    published: undefined,
    modified: undefined,
    severities: [],
    word: worstWord(words),
    affected,
    url: `https://security-tracker.debian.org/tracker/${id}`,
  };
}
