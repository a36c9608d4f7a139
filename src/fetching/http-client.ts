/**
 * GET over HTTP, as fetching needs it: bytes as they are (nothing is unpacked on the way, so that a part can be gone on
 * with), redirects by rule, proxies by the environment, bounded waiting. The proxy support is that of Node's own agents.
 */
import {
  Agent as HttpAgent,
  get as httpGet,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { isIP } from 'node:net';
import { DownloadFailure, lastingFailure, passingFailure } from './download-failure.ts';
import type { HttpSettings, ProxySettings } from './http-settings.ts';
import { hostOf, isPrivateAddress, publicLookup } from './private-address.ts';

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Connections kept to one host. */
const SOCKETS_PER_HOST_MAX = 8;
/** The first Node.js whose agents know proxies. */
const PROXY_NODE_MIN = [24, 5] as const;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed. */
  readonly body: IncomingMessage;
  /** The URL that answered in the end. */
  readonly url: string;
}

export interface HttpClient {
  readonly settings: HttpSettings;
  /**
   * Asks for `url` and follows redirects. Resolves with whatever status is no redirect; rejects with a `DownloadFailure` in
   * words, or with the reason of `signal`.
   */
  readonly get: (
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<HttpAnswer>;
  readonly close: () => void;
}

/** A client with its own connections. Throws in words where a proxy is set and this Node.js does not know proxies. */
export function openHttpClient(settings: HttpSettings): HttpClient {
  const proxyEnv = proxyEnvOf(settings.proxy);
  const agentOptions = { keepAlive: true, maxSockets: SOCKETS_PER_HOST_MAX, ...(proxyEnv && { proxyEnv }) };
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
  const guardedLookup = publicLookup([...proxyHosts(settings.proxy), ...settings.privateHosts]);
  const ask = (
    url: URL,
    headers: Readonly<Record<string, string>>,
    isElsewhere: boolean,
    signal: AbortSignal,
  ) =>
    request(
      url,
      {
        agent: url.protocol === 'https:' ? agents.https : agents.http,
        headers: headersFor(url, headers, settings),
        timeout: settings.limits.idleTimeoutMs,
        signal,
        ...(isElsewhere ? { lookup: guardedLookup } : {}),
      },
      settings.limits.idleTimeoutMs,
    );
  return {
    settings,
    get: async (url, headers, signal) => {
      const first = parseUrl(url);
      let target = first;
      for (let redirects = 0; ; redirects += 1) {
        const body = await ask(target, headers, hostOf(target) !== hostOf(first), signal);
        const status = body.statusCode ?? 0;
        const { location } = body.headers;
        if (!REDIRECT_STATUSES.has(status) || location === undefined) {
          return { status, headers: body.headers, body, url: target.href };
        }
        body.destroy();
        if (redirects >= settings.limits.redirectsMax) {
          throw lastingFailure(`${first.href} redirects more than ${settings.limits.redirectsMax} times`);
        }
        target = redirectTarget(location, target, first, settings.privateHosts);
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw lastingFailure(`${url} is no http or https URL`);
  }
  return parsed;
}

/**
 * Where a redirect leads. Only to https, or to the host that was asked first by the protocol it was asked by; never to a
 * private place that the operator did not name. Names are looked at again when they are looked up.
 */
function redirectTarget(location: string, from: URL, first: URL, privateHosts: readonly string[]): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (target === undefined) throw lastingFailure(`${from.href} redirects to something that is no URL`);
  target.username = '';
  target.password = '';
  const isSameHost = hostOf(target) === hostOf(first);
  const isAllowed =
    target.protocol === 'https:' || (target.protocol === 'http:' && isSameHost && from.protocol === 'http:');
  if (!isAllowed) {
    throw lastingFailure(
      `${from.href} redirects to ${target.origin}, which is neither https nor the same host`,
    );
  }
  const host = hostOf(target);
  const isLocalName = host === 'localhost' || host.endsWith('.localhost');
  if (!isSameHost && !privateHosts.includes(host) && (isPrivateAddress(host) || isLocalName)) {
    throw lastingFailure(
      `${from.href} redirects to the private address ${host}; allow it with PARAPET_FEEDS_PRIVATE_HOSTS if that is meant`,
    );
  }
  return target;
}

function headersFor(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { credentials }: HttpSettings,
): Record<string, string> {
  const credential = credentials.find(({ prefix }) => url.href.startsWith(prefix));
  return {
    'user-agent': 'parapet',
    'accept-encoding': 'identity',
    ...headers,
    ...(credential === undefined ? {} : { authorization: credential.authorization }),
  };
}

async function request(url: URL, options: RequestOptions, idleMs: number): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsGet : httpGet;
  return await new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    const asked = send(url, options, (response) => {
      answer = response;
      resolve(response);
    });
    asked.on('timeout', () => {
      const failure = passingFailure(`${url.host} was silent for ${idleMs / 1000} seconds`);
      // Whoever reads the answer by then is told the reason, and not only that it broke off.
      (answer ?? asked).destroy(failure);
    });
    asked.on('error', (error) =>
      reject(options.signal?.aborted === true ? options.signal.reason : failureOf(error, url)),
    );
  });
}

/** What went wrong on the way, in words. Where a name leads to a private address, trying again does not help. */
export function failureOf(error: unknown, url: URL): DownloadFailure {
  if (error instanceof DownloadFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (message.includes('private address')) {
    return lastingFailure(
      `a redirect leads to a private place: ${message}; allow it with PARAPET_FEEDS_PRIVATE_HOSTS if that is meant`,
      error,
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/.test(code)) {
    return lastingFailure(
      `the certificate of ${url.host} is not trusted (${code}); NODE_EXTRA_CA_CERTS names further authorities`,
      error,
    );
  }
  const said: Readonly<Record<string, string>> = {
    ENOTFOUND: `the name ${url.hostname} is not known`,
    EAI_AGAIN: `the name ${url.hostname} could not be looked up`,
    ECONNREFUSED: `${url.host} refuses connections`,
    ECONNRESET: `${url.host} broke the connection off`,
    ETIMEDOUT: `${url.host} did not answer`,
  };
  return passingFailure(said[code] ?? `${url.host} could not be read (${message})`, error);
}

function proxyEnvOf(proxy: ProxySettings): Record<string, string> | undefined {
  if (proxy.http === undefined && proxy.https === undefined) return undefined;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major === PROXY_NODE_MIN[0] && minor < PROXY_NODE_MIN[1]) {
    throw lastingFailure(
      `a proxy is set, and Node.js ${process.versions.node} does not know proxies: install ${PROXY_NODE_MIN.join('.')} or later`,
    );
  }
  return {
    ...(proxy.http === undefined ? {} : { HTTP_PROXY: proxy.http }),
    ...(proxy.https === undefined ? {} : { HTTPS_PROXY: proxy.https }),
    ...(proxy.none === undefined ? {} : { NO_PROXY: proxy.none }),
  };
}

function proxyHosts({ http, https }: ProxySettings): readonly string[] {
  return [http, https].flatMap((text) => {
    if (text === undefined || !URL.canParse(text)) return [];
    const host = hostOf(new URL(text));
    return isIP(host) === 0 ? [host] : [];
  });
}
