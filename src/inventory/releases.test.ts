import { describe, expect, it } from 'vitest';
import { SUPPORT_LAST_DAYS } from './release-dates.ts';
import { supportEndedAt } from './releases.ts';
import { systemOf } from './system.ts';

describe('supportEndedAt', () => {
  it.each([
    ['debian', '10', '2024-07-01'],
    ['debian', '12', '2028-07-01'],
    ['ubuntu', '18.04', '2023-06-01'],
    ['centos', '7', '2024-07-01'],
    ['alpine', '3.19', '2025-11-02'],
    ['sles', '15.5', '2025-01-01'],
    ['openeuler', '22.03-LTS-SP1', '2025-01-01'],
    ['amazon', '1', '2024-01-01'],
  ])('is the day after the last day of %s %s', (family, release, day) => {
    expect(supportEndedAt(systemOf(family, release))).toBe(Date.parse(`${day}T00:00:00Z`));
  });

  it('tells CentOS Stream 8 from CentOS Linux 8 by its name', () => {
    expect(supportEndedAt(systemOf('centos', '8', 'CentOS Stream 8'))).toBe(
      Date.parse('2024-06-01T00:00:00Z'),
    );
    expect(supportEndedAt(systemOf('centos', '8', 'CentOS Linux 8'))).toBe(
      Date.parse('2022-01-01T00:00:00Z'),
    );
  });

  it('is unknown where nobody published an end', () => {
    expect(supportEndedAt(systemOf('debian', '99'))).toBeUndefined();
    expect(supportEndedAt(systemOf('opensuse-tumbleweed', ''))).toBeUndefined();
    expect(supportEndedAt(systemOf('euleros', '2.0SP9'))).toBeUndefined();
  });

  it('has a real calendar day for every release it lists', () => {
    for (const [key, day] of SUPPORT_LAST_DAYS) {
      expect(new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10), key).toBe(day);
    }
  });
});
