import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { sourceFixedIn } from '../fixed-in.ts';
import { firstLine, isFieldText, timeOf } from '../record-text.ts';
import { debianReleaseOf } from './debian-releases.ts';

const MONTHS: ReadonlyMap<string, string> = new Map([
  ['Jan', '01'],
  ['Feb', '02'],
  ['Mar', '03'],
  ['Apr', '04'],
  ['May', '05'],
  ['Jun', '06'],
  ['Jul', '07'],
  ['Aug', '08'],
  ['Sep', '09'],
  ['Oct', '10'],
  ['Nov', '11'],
  ['Dec', '12'],
]);

const HEADER = /^\[(\d{2}) ([A-Z][a-z]{2}) (\d{4})\] (D([SL])A-\d+(?:-\d+)?) ?(.*)$/;
const PACKAGE_LINE = /^\[([a-z]+)\]\s+-\s+(\S+)\s+(\S+)/;

export type DebianListFeed = 'debian-dsa' | 'debian-dla';

/** The feed of a first line of `data/DSA/list` or `data/DLA/list` of Debian's security tracker; undefined for any other text. */
export function debianListFeed(line: string): DebianListFeed | undefined {
  const kind = HEADER.exec(line)?.[5];
  if (kind === undefined) return undefined;
  return kind === 'S' ? 'debian-dsa' : 'debian-dla';
}

/** One entry as it stands in the list: its header, and what the indented lines below it have said so far. */
interface Entry {
  readonly id: string;
  readonly date: number | undefined;
  readonly title: string;
  readonly cves: string[];
  readonly affected: AffectedPackage[];
}

/**
 * Reads a DSA or DLA list, whole: first the list, as new as its newest entry, then an advisory an entry. An entry that
 * names no affected package (an announcement, an end of support) is `withdrawn` with that reason; a line that has none of
 * the format's forms is a `problem`, and the rest of its entry still counts.
 */
export function* parseDebianList(text: string, feed: DebianListFeed, file: string): Generator<FeedItem> {
  const lines = text.split(/\r?\n/);
  let newest: number | undefined;
  for (const line of lines) {
    const date = dateOf(line);
    if (date !== undefined && (newest === undefined || date > newest)) newest = date;
  }
  yield { kind: 'list', feed, publishedAt: newest };
  let entry: Entry | undefined;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (/^\S/.test(line)) {
      if (entry !== undefined) yield itemOf(entry, feed);
      entry = entryOf(line);
      if (entry === undefined) {
        yield problemAt(file, index + 1, 'is no header of an advisory ([day month year] DSA-… title)');
      }
    } else if (entry !== undefined) {
      // Lines below a broken header go with it: that one was reported.
      const problem = readBelow(entry, line.trim());
      if (problem !== undefined) yield problemAt(file, index + 1, `${entry.id} ${problem}`);
    }
  }
  if (entry !== undefined) yield itemOf(entry, feed);
}

function problemAt(file: string, line: number, problem: string): FeedItem {
  return { kind: 'problem', where: `${file}:${line}`, problem };
}

function dateOf(line: string): number | undefined {
  const [, day, month = '', year] = HEADER.exec(line) ?? [];
  return day === undefined ? undefined : timeOf(`${year}-${MONTHS.get(month) ?? '00'}-${day}`);
}

function entryOf(text: string): Entry | undefined {
  const header = HEADER.exec(text);
  if (header?.[4] === undefined) return undefined;
  return { id: header[4], date: dateOf(text), title: firstLine(header[6] ?? ''), cves: [], affected: [] };
}

/** Takes one indented line into the entry; says what is wrong with it, or undefined. */
function readBelow(entry: Entry, text: string): string | undefined {
  if (text.startsWith('NOTE:')) return undefined;
  if (text.startsWith('{')) {
    entry.cves.push(...cvesOfIds(text.replace(/[{}]/g, ' ').split(/\s+/)));
    return undefined;
  }
  const [, codeName = '', name = '', version = ''] = PACKAGE_LINE.exec(text) ?? [];
  if (codeName === '') return `has a line of no known form (${firstLine(text).slice(0, 80)})`;
  const release = debianReleaseOf(codeName);
  if (release === undefined) return `names a release that Parapet does not know (${codeName})`;
  if (version === '<not-affected>') return undefined;
  if (!isFieldText(name) || !isFieldText(version)) return 'names a package without a usable name or version';
  // `<unfixed>`, `<end-of-life>`, `<no-dsa>` and the like: affected, without a fix.
  const fixed = version.startsWith('<') ? '' : version;
  entry.affected.push(sourceFixedIn({ ecosystem: `debian:${release}`, name, scheme: 'deb' }, fixed));
  return undefined;
}

function itemOf(entry: Entry, feed: DebianListFeed): FeedItem {
  const { id, date, title, affected } = entry;
  if (affected.length === 0) {
    return { kind: 'withdrawn', feed, id, modified: date, reason: 'no-versions' };
  }
  const advisory: Advisory = {
    id,
    cves: [...new Set(entry.cves)],
    aliases: [],
    summary: title,
    published: date,
    modified: date,
    severities: [],
    word: undefined,
    affected,
    url: `https://security-tracker.debian.org/tracker/${id}`,
  };
  return { kind: 'advisory', feed, advisory };
}
