import type { ByteStream } from '../../archive/byte-stream.ts';
import { type CsvRow, readCsvRows } from '../../archive/csv-rows.ts';
import type { WindowsTarget } from '../../windows/product.ts';
import { updateNumberOf } from '../../windows/update-number.ts';
import type { FeedItem } from '../feed.ts';
import { timeOf } from '../record-text.ts';
import { severityWordOf } from '../severity-word.ts';
import { targetsOf, UpdateCollector } from './windows-updates.ts';

/** Longest row taken, in bytes; the longest real ones have some 2 kB. */
export const WESNG_ROW_BYTES_MAX = 64 * 1024;
/** Most rows of one list; the real one has 468,463. */
export const WESNG_ROWS_MAX = 5_000_000;

type Column =
  | 'DatePosted'
  | 'CVE'
  | 'BulletinKB'
  | 'AffectedProduct'
  | 'AffectedComponent'
  | 'Severity'
  | 'Supersedes';
type Positions = Readonly<Record<Column, number>>;

/** Whether a text begins as the update lists of WES-NG do: a row a CVE, update and product. */
export function isWesngList(head: string): boolean {
  const line = head.split(/\r?\n/, 1)[0] ?? '';
  return /^"?DatePosted"?,"?CVE"?,"?BulletinKB"?,/.test(line) && line.includes('Supersedes');
}

/**
 * Reads one list of WES-NG (`definitions.zip`, `CVEs_<date>.csv` and `Custom_<date>.csv`), whole before the first item.
 * Lines that begin with `#` are comments. Rows of products that are no part of Windows, and rows without an update's
 * number, are counted by reason; a broken row is a `problem`. The list's date is the one in its file's name, else that of
 * its newest row.
 */
export async function* readWesngList(source: {
  readonly name: string;
  readonly content: ByteStream;
}): AsyncGenerator<readonly FeedItem[]> {
  const feed = /(?:^|[/\\!])custom[^/\\!]*$/i.test(source.name) ? 'wesng-custom' : 'wesng';
  const list = new ListReader(source.name);
  for await (const rows of readCsvRows(source.content, { rowBytesMax: WESNG_ROW_BYTES_MAX })) {
    for (const row of rows) list.read(row);
  }
  yield list.problems;
  if (!list.hasHeader) return;
  const publishedAt =
    timeOf(dashed(/_(\d{8})\.csv(?:\.gz)?$/i.exec(source.name)?.[1] ?? '')) ?? list.newestAt;
  yield [{ kind: 'list', feed, publishedAt }];
  for (const [reason, count] of list.notHeld) {
    if (count > 0) yield [{ kind: 'not-held', feed, reason, count }];
  }
  const name = {
    id: (number: string) => number,
    summary: (number: string, published: number | undefined) =>
      `${published === undefined ? '' : `${new Date(published).toISOString().slice(0, 7)} `}security update ${number}`,
  };
  yield* batchesOf(list.updates.advisories(name), feed);
}

function* batchesOf(
  advisories: Iterable<Extract<FeedItem, { kind: 'advisory' }>['advisory']>,
  feed: string,
): Generator<readonly FeedItem[]> {
  for (const advisory of advisories) yield [{ kind: 'advisory', feed, advisory }];
}

/** What is known of a list while its rows go by. */
class ListReader {
  readonly updates = new UpdateCollector();
  readonly problems: FeedItem[] = [];
  readonly notHeld = new Map<'other-product' | 'no-update', number>();
  newestAt: number | undefined;
  readonly #name: string;
  #columns: Positions | undefined;
  #rows = 0;
  readonly #targets = new Map<string, readonly WindowsTarget[]>();

  constructor(name: string) {
    this.#name = name;
  }

  get hasHeader(): boolean {
    return this.#columns !== undefined;
  }

  read(row: CsvRow): void {
    if (row.isTooLong) {
      this.#problem(row, `is a row of more than ${WESNG_ROW_BYTES_MAX} bytes`);
    } else if (this.#columns === undefined) {
      this.#columns = positionsOf(row.fields);
    } else if (!row.fields[0]?.startsWith('#')) {
      this.#rows += 1;
      if (this.#rows <= WESNG_ROWS_MAX) this.#readFields(row, this.#columns);
      else if (this.#rows === WESNG_ROWS_MAX + 1) {
        this.#problem(row, `is past the ${WESNG_ROWS_MAX} rows that Parapet reads of one list`);
      }
    }
  }

  #readFields(row: CsvRow, columns: Positions): void {
    const field = (column: Column): string => row.fields[columns[column]]?.trim() ?? '';
    const date = timeOf(dashed(field('DatePosted')));
    if (field('AffectedProduct') === '' || date === undefined) {
      this.#problem(row, 'has no date or no product');
      return;
    }
    this.newestAt = Math.max(date, this.newestAt ?? date);
    const targets = this.#targetsOf(field('AffectedProduct'));
    const number = updateNumberOf(field('BulletinKB'));
    if (targets.length === 0 || number === undefined) {
      const reason = targets.length === 0 ? 'other-product' : 'no-update';
      this.notHeld.set(reason, (this.notHeld.get(reason) ?? 0) + 1);
      return;
    }
    for (const target of targets) {
      this.updates.add({
        number,
        target: withComponent(target, field('AffectedComponent')),
        cves: field('CVE').match(/CVE-\d{4}-\d{4,7}/g) ?? [],
        supersedes: field('Supersedes')
          .split(/[;,]/)
          .flatMap((text) => updateNumberOf(text) ?? []),
        build: '',
        isHotpatch: false,
        word: severityWordOf(field('Severity')),
        severities: [],
        published: date,
      });
    }
  }

  #targetsOf(product: string): readonly WindowsTarget[] {
    const known = this.#targets.get(product);
    if (known !== undefined) return known;
    const targets = targetsOf(product);
    this.#targets.set(product, targets);
    return targets;
  }

  #problem(row: CsvRow, problem: string): void {
    this.problems.push({ kind: 'problem', where: `${this.#name}:${row.line}`, problem });
  }
}

/**
 * Rows before 2017 name the part in a column of its own. Later ones have a technology there (`Windows Kernel`), which is
 * no part that could be absent; only .NET Framework is both updated by itself and there in one of several versions.
 */
function withComponent(target: WindowsTarget, component: string): WindowsTarget {
  if (target.component !== '' || !/^Microsoft \.NET Framework \d/.test(component)) return target;
  return { ...target, component };
}

function positionsOf(header: readonly string[]): Positions {
  const names = header.map((name) => name.replace(/^\ufeff/, '').trim());
  const position = (column: Column): number => names.indexOf(column);
  return {
    DatePosted: position('DatePosted'),
    CVE: position('CVE'),
    BulletinKB: position('BulletinKB'),
    AffectedProduct: position('AffectedProduct'),
    AffectedComponent: position('AffectedComponent'),
    Severity: position('Severity'),
    Supersedes: position('Supersedes'),
  };
}

/** `20170314` as `2017-03-14`. */
function dashed(date: string): string {
  return date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
}
