import { SUPPORT_LAST_DAYS } from './release-dates.ts';
import type { System } from './system.ts';

const DAY_MS = 86_400_000;

/** CentOS Stream 8 shares the key `centos:8` with CentOS Linux 8 but lived longer. */
const CENTOS_STREAM_8_LAST_DAY = '2024-05-31';

/**
 * When the vendor's security support for everyone ended or will end, in ms since 1970 (the first moment without it);
 * undefined where no end is published or the release is unknown. Debian counts its LTS, Ubuntu its standard support:
 * until then each publishes the advisories we read. Paid extensions do not count.
 */
export function supportEndedAt(system: System): number | undefined {
  const isStream8 = system.key === 'centos:8' && /stream/i.test(system.name);
  const lastDay = isStream8 ? CENTOS_STREAM_8_LAST_DAY : SUPPORT_LAST_DAYS.get(system.key);
  return lastDay === undefined ? undefined : Date.parse(`${lastDay}T00:00:00Z`) + DAY_MS;
}
