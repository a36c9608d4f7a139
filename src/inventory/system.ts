/**
 * The system a server runs: distribution (or Windows product) and the release at which its vendor publishes advisories.
 *
 * `key` is `family:release` and is the one spelling used everywhere: as the ecosystem of system packages, in
 * advisories, in coverage and on the command line. Families and the form of their release:
 *
 * | family | release | example |
 * | --- | --- | --- |
 * | `debian` | major | `debian:12` |
 * | `ubuntu` | year.month | `ubuntu:22.04` |
 * | `almalinux`, `rocky`, `rhel`, `centos`, `oracle`, `fedora` | major | `almalinux:8` |
 * | `amazon` | `1`, `2`, `2023` | `amazon:2` |
 * | `sles` | version.service pack (no `.0`) | `sles:15.5`, `sles:12` |
 * | `opensuse-leap`, `opensuse-tumbleweed` | version, or empty | `opensuse-leap:15.5`, `opensuse-tumbleweed:` |
 * | `openeuler` | as openEuler writes it | `openeuler:22.03-LTS-SP1` |
 * | `euleros` | as EulerOS writes it, without V | `euleros:2.0SP9` |
 * | `hce` | major.minor | `hce:2.0` |
 * | `alpine` | major.minor, or `edge` | `alpine:3.19` |
 * | `windows` | the product's name | `windows:Windows Server 2019` |
 * | anything else | `ID` and `VERSION_ID` of os-release, as they are | `photon:4.0` |
 */
export interface System {
  readonly key: string;
  readonly family: string;
  readonly release: string;
  /** As the vendor names it for people, e.g. `Debian GNU/Linux 12 (bookworm)`; the key where unknown. */
  readonly name: string;
  readonly osType: 'Linux' | 'Windows';
}

/** Builds a system from its family and release; the name defaults to the key. */
export function systemOf(family: string, release: string, name?: string): System {
  const key = `${family}:${release}`;
  return { key, family, release, name: name ?? key, osType: family === 'windows' ? 'Windows' : 'Linux' };
}

/** The system that `key` names: everything before the first colon is the family. */
export function systemOfKey(key: string): System {
  const colon = key.indexOf(':');
  return colon === -1 ? systemOf(key, '') : systemOf(key.slice(0, colon), key.slice(colon + 1));
}
