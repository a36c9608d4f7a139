/**
 * A server's findings as parallel columns, the form in which they are stored and shared: numbers instead of words, without
 * moments. What touches one finding of some hundred says only what changes.
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

/** The findings of the columns. */
export function undatedFindings(columns: FindingColumns): readonly UndatedFinding[] {
  return columns.vulnerability.map((vulnerability, index) => ({
    vulnerability,
    status: FINDING_STATUS_WORDS[columns.status[index] ?? 0] ?? 'vul_status_unfix',
    priority: FIXING_PRIORITY_WORDS[columns.priority[index] ?? 0] ?? 'Low',
    fixable: columns.fixable[index] ?? false,
  }));
}

/** The columns of a set that is stored, with `findings` in place of whatever it says of the vulnerabilities in `touched`. */
export interface ChangedColumns {
  /** Number of the set; undefined: none, so nothing is found. */
  readonly base: number | undefined;
  /** Ascending. */
  readonly touched: readonly number[];
  /** Of vulnerabilities in `touched`. */
  readonly findings: readonly UndatedFinding[];
}
