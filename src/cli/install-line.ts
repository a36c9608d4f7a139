/** The line that installs and enrols the agent on a server: docs/agent.md. */
import { isIPv6 } from 'node:net';
import type { Config } from '../config.ts';

type Place = Pick<Config, 'publicUrl' | 'host' | 'port' | 'tlsCert'>;

export interface InstallLine {
  readonly line: string;
  /** Why the line does not work as it stands on every server, and what to do; undefined where its address was configured. */
  readonly hint: string | undefined;
}

/**
 * Without PARAPET_PUBLIC_URL the address in the line is the one that the service listens on, which is of use to other
 * machines only where it is one of this machine's own.
 */
export function installLine(place: Place, token: string): InstallLine {
  const url = place.publicUrl ?? listeningUrl(place);
  const line = `curl -fsSL ${url}/agent/install.sh | sh -s -- ${token}`;
  if (place.publicUrl !== undefined) return { line, hint: undefined };
  const isOfUse = !isEveryAddress(place.host) && !isLoopback(place.host) && place.port !== 0;
  const hint = `Other machines do not reach this service at ${url}: put the address that they do reach in its place, or set PARAPET_PUBLIC_URL to it.`;
  return { line, hint: isOfUse ? undefined : hint };
}

function listeningUrl({ host, port, tlsCert }: Place): string {
  const name = isEveryAddress(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  return `${tlsCert === undefined ? 'http' : 'https'}://${name}:${port}`;
}

function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
