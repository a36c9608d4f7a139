/**
 * One file of advisories, unpacked, to items. Formats are recognised by content: OSV records as lines, as a list or as
 * one document, and the lists of feeds/. Lists that replace everything held of their feed are read whole before their
 * first item, so that a list that is cut short replaces nothing.
 */
import { parse as parseYaml } from 'yaml';
import { type ByteStream, collectStream } from '../archive/byte-stream.ts';
import { readJsonElements } from '../archive/json-elements.ts';
import { parseJson } from '../archive/json-guard.ts';
import { readLines } from '../archive/lines.ts';
import { xmlRootName } from '../archive/xml-elements.ts';
import type { FeedItem } from './feed.ts';
import { debianListFeed, parseDebianList } from './feeds/debian-list.ts';
import { isEpssList, parseEpssList } from './feeds/epss.ts';
import { isFriendsOfPhpText } from './feeds/friends-of-php.ts';
import { isMsrcDocument, MSRC_FORM } from './feeds/msrc-cvrf.ts';
import { isOsvRecord, parseOsvRecord } from './feeds/osv.ts';
import { isWesngList, readWesngList } from './feeds/wesng.ts';
import { JSON_FORMS } from './json-forms.ts';
import { jsonReason, textReason } from './other-files.ts';
import { isXmlForm, readXmlRecords } from './read-xml.ts';

/** Largest OSV record, in bytes. The largest real ones (kernel notices) have some 3 MB. */
export const RECORD_BYTES_MAX = 16 * 1024 ** 2;
/** Largest document read in one piece: a list such as EPSS (some 12 MB), the known-exploited catalogue, a product file. */
export const DOCUMENT_BYTES_MAX = 64 * 1024 ** 2;
/** Largest YAML document: the parser needs far more than the text. The largest secdb files have 2 MB. */
export const YAML_BYTES_MAX = 8 * 1024 ** 2;
/** A file is given up after this many records of which none could be used: it is no advisory file, or broken from the start. */
export const UNUSABLE_RECORDS_MAX = 100;

/** What a file is by its first bytes. */
type Format = 'lines' | 'elements' | 'document' | 'yaml' | 'debian-list' | 'epss' | 'wesng';

/** A file to read: its name for people, its first bytes, and all of it. */
export interface RecordSource {
  readonly name: string;
  readonly head: Buffer;
  readonly content: ByteStream;
}

/**
 * Reads one unpacked file, in batches; a file that holds no record says so. Throws `archive-unreadable` where the content
 * turns out so.
 */
export async function* readRecords(source: RecordSource): AsyncGenerator<Iterable<FeedItem>> {
  let items = 0;
  const counted = function* (batch: Iterable<FeedItem>): Generator<FeedItem> {
    for (const item of batch) {
      items += 1;
      yield item;
    }
  };
  for await (const batch of readAny(source)) yield counted(batch);
  if (items === 0) yield [{ kind: 'problem', where: source.name, problem: 'holds no record' }];
}

async function* readAny(source: RecordSource): AsyncGenerator<Iterable<FeedItem>> {
  const head = source.head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  const rootName = isMsrcDocument(head) ? MSRC_FORM : xmlRootName(head);
  if (isXmlForm(rootName)) {
    yield* readXmlRecords(source, rootName);
    return;
  }
  const format = formatOf(head);
  const reason = format === undefined ? textReason(source.name, head, rootName) : undefined;
  if (reason !== undefined) yield [{ kind: 'problem', where: source.name, problem: reason }];
  else if (format === 'lines' || format === 'elements') {
    yield* recordsOf(source, format);
  } else if (format === 'wesng') {
    yield* readWesngList(source);
  } else if (format === undefined) {
    yield [unknownFormat(source.name, beginningOf(source.head))];
  } else {
    const bytesMax = format === 'yaml' ? YAML_BYTES_MAX : DOCUMENT_BYTES_MAX;
    const text = (await collectStream(source.content, { name: source.name, bytesMax })).toString('utf8');
    yield documentItems(text.replace(/^\ufeff/, ''), format, source.name);
  }
}

