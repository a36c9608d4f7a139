import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { timeOf } from '../record-text.ts';

/** The feed of exploit probabilities: one list, which every import replaces whole. */
export const EPSS_FEED = 'epss';

/** Where the two columns lie in the lines of one file. */
interface EpssColumns {
  readonly cve: number;
  readonly probability: number;
}

/** Whether the beginning of a text is an EPSS list: its header (`cve,epss,percentile`; also `CVE,CVSS Score,EPSS,…`) on the first line that is no comment. */
export function isEpssList(head: string): boolean {
  const line = head.split('\n').find((text) => text.trim() !== '' && !text.startsWith('#'));
  return line !== undefined && columnsOf(line) !== undefined;
}

/**
 * Reads an EPSS list, whole: first the list with the publisher's date, from the comment above the header
 * (`#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000`) where there is one, then a probability a line.
 * Columns after the two that count may hold anything, quoted text over several lines included. A line without a CVE or
 * without a probability between 0 and 1 is a `problem`.
 */
export function* parseEpssList(text: string, file: string): Generator<FeedItem> {
  let columns: EpssColumns | undefined;
  let publishedAt: number | undefined;
  let isInsideQuotes = false;
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    const startsInside = isInsideQuotes;
    if (line.includes('"') && line.split('"').length % 2 === 0) isInsideQuotes = !isInsideQuotes;
    if (startsInside || line.trim() === '') continue;
    if (columns === undefined && line.startsWith('#')) {
      publishedAt ??= scoreDateOf(line);
    } else if (columns === undefined) {
      columns = columnsOf(line);
      if (columns === undefined) {
        yield {
          kind: 'problem',
          where: `${file}:${number}`,
          problem: 'has no header with the columns cve and epss',
        };
        return;
      }
      yield { kind: 'list', feed: EPSS_FEED, publishedAt };
    } else {
      yield itemOf(line, columns, `${file}:${number}`);
    }
  }
}

/** Splits as it goes: the list has some 300,000 lines. */
function* linesOf(text: string): Generator<string> {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield text.slice(start, end);
    start = end + 1;
  }
  if (start < text.length) yield text.slice(start);
}

function columnsOf(line: string): EpssColumns | undefined {
  const names = line.split(',').map((name) => name.trim().replaceAll('"', '').toLowerCase());
  const cve = names.indexOf('cve');
  const probability = names.indexOf('epss');
  return cve < 0 || probability < 0 ? undefined : { cve, probability };
}

function scoreDateOf(line: string): number | undefined {
  const date = /\bscore_date:(\d{4}-\d{2}-\d{2})/.exec(line)?.[1];
  return date === undefined ? undefined : timeOf(date);
}

/** Fields before the two columns hold no commas. */
function itemOf(line: string, columns: EpssColumns, where: string): FeedItem {
  const fields = line.split(',', Math.max(columns.cve, columns.probability) + 1);
  const cve = cveOfId(fields[columns.cve]?.trim() ?? '');
  const text = fields[columns.probability]?.trim() ?? '';
  const probability = /^\d{0,20}\.?\d{1,20}(?:e-?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
  if (cve === undefined) return { kind: 'problem', where, problem: 'has no CVE id' };
  if (!(probability >= 0 && probability <= 1)) {
    return { kind: 'problem', where, problem: `${cve} has no probability between 0 and 1` };
  }
  return { kind: 'exploit-probability', cve, probability };
}
