/** Wordfence's records of WordPress and of what the sample fleet has of it, in their publisher's own form, with their notices. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseWordfenceRecord } from '../../src/advisories/feeds/wordfence.ts';
import { isJsonObject, parseJson } from '../../src/archive/json-guard.ts';
import { SNAPSHOT_MEASURED_AT } from '../../src/demo/snapshot.ts';
import { OLD_WORDPRESS, UPDATED_WORDPRESS } from './web-applications.ts';

/** The lines of the file, as they are, of the packages that some server has, up to the day of the snapshot. */
export function wordpressText(data: string): { readonly text: string; readonly entries: number } {
  const names = new Set([...OLD_WORDPRESS, ...UPDATED_WORDPRESS].map(([, name]) => name));
  const file = gunzipSync(readFileSync(`${data}/cms/wordpress-wordfence.jsonl.gz`)).toString('utf8');
  const kept = file.split('\n').filter((line) => isKept(line, names));
  return { text: `${kept.join('\n')}\n`, entries: kept.length };
}

function isKept(line: string, names: ReadonlySet<string>): boolean {
  const parsed = parseJson(line);
  if (!parsed.ok || !isJsonObject(parsed.value)) return false;
  const item = parseWordfenceRecord(parsed.value, 'wordfence');
  if (item.kind !== 'advisory') return false;
  const { affected, modified = 0 } = item.advisory;
  return modified <= SNAPSHOT_MEASURED_AT && names.has(affected[0]?.name ?? '');
}
