import { fileURLToPath } from 'node:url';
import type { QualityData } from './judge-data.ts';

/** The truths that the repository carries, for whoever has nothing else: a sample, judged by the snapshot's advisories. */
export const BUNDLED_DATA: QualityData = {
  truths: pathOf('test/fixtures/quality'),
  advisories: [pathOf('snapshot/advisories')],
  inventories: [pathOf('snapshot/fleet/inventories')],
};

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
