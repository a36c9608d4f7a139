/** How Parapet speaks HTTP to publishers: what the operator says of proxies, mirrors and credentials, and the bounds. */

/** Redirects followed for one request. */
export const REDIRECTS_MAX = 5;
/** Time without a byte, connecting included, after which a server counts as gone. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Time one file may take in all, attempts and waits included. */
export const FILE_TIMEOUT_MS = 2 * 60 * 60 * 1000;
/** Attempts in a row that bring no byte, before a file is given up. */
export const ATTEMPTS_MAX = 4;
/** Attempts for one file in all, also where each brings something. */
export const ATTEMPTS_TOTAL_MAX = 50;
/** The first wait before another attempt; it doubles each time. */
export const BACKOFF_MS = 2_000;
/** A server that asks for a longer wait is tried again at a later update. */
export const RETRY_AFTER_MAX_MS = 120_000;

/** The bounds of fetching, all overridable by a caller with less time. */
export interface HttpLimits {
  readonly redirectsMax: number;
  readonly idleTimeoutMs: number;
  readonly fileTimeoutMs: number;
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly retryAfterMaxMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  redirectsMax: REDIRECTS_MAX,
  idleTimeoutMs: IDLE_TIMEOUT_MS,
  fileTimeoutMs: FILE_TIMEOUT_MS,
  attemptsMax: ATTEMPTS_MAX,
  backoffMs: BACKOFF_MS,
  retryAfterMaxMs: RETRY_AFTER_MAX_MS,
};

/** The proxy variables of the environment, as the field understands them. */
export interface ProxySettings {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are asked without a proxy, separated by commas. */
  readonly none: string | undefined;
}

/** What URLs that begin with `from` (`*`: all) are replaced by. */
export interface Mirror {
  readonly from: string;
  readonly to: string;
}

/** The value of the Authorization header for URLs that begin with `prefix`, and for no others. */
export interface Credential {
  readonly prefix: string;
  readonly authorization: string;
}

export interface HttpSettings {
  readonly proxy: ProxySettings;
  readonly mirrors: readonly Mirror[];
  readonly credentials: readonly Credential[];
  /** Hosts in private networks that redirects may lead to. */
  readonly privateHosts: readonly string[];
  readonly limits: HttpLimits;
}

/**
 * Where a publisher's URL is fetched from: the first mirror whose `from` it begins with takes that part's place; a mirror
 * for `*` gets the host as the first part of its path (`https://a.example/b` becomes `<to>a.example/b`).
 */
export function mirroredUrl(url: string, mirrors: readonly Mirror[]): string {
  for (const { from, to } of mirrors) {
    if (from === '*') {
      const base = to.endsWith('/') ? to : `${to}/`;
      return url.startsWith(base) ? url : base + url.replace(/^https?:\/\//, '');
    }
    if (url.startsWith(from)) return to + url.slice(from.length);
  }
  return url;
}
