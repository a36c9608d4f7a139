import { DownloadFailure } from './download-failure.ts';
import type { HttpAnswer } from './http-client.ts';

/** Statuses after which the same request may succeed in a moment. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const SAID: Readonly<Record<number, string>> = {
  401: 'wants credentials that it did not get (PARAPET_FEEDS_CREDENTIALS_FILE)',
  403: 'refuses access',
  404: 'has nothing there',
  407: 'cannot be reached: the proxy wants credentials',
  410: 'has nothing there any more',
  429: 'asks for fewer requests',
};

/** What an answer that is no file means, in words, with the wait that the server asks for. */
export function statusFailure({ status, headers, url }: HttpAnswer): DownloadFailure {
  const isTransient = PASSING.has(status);
  const retryAfterMs = isTransient ? retryAfter(headers['retry-after'], Date.now()) : undefined;
  const wait = retryAfterMs === undefined ? '' : `, and to wait ${Math.ceil(retryAfterMs / 1000)} seconds`;
  const { origin, pathname } = new URL(url);
  return new DownloadFailure(
    `${origin}${pathname} ${SAID[status] ?? 'did not answer with a file'} (HTTP ${status}${wait})`,
    {
      isTransient,
      retryAfterMs,
      status,
    },
  );
}

/** `Retry-After`: seconds, or a moment. In milliseconds from `now` on; undefined where it says nothing usable. */
export function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