function formatOf(text: string): Format | undefined {
  if (debianListFeed(text.split('\n', 1)[0] ?? '') !== undefined) return 'debian-list';
  if (/^\[(?![A-Za-z])/.test(text)) return 'elements';
  if (text.startsWith('{')) return objectFormat(text);
  if (isWesngList(text)) return 'wesng';
  if (isEpssList(text)) return 'epss';
  return /^(?:distroversion|reponame): /m.test(text) || isFriendsOfPhpText(text) ? 'yaml' : undefined;
}

/**
 * Text in the JSON lines format begins with one whole record, or (that one broken) has another record on its second
 * line; a document that spreads over lines cannot have a brace there. The parser is asked only where neither is plain:
 * most files hold one record, and would be parsed twice.
 */
function objectFormat(text: string): 'lines' | 'document' {
  const end = text.indexOf('\n');
  if (end < 0) return 'lines';
  const rest = /\S/g;
  rest.lastIndex = end;
  const next = rest.exec(text)?.[0];
  if (next === undefined || next === '{') return 'lines';
  const line = text.slice(0, end).trimEnd();
  return line.endsWith('}') && parseJson(line).ok ? 'lines' : 'document';
}

function documentItems(
  text: string,
  format: 'document' | 'yaml' | 'debian-list' | 'epss',
  name: string,
): Iterable<FeedItem> {
  const start = text.trimStart();
  const feed = format === 'debian-list' ? debianListFeed(start.split(/\r?\n/, 1)[0] ?? '') : undefined;
  if (feed !== undefined) return parseDebianList(text, feed, name);
  if (format === 'epss') return parseEpssList(text, name);
  const parsed = format === 'yaml' ? parseYamlDocument(text) : parseJson(text);
  if (!parsed.ok) return [{ kind: 'problem', where: name, problem: parsed.problem }];
  const items = itemsOf(parsed.value, name, text.length);
  if (items !== undefined) return items;
  const problem = jsonReason(parsed.value);
  if (problem !== undefined) return [{ kind: 'problem', where: name, problem }];
  return [unknownFormat(name, beginningOf(Buffer.from(start.slice(0, 200))))];
}

function parseYamlDocument(text: string): ReturnType<typeof parseJson> {
  try {
    // Every scalar is text: version 1.10 is not the number 1.1.
    return { ok: true, value: parseYaml(text, { schema: 'failsafe', maxAliasCount: 100 }) as unknown };
  } catch (error) {
    return {
      ok: false,
      problem: `is broken YAML (${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)})`,
    };
  }
}

/** The items of one parsed value, whichever format it is in; undefined: none that we know. */
function itemsOf(value: unknown, where: string, length: number): Iterable<FeedItem> | undefined {
  if (isOsvRecord(value)) {
    if (length <= RECORD_BYTES_MAX) return [parseOsvRecord(value, where)];
    return [{ kind: 'problem', where, problem: `is a record of more than ${RECORD_BYTES_MAX} bytes` }];
  }
  for (const { isOf, itemsOf } of JSON_FORMS) if (isOf(value)) return itemsOf(value, where);
  return undefined;
}

/** What is known of a file while its records are read one by one. */
interface RecordCounts {
  usable: number;
  /** Records that are no JSON, or none of a format we know. */
  unusable: number;
  /** Well-formed records of an unknown format that came before any usable one: told only once it is clear what the file is. */
  readonly unknown: FeedItem[];
  /** Why the first of those is rightly not read, where that is known. */
  reason: string | undefined;
}

async function* recordsOf(source: RecordSource, format: 'lines' | 'elements'): AsyncGenerator<FeedItem[]> {
  const counts: RecordCounts = { usable: 0, unusable: 0, unknown: [], reason: undefined };
  for await (const texts of textsOf(source, format)) {
    const batch: FeedItem[] = [];
    for (const { where, text, isTooLong } of texts) {
      if (isTooLong) {
        counts.unusable += 1;
        batch.push({
          kind: 'problem',
          where,
          problem: `is a record of more than ${DOCUMENT_BYTES_MAX} bytes`,
        });
      } else if (text !== '') addRecord(batch, counts, { where, text });
      if (counts.usable === 0 && counts.unusable >= UNUSABLE_RECORDS_MAX) {
        yield [...batch, unknownFormat(source.name, `none of its first ${UNUSABLE_RECORDS_MAX} records`)];
        return;
      }
    }
    yield batch;
  }
  if (counts.unknown.length > 0 && counts.reason !== undefined) {
    yield [{ kind: 'problem', where: source.name, problem: counts.reason }];
  } else if (counts.unknown.length > 0 || (counts.usable === 0 && counts.unusable === 0)) {
    yield [unknownFormat(source.name, beginningOf(source.head))];
  }
}

function addRecord(
  batch: FeedItem[],
  counts: RecordCounts,
  record: { readonly where: string; readonly text: string },
): void {
  const { where, text } = record;
  const parsed = parseJson(text);
  const items = parsed.ok ? itemsOf(parsed.value, where, text.length) : undefined;
  if (items !== undefined) {
    counts.usable += 1;
    batch.push(...counts.unknown.splice(0));
    for (const item of items) batch.push(item);
    return;
  }
  counts.unusable += 1;
  const reason = parsed.ok ? jsonReason(parsed.value) : undefined;
  if (counts.unusable === 1) counts.reason = reason;
  const problem = parsed.ok
    ? (reason ?? 'is no advisory: an OSV record has an id and a list of what is affected')
    : parsed.problem;
  const isHeldBack = parsed.ok && counts.usable === 0;
  (isHeldBack ? counts.unknown : batch).push({ kind: 'problem', where, problem });
}

interface RecordText {
  readonly where: string;
  readonly text: string;
  readonly isTooLong: boolean;
}

async function* textsOf(source: RecordSource, format: 'lines' | 'elements'): AsyncGenerator<RecordText[]> {
  const { name, content } = source;
  if (format === 'lines') {
    for await (const lines of readLines(content, { lineBytesMax: DOCUMENT_BYTES_MAX })) {
      yield lines.map(({ number, text, isTooLong }) => ({
        where: `${name}:${number}`,
        text: text.trim(),
        isTooLong,
      }));
    }
    return;
  }
  for await (const elements of readJsonElements(content, { elementBytesMax: RECORD_BYTES_MAX })) {
    yield elements.map(({ line, text, isTooLong }) => ({ where: `${name}:${line}`, text, isTooLong }));
  }
}

function unknownFormat(where: string, seen: string): FeedItem {
  const problem = `is no advisory format Parapet reads (${seen}; see docs/advisories.md for those it reads)`;
  return { kind: 'problem', where, problem };
}

/** How an unknown file begins, for the person who has to find out what it is. */
function beginningOf(head: Buffer): string {
  if (head.byteLength === 0) return 'it is empty';
  if (head.subarray(0, 512).includes(0)) return 'it is binary';
  const text = head
    .toString('utf8', 0, 200)
    .replace(/[\u0000-\u001f\u007f\s]+/g, ' ')
    .trim();
  return `it begins with "${text.slice(0, 60)}"`;
}
