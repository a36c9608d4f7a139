import { isJsonObject, type JsonObject, stringField } from '../../archive/json-guard.ts';
import { JUST_PAST } from '../../versions/wordpress.ts';
import type { Advisory, VersionRange } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, idProblem, isFieldText, timeOf, webAddress } from '../record-text.ts';
import { severityWordOf } from '../severity-word.ts';
import { parseConstraint } from '../version-constraint.ts';

/** Wordfence's vulnerabilities of WordPress, its plugins and themes: records add or replace by id. */
export const WORDFENCE_FEED = 'wordfence';
/** Longest notice kept with a record, in characters. The longest real one has some 1,600. */
export const NOTICE_LENGTH_MAX_CHARS = 8_000;

/** Whether a parsed JSON value is a record of Wordfence's in the form of the WordPress security advisories (one a line). */
export function isWordfenceRecord(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) &&
    stringField(value, 'advisoryId') !== '' &&
    stringField(value, 'slug') !== '' &&
    stringField(value, 'affectedVersions') !== ''
  );
}

/**
 * Reads one record: one vulnerability of WordPress itself (`wordpress`), a plugin (`plugin/<slug>`) or a theme
 * (`theme/<slug>`). Its title's further lines are the copyright notice and licence that every copy has to keep. What cannot
 * be read is a `problem` at `where`.
 */
export function parseWordfenceRecord(record: JsonObject, where: string): FeedItem {
  const id = stringField(record, 'advisoryId');
  const fault = idProblem(id);
  if (fault !== undefined) return { kind: 'problem', where, problem: fault };
  const name = nameOf(stringField(record, 'type'), stringField(record, 'slug'));
  if (name === undefined) {
    const problem = `${id} is about neither WordPress nor a plugin or theme with a usable name`;
    return { kind: 'problem', where, problem };
  }
  const constraint = stringField(record, 'affectedVersions');
  const ranges = rangesOf(constraint);
  if (ranges === undefined) {
    const problem = `${id} has a constraint on versions that Parapet does not understand (${constraint.slice(0, 80)})`;
    return { kind: 'problem', where, problem };
  }
  const title = stringField(record, 'title');
  const cve = cveOfId(stringField(record, 'cve'));
  const reportedAt = timeOf(stringField(record, 'reportedAt').replace(' ', 'T').concat('Z'));
  const advisory: Advisory = {
    id,
    cves: cve === undefined ? [] : [cve],
    aliases: [],
    summary: firstLine(title),
    published: reportedAt,
    modified: reportedAt,
    severities: [],
    word: severityWordOf(stringField(record, 'severity')),
    affected: [
      {
        ecosystem: 'WordPress',
        name,
        matchOn: 'binary',
        scheme: 'wordpress',
        ranges,
        versions: [],
        architectures: [],
        module: '',
        pocket: '',
      },
    ],
    url: webAddress(stringField(record, 'link')),
    ...noticeOf(title),
  };
  return { kind: 'advisory', feed: WORDFENCE_FEED, advisory };
}

function nameOf(type: string, slug: string): string | undefined {
  if (!isFieldText(slug)) return undefined;
  if (type === 'core') return 'wordpress';
  return type === 'plugin' || type === 'theme' ? `${type}/${slug.toLowerCase()}` : undefined;
}

/**
 * An upper bound that is itself affected leaves open what the next version is called; whatever it is, it is the fix. Only a
 * record without an upper bound knows none.
 */
function rangesOf(constraint: string): VersionRange[] | undefined {
  return parseConstraint(constraint, 'wordpress')?.map(({ from, to, withTo }) => {
    return { introduced: from, fixed: to !== '' && withTo ? `${JUST_PAST}${to}` : to, lastAffected: '' };
  });
}

function noticeOf(title: string): { readonly notice?: string } {
  const end = title.trimStart().indexOf('\n');
  const notice = end < 0 ? '' : title.trimStart().slice(end).trim();
  return notice === '' ? {} : { notice: notice.slice(0, NOTICE_LENGTH_MAX_CHARS).toWellFormed() };
}
