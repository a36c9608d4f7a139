/**
 * A finding: a vulnerability on a server. Findings are kept as parallel arrays in the server's row, so statuses and
 * priorities are small numbers there; the tables below are their only meaning. Numbers are never reused.
 */

/** Number in the store, word on the wire (contract chapter 0, VSTATUS). */
export const FINDING_STATUSES = {
  vul_status_unfix: 0,
  vul_status_ignored: 1,
  vul_status_verified: 2,
  vul_status_fixing: 3,
  vul_status_fixed: 4,
  vul_status_reboot: 5,
  vul_status_failed: 6,
  vul_status_fix_after_reboot: 7,
} as const;

export type FindingStatus = keyof typeof FINDING_STATUSES;

/** Number in the store, word on the wire (PRIO); the higher, the worse. */
export const FIXING_PRIORITIES = { Low: 0, Medium: 1, High: 2, Critical: 3 } as const;

export type FixingPriority = keyof typeof FIXING_PRIORITIES;

/** The words by their numbers. */
export const FINDING_STATUS_WORDS = wordsByNumber(FINDING_STATUSES);
export const FIXING_PRIORITY_WORDS = wordsByNumber(FIXING_PRIORITIES);

export interface Finding {
  /** Number of the vulnerability (table `vulnerability`). */
  readonly vulnerability: number;
  readonly status: FindingStatus;
  readonly priority: FixingPriority;
  /** Whether a version that fixes it is known. Findings without one are outside the HSS lists unless `includeUnfixed` is set. */
  readonly fixable: boolean;
  /** Milliseconds since 1970. */
  readonly firstSeenAt: number;
  readonly statusSince: number;
}

/** Ignored and fixed findings are handled; every other status is open (contract 6.4). */
export function isHandled(status: FindingStatus): boolean {
  return status === 'vul_status_ignored' || status === 'vul_status_fixed';
}

function wordsByNumber<W extends string>(numbers: Readonly<Record<W, number>>): readonly W[] {
  const words: W[] = [];
  for (const word of Object.keys(numbers) as W[]) words[numbers[word]] = word;
  return words;
}
