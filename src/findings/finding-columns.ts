/**
 * A server's findings as parallel columns, the form in which they are stored and shared: numbers instead of words, without
 * moments. What touches one finding of some hundred works on these and leaves the others alone.
 */
import {
  FINDING_STATUS_WORDS,
  FINDING_STATUSES,
  FIXING_PRIORITIES,
  FIXING_PRIORITY_WORDS,
  type Finding,
} from './finding.ts';

/** Columns of equal length, ordered by vulnerability. */
export interface FindingColumns {
  readonly vulnerability: readonly number[];
  /** Numbers of `FINDING_STATUSES`. */
  readonly status: readonly number[];
  /** Numbers of `FIXING_PRIORITIES`. */
  readonly priority: readonly number[];
  readonly fixable: readonly boolean[];
}

/** A finding without its moments. */
export type UndatedFinding = Omit<Finding, 'firstSeenAt' | 'statusSince'>;

/** The findings, which are ordered by vulnerability, as columns. */
export function columnsOf(findings: readonly UndatedFinding[]): FindingColumns {
  return {
    vulnerability: findings.map((finding) => finding.vulnerability),
    status: findings.map((finding) => FINDING_STATUSES[finding.status]),
    priority: findings.map((finding) => FIXING_PRIORITIES[finding.priority]),
    fixable: findings.map((finding) => finding.fixable),
  };
}

/** All findings of the columns. */
export function undatedFindings(columns: FindingColumns): readonly UndatedFinding[] {
  return columns.vulnerability.map((vulnerability, index) => findingAt(columns, vulnerability, index));
}

/** Those of the vulnerabilities in `wanted` (ascending). */
export function findingsAmong(columns: FindingColumns, wanted: readonly number[]): readonly UndatedFinding[] {
  return wanted.flatMap((vulnerability) => {
    const index = indexOf(columns, vulnerability);
    return columns.vulnerability[index] === vulnerability ? [findingAt(columns, vulnerability, index)] : [];
  });
}

/** The columns with `findings` in place of whatever they say of the vulnerabilities in `touched`; both ascending. */
export function withFindings(
  columns: FindingColumns,
  touched: readonly number[],
  findings: readonly UndatedFinding[],
): FindingColumns {
  const vulnerability = [...columns.vulnerability];
  const status = [...columns.status];
  const priority = [...columns.priority];
  const fixable = [...columns.fixable];
  const changed = { vulnerability, status, priority, fixable };
  const now = new Map(findings.map((finding) => [finding.vulnerability, finding]));
  for (const number of touched) {
    const index = indexOf(changed, number);
    const held = vulnerability[index] === number ? 1 : 0;
    const finding = now.get(number);
    if (finding === undefined) {
      for (const column of [vulnerability, status, priority, fixable]) column.splice(index, held);
      continue;
    }
    vulnerability.splice(index, held, number);
    status.splice(index, held, FINDING_STATUSES[finding.status]);
    priority.splice(index, held, FIXING_PRIORITIES[finding.priority]);
    fixable.splice(index, held, finding.fixable);
  }
  return changed;
}

function findingAt(columns: FindingColumns, vulnerability: number, index: number): UndatedFinding {
  return {
    vulnerability,
    status: FINDING_STATUS_WORDS[columns.status[index] ?? 0] ?? 'vul_status_unfix',
    priority: FIXING_PRIORITY_WORDS[columns.priority[index] ?? 0] ?? 'Low',
    fixable: columns.fixable[index] ?? false,
  };
}

/** The first index whose vulnerability is not less. */
function indexOf({ vulnerability }: FindingColumns, number: number): number {
  let low = 0;
  let high = vulnerability.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((vulnerability[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
