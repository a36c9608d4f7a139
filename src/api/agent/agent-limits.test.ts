import { describe, expect, it } from 'vitest';
import { REPORT_BYTES_MAX } from '../../inventory/report.ts';
import {
  AGENT_REQUESTS_MAX,
  createAgentLimits,
  REPORT_BYTES_HELD_MAX,
  REPORTS_AT_ONCE_MAX,
} from './agent-limits.ts';

describe('the requests of a server', () => {
  it('are refused past the burst, and allowed again as time passes, without harm to other servers', () => {
    let now = 0;
    const limits = createAgentLimits(() => now);
    for (let count = 0; count < AGENT_REQUESTS_MAX; count += 1) limits.countRequest('a');
    expect(() => limits.countRequest('a')).toThrow('try again in 2 seconds');
    limits.countRequest('b');
    now += 2_000;
    limits.countRequest('a');
    expect(() => limits.countRequest('a')).toThrow('try again in 2 seconds');
  });
});

describe('reports that arrive at once', () => {
  it('are handled a few at a time, in the order in which they are there, each once', async () => {
    const limits = createAgentLimits(() => 0);
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        limits.takeReport(
          1,
          async () => index,
          async (arrived) => {
            running += 1;
            most = Math.max(most, running);
            await Promise.resolve();
            running -= 1;
            done.push(arrived);
          },
        ),
      ),
    );
    expect(most).toBe(REPORTS_AT_ONCE_MAX);
    expect(done).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('beyond the room for them are told to come again, and leave no room taken, also when they fail', async () => {
    const limits = createAgentLimits(() => 0);
    const releases: (() => void)[] = [];
    const held = Array.from({ length: REPORT_BYTES_HELD_MAX / REPORT_BYTES_MAX }, () =>
      limits.takeReport(
        REPORT_BYTES_MAX,
        () => new Promise<void>((resolve) => releases.push(resolve)),
        async () => {
          throw new Error('refused');
        },
      ),
    );
    const another = () =>
      limits.takeReport(
        REPORT_BYTES_MAX,
        async () => 'arrived',
        async (text) => text,
      );
    await expect(another()).rejects.toThrow('Too many reports are arriving at once');
    for (const release of releases) release();
    expect((await Promise.allSettled(held)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(await another()).toBe('arrived');
  });
});
