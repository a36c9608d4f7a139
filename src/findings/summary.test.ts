import { describe, expect, it } from 'vitest';
import type { FindingStatus, FixingPriority } from './finding.ts';
import { columnsOf, type UndatedFinding } from './finding-columns.ts';
import { levelOf, scoreOf, summaryOf } from './summary.ts';

function findings(
  status: FindingStatus,
  counts: Partial<Record<FixingPriority, number>>,
  fixable = true,
): UndatedFinding[] {
  return Object.entries(counts).flatMap(([priority, count]) =>
    Array.from({ length: count }, (_, number) => ({
      vulnerability: number,
      status,
      priority: priority as FixingPriority,
      fixable,
    })),
  );
}

describe('the summary of a server', () => {
  it('gives the documented example: 0, 4, 12 and 3 are 73 and Medium (contract 6.7)', () => {
    const summary = summaryOf(
      columnsOf(findings('vul_status_unfix', { High: 4, Medium: 12, Low: 3 })),
      false,
    );
    expect(summary).toEqual({
      openCount: 19,
      counts: { Critical: 0, High: 4, Medium: 12, Low: 3 },
      score: 73,
      level: 'Medium',
      handleStatus: 'unhandled',
      statusBits: 0b1,
    });
  });

  it('takes its level from the worst open finding', () => {
    const none = { Critical: 0, High: 0, Medium: 0, Low: 0 };
    expect(levelOf({ ...none, Critical: 1 })).toBe('High');
    expect(levelOf({ ...none, High: 1 })).toBe('Medium');
    expect(levelOf({ ...none, Medium: 1 })).toBe('Medium');
    expect(levelOf({ ...none, Low: 1 })).toBe('Low');
    expect(levelOf(none)).toBe('Security');
  });

  it('never falls below zero', () => {
    expect(scoreOf({ Critical: 11, High: 0, Medium: 0, Low: 0 })).toBe(0);
  });

  it('is 100 and Security where all is handled, and then counts the handled ones', () => {
    const all = [
      ...findings('vul_status_ignored', { Critical: 2 }),
      ...findings('vul_status_fixed', { Low: 1 }),
    ];
    expect(summaryOf(columnsOf(all), false)).toEqual({
      openCount: 0,
      counts: { Critical: 2, High: 0, Medium: 0, Low: 1 },
      score: 100,
      level: 'Security',
      handleStatus: 'handled',
      statusBits: 0b10010,
    });
  });

  it('counts a fix that waits for a restart as open', () => {
    expect(summaryOf(columnsOf(findings('vul_status_reboot', { Critical: 1 })), false)).toMatchObject({
      openCount: 1,
      score: 90,
      level: 'High',
    });
  });

  it('leaves out what has no fix unless the project includes it', () => {
    const unfixed = findings('vul_status_unfix', { High: 1 }, false);
    expect(summaryOf(columnsOf(unfixed), false)).toMatchObject({ openCount: 0, score: 100 });
    expect(summaryOf(columnsOf(unfixed), true)).toMatchObject({ openCount: 1, score: 97 });
  });
});
