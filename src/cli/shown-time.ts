/** Times and ages as people read them. */
import { counted } from '../counted.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A moment in the time zone of whoever reads it, with its offset; `never` where there is none. */
export function shownTime(ms: number | undefined): string {
  if (ms === undefined) return 'never';
  const date = new Date(ms);
  const two = (value: number): string => String(Math.abs(value)).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${zone}`;
}

/** How long ago, in the largest unit that says it: `3 days ago`. */
export function shownAge(ms: number, now: number): string {
  const age = Math.max(0, now - ms);
  if (age < HOUR_MS) return units(age / MINUTE_MS, 'minute');
  return age < 2 * DAY_MS ? units(age / HOUR_MS, 'hour') : units(age / DAY_MS, 'day');
}

function units(amount: number, unit: string): string {
  const whole = Math.floor(amount);
  return `${counted(whole, unit)} ago`;
}
