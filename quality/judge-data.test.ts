import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BUNDLED_DATA } from './bundled-data.ts';
import { figuresOf, type QualityFigures } from './figures.ts';
import { dataIn, judgeData, type QualityData } from './judge-data.ts';
import { reportText } from './report-text.ts';

/** What must be reached over all cases whose facts are in the data. */
const PRECISION_MIN = 0.98;
const RECALL_MIN = 0.98;
/** More than this must stay judged: a truth that is no longer understood must not just disappear. */
const BUNDLED_CASES_MIN = 450;
/** Some 80,000 advisories are read: 20 seconds alone, minutes on a machine that has much else to do. */
const GATHERED_TIMEOUT_MS = 900_000;

const GATHERED = fileURLToPath(new URL('../../shared/data', import.meta.url));

async function judged(
  data: QualityData,
): Promise<{ readonly figures: QualityFigures; readonly text: string }> {
  const findings = await judgeData(data, () => undefined);
  return { figures: figuresOf(findings), text: reportText(findings) };
}

describe('matching', () => {
  it('is right about the truths that the repository carries', async () => {
    const { figures, text } = await judged(BUNDLED_DATA);
    expect(figures.cases, text).toBeGreaterThanOrEqual(BUNDLED_CASES_MIN);
    expect(figures.precision, text).toBeGreaterThanOrEqual(PRECISION_MIN);
    expect(figures.recall, text).toBeGreaterThanOrEqual(RECALL_MIN);
    expect(Object.keys(figures.by_source)).toEqual(['match-labels', 'osv-scanner-source', 'trivy']);
  });

  if (existsSync(GATHERED)) {
    it(
      'is right about every truth that was gathered',
      async () => {
        const { figures, text } = await judged(dataIn(GATHERED));
        expect(figures.precision, text).toBeGreaterThanOrEqual(PRECISION_MIN);
        expect(figures.recall, text).toBeGreaterThanOrEqual(RECALL_MIN);
      },
      GATHERED_TIMEOUT_MS,
    );
  }

  it('has nothing to be right about in an empty folder', async () => {
    const { figures } = await judged(dataIn('/nonexistent'));
    expect(figures).toMatchObject({ cases: 0, precision: null, recall: null, by: {} });
  });
});
