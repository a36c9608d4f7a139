import type { Findings, JudgedCase } from './truth.ts';

/** How often matching was right. Precision and recall are null where there is nothing to divide by. */
export interface Figures {
  readonly cases: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly true_positives: number;
  readonly false_positives: number;
  readonly true_negatives: number;
  readonly false_negatives: number;
}

/** The last line of `--json`. */
export interface QualityFigures extends Figures {
  /** By `kind system`. */
  readonly by: Readonly<Record<string, Figures>>;
  /** By source of truth. */
  readonly by_source: Readonly<Record<string, Figures>>;
  readonly left_out: readonly { readonly source: string; readonly reason: string; readonly count: number }[];
}

export function figuresOf(findings: Findings): QualityFigures {
  return {
    ...countsOf(findings.cases),
    by: grouped(findings.cases, (item) => `${item.kind} ${item.pkg.ecosystem}`),
    by_source: grouped(findings.cases, (item) => item.source),
    left_out: findings.leftOut(),
  };
}

/** Figures of each group of cases, groups in the order of their names. */
export function grouped(
  cases: readonly JudgedCase[],
  groupOf: (item: JudgedCase) => string,
): Readonly<Record<string, Figures>> {
  const groups = new Map<string, JudgedCase[]>();
  for (const item of cases) {
    const name = groupOf(item);
    const held = groups.get(name);
    if (held === undefined) groups.set(name, [item]);
    else held.push(item);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, items]) => [name, countsOf(items)]));
}

export function countsOf(cases: readonly JudgedCase[]): Figures {
  const count = (isAffected: boolean, isFound: boolean): number =>
    cases.filter((item) => item.isAffected === isAffected && item.isFound === isFound).length;
  const [tp, fp, tn, fn] = [count(true, true), count(false, true), count(false, false), count(true, false)];
  return {
    cases: cases.length,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    true_positives: tp,
    false_positives: fp,
    true_negatives: tn,
    false_negatives: fn,
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1e5) / 1e5;
}
