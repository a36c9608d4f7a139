import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { datedFindings, datesAnew, datesToAppend } from './finding-dates.ts';

const moment = fc.integer({ min: 0, max: 3 });
const findings: fc.Arbitrary<readonly Finding[]> = fc.uniqueArray(
  fc.record({
    vulnerability: fc.integer({ min: 1, max: 12 }),
    status: fc.constant('vul_status_unfix' as const),
    priority: fc.constant('Low' as const),
    fixable: fc.constant(true),
    firstSeenAt: moment,
    statusSince: moment,
  }),
  { selector: (finding) => finding.vulnerability },
);

function undated(list: readonly Finding[]) {
  return list.map(({ firstSeenAt: _first, statusSince: _since, ...finding }) => finding);
}

describe('the moments of findings', () => {
  it('come back as they were written, and the most frequent one is written once', () => {
    fc.assert(
      fc.property(findings, (list) => {
        const dates = datesAnew(list);
        expect(datedFindings(undated(list), dates)).toEqual(list);
        const alone = list.filter((f) => f.firstSeenAt !== f.statusSince || f.firstSeenAt !== dates.since);
        expect(dates.dates).toHaveLength(3 * alone.length);
      }),
    );
  });

  it('come back after any chain of changes that were only appended', () => {
    fc.assert(
      fc.property(fc.array(findings, { minLength: 1, maxLength: 6 }), (states) => {
        let held = datesAnew(states[0] ?? []);
        let before = states[0] ?? [];
        for (const state of states.slice(1)) {
          held = { since: held.since, dates: [...held.dates, ...datesToAppend(before, state)] };
          expect(datedFindings(undated(state), held)).toEqual(state);
          before = state;
        }
      }),
    );
  });

  it('are appended for servers whose own moments differ, where only what changed is known', () => {
    const finding = { vulnerability: 1, status: 'vul_status_unfix', priority: 'Low', fixable: true } as const;
    const placeholder = [{ ...finding, firstSeenAt: 0, statusSince: 0 }];
    const appended = datesToAppend(placeholder, [{ ...finding, firstSeenAt: 0, statusSince: 70 }]);
    expect(datedFindings([finding], { since: 5, dates: [1, 10, 20, ...appended] })).toMatchObject([
      { firstSeenAt: 10, statusSince: 70 },
    ]);
    expect(datedFindings([finding], { since: 5, dates: [...appended] })).toMatchObject([
      { firstSeenAt: 5, statusSince: 70 },
    ]);
  });
});
