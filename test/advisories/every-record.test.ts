import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../../src/advisories/feed.ts';
import { findFiles } from '../../src/advisories/find-files.ts';
import { readRecords } from '../../src/advisories/read-records.ts';
import { collectStream } from '../../src/archive/byte-stream.ts';
import { isJsonObject, parseJson } from '../../src/archive/json-guard.ts';
import { leavesOfFile } from '../../src/archive/leaves.ts';

/** Every record of every file is used, or reported with a reason: counted here in the plainest way there is, apart from the readers. */
const SHARED = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

interface ReadLeaf {
  readonly name: string;
  readonly text: string;
  readonly items: readonly FeedItem[];
}

async function* leavesBelow(folders: readonly string[]): AsyncGenerator<ReadLeaf> {
  const { files } = await findFiles(folders.filter((folder) => existsSync(folder)));
  for (const { path } of files) {
    for await (const leaf of leavesOfFile(path, path)) {
      if (leaf.kind === 'refused') throw new Error(`${leaf.name} ${leaf.problem}`);
      const bytes = await collectStream(leaf.content, { name: leaf.name, bytesMax: 256 * 1024 ** 2 });
      const content = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes;
      };
      const items: FeedItem[] = [];
      for await (const batch of readRecords({ name: leaf.name, head: leaf.head, content: content() }))
        items.push(...batch);
      yield { name: leaf.name, text: bytes.toString('utf8'), items };
    }
  }
}

/** How many records a file has by its form; undefined where that is no matter of counting one thing. */
function recordsIn({ name, text }: ReadLeaf): number | undefined {
  if (/\bD[SL]A(?:\.list|\/list)?$/.test(name) || /D[SL]A\.list\.gz$/.test(name)) return count(text, /^\[/gm);
  if (/<updates[\s>]/.test(text)) return count(text, /<update\s/g);
  if (/<cvrfdoc[\s>]/.test(text)) return 1;
  if (/\.jsonl(?:\.gz)?$/.test(name)) return text.split('\n').filter((line) => line.trim() !== '').length;
  if (/^(?:#[^\n]*\n)?(?:cve,epss|CVE,)/.test(text) && !text.includes('"')) {
    return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')).length - 1;
  }
  const parsed = text.startsWith('{') ? parseJson(text) : undefined;
  if (parsed?.ok !== true || !isJsonObject(parsed.value)) return undefined;
  const { format, product_name: product, catalogVersion } = parsed.value;
  const list =
    format === 'NVD_CVE' || catalogVersion !== undefined
      ? parsed.value['vulnerabilities']
      : product === undefined
        ? parsed.value['CVE_Items']
        : parsed.value['advisories'];
  return Array.isArray(list) ? list.length : undefined;
}

function count(text: string, form: RegExp): number {
  return text.match(form)?.length ?? 0;
}

/** Items that stand for a record: one id in several collections of one update is one. */
function answered(items: readonly FeedItem[]): number {
  const ids = new Set<string>();
  let others = 0;
  for (const [index, item] of items.entries()) {
    if (item.kind === 'advisory') ids.add(item.advisory.id);
    else if (item.kind === 'withdrawn') ids.add(item.id);
    else if (item.kind === 'problem') ids.add(`problem ${index}`);
    else if (item.kind !== 'list') others += 1;
  }
  return ids.size + others;
}

function isReportedWhole(items: readonly FeedItem[]): boolean {
  return items.length === 1 && items[0]?.kind === 'problem';
}

async function checkAll(folders: readonly string[]): Promise<number> {
  let files = 0;
  for await (const leaf of leavesBelow(folders)) {
    files += 1;
    // Nothing is passed over in silence: not even an empty list, which replaces what was held of it.
    expect(leaf.items.length, leaf.name).toBeGreaterThan(0);
    const records = recordsIn(leaf);
    if (records === undefined || isReportedWhole(leaf.items)) continue;
    expect(answered(leaf.items), leaf.name).toBeGreaterThanOrEqual(records);
  }
  return files;
}

describe('every record of every file', () => {
  it('of the fixtures is used or reported with a reason', async () => {
    const files = await checkAll([join(FIXTURES, 'advisories'), join(FIXTURES, 'vendor-formats')]);
    expect(files).toBeGreaterThan(30);
  });

  it('of the gathered feeds is used or reported with a reason', async () => {
    const files = await checkAll(
      ['advisories', 'vendor-formats', 'prioritisation'].map((name) => join(SHARED, name)),
    );
    if (existsSync(SHARED)) expect(files).toBeGreaterThan(300);
  }, 240_000);
});
