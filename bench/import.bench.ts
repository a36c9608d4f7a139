/**
 * `bench import`: real OSV records repeated under new ids to 100,000, imported by the real command in a process of its own
 * into an empty database. Time is that of the whole process, its start included.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { openBenchStore } from './bench-store.ts';
import type { BenchOptions, Figures } from './main.ts';

const RECORDS = 100_000;
const MEMORY_POLL_MS = 100;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHARED = join(ROOT, '../shared/data/advisories/osv');
const BUNDLED = join(ROOT, 'snapshot');
const FILES = ['almalinux8.osv.jsonl.gz', 'bitnami.osv.jsonl.gz', 'pypi.osv.jsonl.gz'];

export async function importBench({ note }: BenchOptions): Promise<Figures> {
  const bench = await openBenchStore();
  try {
    const file = join(bench.folder, 'records.jsonl');
    const bytes = await writeRecords(file);
    note(`importing ${RECORDS} records, ${Math.round(bytes / 1024 ** 2)} MiB`);
    const first = await importFile(file, bench.config.dataDir);
    note('importing the same again');
    const again = await importFile(file, bench.config.dataDir);
    return {
      records: RECORDS,
      file_mb: bytes / 1024 ** 2,
      records_per_second: RECORDS / first.seconds,
      peak_rss_mb: first.peakRssMb,
      records_per_second_unchanged: RECORDS / again.seconds,
      peak_rss_mb_unchanged: again.peakRssMb,
    };
  } finally {
    await bench.close();
  }
}

async function writeRecords(file: string): Promise<number> {
  const folder = existsSync(SHARED) ? SHARED : BUNDLED;
  const lines: string[] = [];
  for (const name of FILES) {
    lines.push(
      ...gunzipSync(await readFile(join(folder, name)))
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    );
  }
  const out = createWriteStream(file);
  for (let number = 0; number < RECORDS; number += 1) {
    const line = lines[number % lines.length] ?? '';
    const round = Math.floor(number / lines.length);
    // The id is the only thing that changes; every record's first "id" is its own.
    const text = round === 0 ? line : line.replace(/"id":"([^"]+)"/, `"id":"$1-copy-${round}"`);
    if (!out.write(`${text}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  return out.bytesWritten;
}

async function importFile(
  file: string,
  dataDir: string,
): Promise<{ readonly seconds: number; readonly peakRssMb: number }> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin/parapet.js'), 'advisories', 'import', file, '--json'],
    {
      env: { PATH: process.env['PATH'], PARAPET_DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  let peakKb = 0;
  const poll = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => {
        peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      },
      () => undefined,
    );
  }, MEMORY_POLL_MS);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearInterval(poll);
  if (code !== 0) throw new Error(`the import ended with exit code ${code}`);
  return { seconds: (performance.now() - started) / 1000, peakRssMb: peakKb / 1024 };
}
