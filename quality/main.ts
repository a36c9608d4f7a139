/** `npm run quality [-- --data DIR] [--json]`: judges matching against the truths found in a data folder. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUNDLED_DATA } from './bundled-data.ts';
import { figuresOf } from './figures.ts';
import { dataIn, judgeData, type QualityData } from './judge-data.ts';
import { reportText } from './report-text.ts';

const GATHERED = fileURLToPath(new URL('../../shared/data', import.meta.url));
const USAGE = `npm run quality [-- --data DIR] [--json]

Judges matching against labelled and end-to-end truths: precision, recall and counts by kind and system, what was left
out and why, and each miss with its reason. DIR is a folder with advisories/, inventories/ and ground-truth/; without it
../shared/data, or where that is not there the sample in test/fixtures/quality with the bundled snapshot.
`;

async function runQuality(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.data !== undefined && !existsSync(values.data)) {
    process.stderr.write(`there is no folder ${values.data}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const findings = await judgeData(dataOf(values.data), (text) => void process.stderr.write(`${text}\n`));
  process.stdout.write(reportText(findings));
  if (values.json === true) process.stdout.write(`${JSON.stringify(figuresOf(findings))}\n`);
  if (findings.cases.length === 0) {
    process.stderr.write('no truth was found that the advisories can be judged by\n');
    process.exitCode = 1;
  }
}

function dataOf(folder: string | undefined): QualityData {
  if (folder !== undefined) return dataIn(folder);
  return existsSync(GATHERED) ? dataIn(GATHERED) : BUNDLED_DATA;
}

await runQuality();
