/**
 * Makes the bundled snapshot (`snapshot/`) from the folder of gathered public data: `node build/snapshot/main.ts DATA`
 * on Node.js 24. The same data gives the same bytes. What it takes from where, and under which licence:
 * snapshot/README.md.
 */
import { osvFiles } from './advisories.ts';
import { epssText, knownExploitedText } from './exploitation.ts';
import { writeInventories } from './inventories.ts';
import { windowsText } from './windows.ts';
import { wordpressText } from './wordpress.ts';
import { writeGzip } from './write-snapshot.ts';

async function main(data: string): Promise<void> {
  let total = 0;
  const tell = (path: string, count: number, bytes: number, note = ''): void => {
    total += bytes;
    console.log(`${path}: ${count} records, ${bytes} bytes${note}`);
  };
  for (const { name, lines, leftOut } of await osvFiles(data)) {
    const path = `advisories/${name}.osv.jsonl.gz`;
    const notes = Object.entries(leftOut).map(([reason, count]) => `, left out ${count} ${reason}`);
    tell(path, lines.length, writeGzip(path, `${lines.join('\n')}\n`), notes.join(''));
  }
  const wordpress = wordpressText(data);
  const wordfence = 'advisories/wordpress.wordfence.jsonl.gz';
  tell(wordfence, wordpress.entries, writeGzip(wordfence, wordpress.text));
  const windows = await windowsText(data);
  const updates = 'advisories/windows-CVEs_20250510.csv.gz';
  tell(updates, windows.entries, writeGzip(updates, windows.text));
  const exploited = await knownExploitedText(data);
  const catalogue = 'advisories/known-exploited.json.gz';
  tell(catalogue, exploited.entries, writeGzip(catalogue, exploited.text));
  const epss = await epssText(data);
  tell('advisories/epss.csv.gz', epss.entries, writeGzip('advisories/epss.csv.gz', epss.text));
  for (const { path, packages, bytes } of writeInventories(data)) tell(path, packages, bytes);
  console.log(`${total} bytes in all`);
}

await main(process.argv[2] ?? '../shared/data');
