/**
 * Addresses that are nobody's on the internet: a redirect of a stranger's server may not lead there, or it could make
 * Parapet ask machines that only its own network reaches (metadata services, consoles, databases).
 */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** IANA's special-purpose registries (RFC 6890 and its updates), as far as they are not global. */
const NOT_GLOBAL: readonly (readonly [network: string, prefix: number, type: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const notGlobal = new BlockList();
for (const [network, prefix, type] of NOT_GLOBAL) notGlobal.addSubnet(network, prefix, type);

/** Whether an IP address (without brackets) is not one of the internet; also IPv4 written as IPv6. False for a name. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return notGlobal.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** The host of a URL as an address or a name, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/**
 * Finds addresses as the system does, and fails where any of them is private: checked at the moment of connecting, so a name
 * cannot lead elsewhere a moment later. `trustedHosts` are found without that: a proxy lies in one's own network.
 */
export function publicLookup(trustedHosts: readonly string[]): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, options, (error, address, family) => {
      if (error === null && !trustedHosts.includes(hostname)) {
        const found = typeof address === 'string' ? [address] : address.map((one) => one.address);
        const wrong = found.find(isPrivateAddress);
        if (wrong !== undefined) {
          callback(new Error(`${hostname} has the private address ${wrong}`), '', 0);
          return;
        }
      }
      callback(error, address, family);
    });
  };
}
