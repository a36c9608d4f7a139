/**
 * A brake on guessing passwords, in bounded memory: each pair of user and remote address, and each remote address, may
 * fail so often at once and then only so often a minute. It is per address, so that a stranger's guesses do not shut
 * the user out; what reaches scrypt is bounded besides (`HASHINGS_AT_ONCE_MAX`).
 */
import { createHash } from 'node:crypto';
import { appError } from '../errors.ts';

/** Failures of one user from one address before it has to wait, and how long until one more is allowed. */
export const USER_FAILURES_MAX = 5;
const USER_FAILURE_RECOVERY_MS = 12_000;
/** The same for one address, whichever users it tries. */
export const ADDRESS_FAILURES_MAX = 50;
const ADDRESS_FAILURE_RECOVERY_MS = 2_000;
/** Pairs and addresses remembered; the one that failed longest ago is forgotten first. */
const SUBJECTS_MAX = 20_000;

/** scrypt takes a thread and 32 MiB: more logins than this at once wait their turn. */
const HASHINGS_AT_ONCE_MAX = 2;
/** Logins that wait; beyond it they are told to come again. */
const HASHINGS_WAITING_MAX = 64;
const BUSY_RETRY_SECONDS = 2;

interface Failures {
  readonly count: number;
  readonly atMs: number;
}

export interface LoginLimiter {
  /**
   * Runs a check of a password, which says whether it was right. Throws `login-throttled` instead where there were too
   * many failures before or too many logins are under way.
   */
  readonly attempt: (
    login: { readonly user: string; readonly address: string },
    check: () => Promise<boolean>,
  ) => Promise<boolean>;
}

export function createLoginLimiter(now: () => number): LoginLimiter {
  const failures = new Map<string, Failures>();
  let running = 0;
  const waiting: (() => void)[] = [];

  function countOf(subject: string, recoveryMs: number): number {
    const known = failures.get(subject);
    return known === undefined ? 0 : Math.max(0, known.count - (now() - known.atMs) / recoveryMs);
  }

  function refuseIfOver(subject: string, max: number, recoveryMs: number): void {
    const over = countOf(subject, recoveryMs) - (max - 1);
    if (over > 0) throw appError('login-throttled', { seconds: Math.ceil((over * recoveryMs) / 1_000) });
  }

  function noteFailure(subject: string, recoveryMs: number): void {
    const count = countOf(subject, recoveryMs) + 1;
    failures.delete(subject);
    failures.set(subject, { count, atMs: now() });
    const [oldest] = failures.keys();
    if (failures.size > SUBJECTS_MAX && oldest !== undefined) failures.delete(oldest);
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running < HASHINGS_AT_ONCE_MAX) {
      running++;
    } else {
      if (waiting.length >= HASHINGS_WAITING_MAX) {
        throw appError('login-throttled', { seconds: BUSY_RETRY_SECONDS });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      // The place is handed to whoever has waited longest, or given up.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  return {
    attempt: async (login, check) => {
      const pair = subjectOf(`${login.user}\0${login.address}`);
      const address = subjectOf(login.address);
      const refuse = () => {
        refuseIfOver(pair, USER_FAILURES_MAX, USER_FAILURE_RECOVERY_MS);
        refuseIfOver(address, ADDRESS_FAILURES_MAX, ADDRESS_FAILURE_RECOVERY_MS);
      };
      refuse();
      return inTurn(async () => {
        // Once more: others may have failed while this one waited.
        refuse();
        if (await check()) {
          failures.delete(pair);
          return true;
        }
        noteFailure(pair, USER_FAILURE_RECOVERY_MS);
        noteFailure(address, ADDRESS_FAILURE_RECOVERY_MS);
        return false;
      });
    },
  };
}

/** Of fixed length, whatever was sent as the user's name. */
function subjectOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
