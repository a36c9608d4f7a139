import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { judgeGrypeDb } from './grype-db.ts';
import { KnownPackages } from './known-packages.ts';
import { AdvisoryLibrary, feedItemsOf } from './library.ts';
import { judgeMatchLabels } from './match-labels.ts';
import { judgeOfferedUpdates } from './offered-updates.ts';
import { judgeOpenEulerReports } from './openeuler-reports.ts';
import { judgeOsvExchanges } from './osv-exchanges.ts';
import { judgeScannerReports } from './scanner-reports.ts';
import { judgeTrivy } from './trivy.ts';
import { Findings } from './truth.ts';
import { judgeWazuh } from './wazuh.ts';

/** Where a run finds what it works on. */
export interface QualityData {
  /** The folder with `ground-truth/` in it. */
  readonly truths: string;
  /** Files and folders of advisories. */
  readonly advisories: readonly string[];
  /** Files and folders of inventories. */
  readonly inventories: readonly string[];
}

/**
 * Folders whose records some truth is judged by. Updates of Windows are not among them: no truth names them, and reading
 * 42 months of them takes longer than all else.
 */
const FEED_FOLDERS = ['advisories', 'cms', 'vendor-formats'];
const INVENTORY_FOLDERS = ['inventories', 'ground-truth/trivy/packages', 'ground-truth/trivy/sbom'];

/** A folder laid out as the gathered data is: what is not there is passed over. */
export function dataIn(folder: string): QualityData {
  const existing = (names: readonly string[]): readonly string[] =>
    names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  return { truths: folder, advisories: existing(FEED_FOLDERS), inventories: existing(INVENTORY_FOLDERS) };
}

/** Judges every truth found there; `note` is told what is going on. */
export async function judgeData(data: QualityData, note: (text: string) => void): Promise<Findings> {
  const findings = new Findings();
  const startedAt = Date.now();
  const tell = (text: string): void => note(`${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${text}`);
  const known = await KnownPackages.of(data.inventories);
  tell('inventories read');
  const library = await AdvisoryLibrary.of(feedItemsOf(data.advisories));
  tell(`${library.records} advisories read, ${library.problemCount} records refused`);
  await judgeMatchLabels(data.truths, library, known, findings);
  await judgeTrivy(data.truths, known, findings);
  await judgeOsvExchanges(data.truths, library, findings);
  await judgeOpenEulerReports(data.truths, library, findings);
  await judgeGrypeDb(data.truths, findings);
  await judgeWazuh(data.truths, library, findings);
  await judgeScannerReports(data.truths, library, findings);
  await judgeOfferedUpdates(data.truths, library, findings);
  tell(`${findings.cases.length} cases judged`);
  return findings;
}
