import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import {
  ADDRESS_FAILURES_MAX,
  createLoginLimiter,
  type LoginLimiter,
  USER_FAILURES_MAX,
} from './login-limiter.ts';

async function tryLogin(
  limiter: LoginLimiter,
  user: string,
  address: string,
  isRight: boolean,
): Promise<string> {
  try {
    return String(await limiter.attempt({ user, address }, async () => isRight));
  } catch (error) {
    return isAppError(error, 'login-throttled') ? `wait ${String(error.fields['seconds'])}` : 'unexpected';
  }
}

describe('guessing a password', () => {
  it('is stopped after some failures, also for the right one, and allowed again little by little', async () => {
    let now = 0;
    const limiter = createLoginLimiter(() => now);
    for (let failure = 0; failure < USER_FAILURES_MAX; failure++) {
      expect(await tryLogin(limiter, 'admin', '192.0.2.1', false)).toBe('false');
    }
    expect(await tryLogin(limiter, 'admin', '192.0.2.1', true)).toBe('wait 12');
    now += 12_000;
    expect(await tryLogin(limiter, 'admin', '192.0.2.1', false)).toBe('false');
    expect(await tryLogin(limiter, 'admin', '192.0.2.1', true)).toBe('wait 12');
    now += 12_000;
    expect(await tryLogin(limiter, 'admin', '192.0.2.1', true)).toBe('true');
  });

  it('does not shut out the same user at another address', async () => {
    const limiter = createLoginLimiter(() => 0);
    for (let failure = 0; failure <= USER_FAILURES_MAX; failure++)
      await tryLogin(limiter, 'admin', '192.0.2.1', false);
    expect(await tryLogin(limiter, 'admin', '192.0.2.2', true)).toBe('true');
  });

  it('of many users from one address is stopped too', async () => {
    const limiter = createLoginLimiter(() => 0);
    for (let failure = 0; failure < ADDRESS_FAILURES_MAX; failure++) {
      expect(await tryLogin(limiter, `user-${failure}`, '192.0.2.1', false)).toBe('false');
    }
    expect(await tryLogin(limiter, 'one-more', '192.0.2.1', false)).toMatch(/^wait /);
  });

  it('starts anew after a right password', async () => {
    const limiter = createLoginLimiter(() => 0);
    for (let failure = 1; failure < USER_FAILURES_MAX; failure++)
      await tryLogin(limiter, 'admin', '192.0.2.1', false);
    expect(await tryLogin(limiter, 'admin', '192.0.2.1', true)).toBe('true');
    for (let failure = 0; failure < USER_FAILURES_MAX; failure++) {
      expect(await tryLogin(limiter, 'admin', '192.0.2.1', false)).toBe('false');
    }
  });

  it('occupies few hashings at once; the rest wait, and too many are sent away', async () => {
    const limiter = createLoginLimiter(() => 0);
    const finish: (() => void)[] = [];
    let running = 0;
    let runningMost = 0;
    const check = async () => {
      runningMost = Math.max(runningMost, ++running);
      await new Promise<void>((resolve) => finish.push(resolve));
      running--;
      return true;
    };
    const attempts = Array.from({ length: 80 }, (_, n) =>
      limiter.attempt({ user: `user-${n}`, address: `192.0.2.${n}` }, check).then(
        () => 'done',
        () => 'sent away',
      ),
    );
    let isOver = false;
    const all = Promise.all(attempts).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const each of finish.splice(0)) each();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const outcomes = await all;
    expect(runningMost).toBe(2);
    expect(outcomes.filter((outcome) => outcome === 'sent away')).toHaveLength(80 - 2 - 64);
  });
});
