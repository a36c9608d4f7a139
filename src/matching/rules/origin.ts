import type { Package } from '../../inventory/package.ts';

/**
 * Packages that somebody else built under a name that the system's vendor uses too (EPEL's, Docker's, PostgreSQL's own): no
 * advisory of the system's vendor speaks of them, and their versions are numbered their own way. rpm names the vendor of each
 * package; dpkg does not, so there only builds that say so in their version are told apart. Without a word of the inventory a
 * package counts as the system's own.
 */

const ENTERPRISE = /red ?hat|centos|almalinux|rocky|oracle america|cloudlinux|scientific linux|springdale/i;
const SUSE = /suse/i;

/** Who builds the packages of a family; rebuilds keep those of the system they were converted from. */
const OWN_VENDORS: ReadonlyMap<string, RegExp> = new Map([
  ['rhel', ENTERPRISE],
  ['centos', ENTERPRISE],
  ['almalinux', ENTERPRISE],
  ['rocky', ENTERPRISE],
  ['oracle', ENTERPRISE],
  ['fedora', /fedora/i],
  // Some inventories give the repository instead: `amzn2-core`, `amzn2extra-docker`.
  ['amazon', /^amazon|^amzn|^installed$|^@?system$/i],
  ['sles', SUSE],
  ['opensuse-leap', SUSE],
  ['opensuse-tumbleweed', SUSE],
]);

/** Of families whose own vendors are not all known, these are certainly others. */
const KNOWN_OTHERS =
  /^(?:docker|postgresql|pgdg|microsoft|google|mysql|mariadb|nodesource|nginx|elastic|percona|zabbix|hashicorp|kubernetes|mongodb|remi|grafana|gitlab|influxdata|datadog|new relic|rpm fusion|elrepo)\b|epel|fedora project|oracle and\/or its affiliates/i;

const DEB_BUILDS = /\.pgdg\d|nodesource\d|\+maria~|\+(?:0~)?\d{8}\.\d+\+(?:debian|ubuntu)\d/;

const REMEMBERED_MAX = 4_096;
const remembered = new Map<string, boolean>();

/** Whether the inventory says that the package is not of its system's vendor. Application packages have no such vendor. */
export function isOfAnotherOrigin(pkg: Package): boolean {
  if (pkg.origin === '')
    return pkg.ecosystem.startsWith('debian:') || pkg.ecosystem.startsWith('ubuntu:')
      ? DEB_BUILDS.test(pkg.version)
      : false;
  const colon = pkg.ecosystem.indexOf(':');
  if (colon < 0) return false;
  const key = `${pkg.ecosystem.slice(0, colon)}\n${pkg.origin}`;
  let answer = remembered.get(key);
  if (answer === undefined) {
    answer = isOther(pkg.ecosystem.slice(0, colon), pkg.origin);
    if (remembered.size < REMEMBERED_MAX) remembered.set(key, answer);
  }
  return answer;
}

function isOther(family: string, origin: string): boolean {
  if (family === 'windows') return false;
  const own = OWN_VENDORS.get(family);
  return own === undefined ? KNOWN_OTHERS.test(origin) : !own.test(origin);
}
