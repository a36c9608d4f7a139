/**
 * What agents may ask of one node, in bounded memory: so often for each server, so many failed enrolments from each
 * address, and so many reports at once. An agent that is told to come again keeps its report and does so.
 */
import { appError } from '../../errors.ts';
import { INVENTORY_PACKAGES_MAX } from '../../inventory/inventory.ts';
import { REPORT_BYTES_MAX } from '../../inventory/report.ts';
import { createTurns } from '../../jobs/turns.ts';

/** Requests of one server at once, and how long until one more is allowed. A timed agent makes two an hour. */
export const AGENT_REQUESTS_MAX = 30;
const AGENT_REQUEST_RECOVERY_MS = 2_000;
/** Failed enrolments from one address at once, and how long until one more is allowed. */
export const ENROLMENT_FAILURES_MAX = 30;
const ENROLMENT_FAILURE_RECOVERY_MS = 2_000;
/** Servers and addresses remembered; the one that asked longest ago is forgotten first. */
const SUBJECTS_MAX = 100_000;

/**
 * Reports that are read and stored at once where they are as large as they may be; others that have arrived wait their turn. Of
 * smaller ones as many as have no more packages together, each counted as PACKAGES_COUNTED_MIN at least.
 */
export const REPORTS_AT_ONCE_MAX = 4;
const PACKAGES_COUNTED_MIN = 5_000;
/** Bytes of reports that are arriving or waiting, as they are sent; beyond it agents are told to come again. */
export const REPORT_BYTES_HELD_MAX = 8 * REPORT_BYTES_MAX;

export interface AgentLimits {
  /** Counts a request of a server; throws `agent-throttled`. */
  readonly countRequest: (serverId: string) => void;
  /** Throws `agent-throttled` where too many enrolments from the address failed. */
  readonly checkEnrolment: (address: string) => void;
  readonly countFailedEnrolment: (address: string) => void;
  /**
   * Has a report of at most `bytes` arrive and then handled, as soon as it is its turn; throws `agent-reports-busy`. When it
   * has been read, `holds` is to be told its packages: where they are few others need not wait for it.
   */
  readonly takeReport: <R, T>(
    bytes: number,
    arrive: () => Promise<R>,
    handle: (arrived: R, holds: (packages: number) => void) => Promise<T>,
  ) => Promise<T>;
}

export function createAgentLimits(now: () => number): AgentLimits {
  const requests = createBuckets({ max: AGENT_REQUESTS_MAX, recoveryMs: AGENT_REQUEST_RECOVERY_MS, now });
  const failures = createBuckets({
    max: ENROLMENT_FAILURES_MAX,
    recoveryMs: ENROLMENT_FAILURE_RECOVERY_MS,
    now,
  });
  const inTurn = createTurns({
    room: REPORTS_AT_ONCE_MAX * INVENTORY_PACKAGES_MAX,
    each: INVENTORY_PACKAGES_MAX,
  });
  let bytesHeld = 0;
  return {
    countRequest: (serverId) => {
      requests.refuseIfFull(serverId);
      requests.count(serverId);
    },
    checkEnrolment: failures.refuseIfFull,
    countFailedEnrolment: failures.count,
    takeReport: async (bytes, arrive, handle) => {
      if (bytesHeld + bytes > REPORT_BYTES_HELD_MAX) throw appError('agent-reports-busy', {});
      bytesHeld += bytes;
      try {
        const arrived = await arrive();
        return await inTurn((holds) =>
          handle(arrived, (packages) => holds(Math.max(packages, PACKAGES_COUNTED_MIN))),
        );
      } finally {
        bytesHeld -= bytes;
      }
    },
  };
}

interface Buckets {
  readonly refuseIfFull: (subject: string) => void;
  readonly count: (subject: string) => void;
}

function createBuckets(limits: {
  readonly max: number;
  readonly recoveryMs: number;
  readonly now: () => number;
}): Buckets {
  const { max, recoveryMs, now } = limits;
  const buckets = new Map<string, { readonly count: number; readonly atMs: number }>();
  const countOf = (subject: string): number => {
    const known = buckets.get(subject);
    return known === undefined ? 0 : Math.max(0, known.count - (now() - known.atMs) / recoveryMs);
  };
  return {
    refuseIfFull: (subject) => {
      const over = countOf(subject) - (max - 1);
      if (over > 0) throw appError('agent-throttled', { seconds: Math.ceil((over * recoveryMs) / 1_000) });
    },
    count: (subject) => {
      const count = countOf(subject) + 1;
      buckets.delete(subject);
      buckets.set(subject, { count, atMs: now() });
      const [oldest] = buckets.keys();
      if (buckets.size > SUBJECTS_MAX && oldest !== undefined) buckets.delete(oldest);
    },
  };
}
