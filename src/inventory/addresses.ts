import { isIP } from 'node:net';

/** Most addresses kept of one server. */
export const SERVER_ADDRESSES_MAX = 64;

export interface ServerAddresses {
  readonly privateIps: readonly string[];
  readonly publicIp: string;
}

/**
 * Parts a server's addresses: the first public IPv4 address is its public one (an IPv6 one if there is no other), the
 * rest are private ones, in their order and without repeats. Loopback and link-local addresses, prefix lengths and
 * text that is no address are left out.
 */
export function partAddresses(addresses: readonly string[]): ServerAddresses {
  const seen = new Set<string>();
  for (const text of addresses) {
    if (seen.size >= SERVER_ADDRESSES_MAX) break;
    const address = text
      .trim()
      .replace(/[/%].*$/, '')
      .toLowerCase();
    if (isIP(address) !== 0 && !isLocal(address)) seen.add(address);
  }
  const all = [...seen];
  const publicIp =
    all.find((address) => isIP(address) === 4 && !isPrivate(address)) ??
    all.find((address) => !isPrivate(address)) ??
    '';
  return { privateIps: all.filter((address) => address !== publicIp), publicIp };
}

function isLocal(address: string): boolean {
  return /^(?:127\.|169\.254\.|0\.|::1$|::$|fe[89ab])/.test(address);
}

/** RFC 1918, RFC 6598 (shared) and RFC 4193 (unique local) addresses. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[789]\d|1[01]\d|12[0-7])\.|f[cd])/.test(
    address,
  );
}
