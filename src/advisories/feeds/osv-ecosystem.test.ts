import { describe, expect, it } from 'vitest';
import { ecosystemTarget } from './osv-ecosystem.ts';

function shown(ecosystem: string, fixed = ''): string {
  const target = ecosystemTarget(ecosystem, fixed);
  if (typeof target === 'string') return target;
  const { ecosystems, scheme, matchOn, pocket, architectures } = target;
  return [ecosystems.join('+'), scheme, matchOn, pocket, architectures.join('+')].join(' ').trim();
}

describe('ecosystemTarget', () => {
  it.each([
    ['Debian:11', 'debian:11 deb source'],
    ['Debian:6.0', 'debian:6 deb source'],
    ['Debian:3.1', 'debian:3.1 deb source'],
    ['Debian:sid', 'debian:sid deb source'],
    ['Ubuntu:22.04:LTS', 'ubuntu:22.04 deb source'],
    ['Ubuntu:24.10', 'ubuntu:24.10 deb source'],
    ['Ubuntu:Pro:18.04:LTS', 'ubuntu:18.04 deb source esm'],
    ['Ubuntu:Pro:FIPS:16.04:LTS', 'ubuntu:16.04 deb source fips'],
    ['Ubuntu:Pro:FIPS-updates:20.04:LTS', 'ubuntu:20.04 deb source fips'],
    ['Ubuntu:Pro:Realtime:22.04:LTS', 'ubuntu:22.04 deb source esm'],
    ['Alpine:v3.19', 'alpine:3.19 apk source'],
    ['Alpine:edge', 'alpine:edge apk source'],
    ['AlmaLinux:8', 'almalinux:8 rpm binary'],
    ['Rocky Linux:9', 'rocky:9 rpm source'],
    ['Red Hat:enterprise_linux:8::appstream', 'rhel:8 rpm binary'],
    ['Red Hat:rhel_aus:8.4::appstream', 'rhel:8 rpm binary eus'],
    ['Red Hat:rhel_eus:9.2::baseos', 'rhel:9 rpm binary eus'],
    ['Red Hat:ocp_tools:4.15::el9', 'other'],
    ['Red Hat:openshift:4.12::el8', 'other'],
    ['SUSE:Linux Enterprise Server 15 SP5', 'sles:15.5 rpm source'],
    ['SUSE:Linux Enterprise Server 15 SP4-LTSS', 'sles:15.4 rpm source'],
    ['SUSE:Linux Enterprise Server for SAP Applications 15 SP5', 'sles:15.5 rpm source'],
    ['SUSE:Linux Enterprise Module for Basesystem 15 SP5', 'sles:15.5 rpm source'],
    ['SUSE:Linux Enterprise Server 12', 'sles:12 rpm source'],
    ['SUSE:Linux Enterprise Server 16.0', 'sles:16 rpm source'],
    [
      'SUSE:Linux Enterprise Module for Containers 12',
      'sles:12+sles:12.1+sles:12.2+sles:12.3+sles:12.4+sles:12.5 rpm source',
    ],
    ['SUSE:Package Hub 15 SP5', 'sles:15.5 rpm source'],
    ['SUSE:Manager Server 4.3', 'other'],
    ['openSUSE:Leap 15.5', 'opensuse-leap:15.5 rpm source'],
    ['openSUSE:Tumbleweed', 'opensuse-tumbleweed: rpm source'],
    ['openEuler:22.03-LTS-SP1', 'openeuler:22.03-LTS-SP1 rpm source'],
    ['EulerOS:2.0SP5', 'euleros:2.0SP5 rpm binary'],
    ['EulerOS:V2.0SP9(x86_64)', 'euleros:2.0SP9 rpm binary  x86_64+i686'],
    ['EulerOS:2.0SP9(aarch64)', 'euleros:2.0SP9 rpm binary  aarch64'],
    ['EulerOS:Virtualization 3.0.6.0', 'euleros:Virtualization 3.0.6.0 rpm binary'],
    ['CentOS:7', 'centos:7 rpm binary'],
    ['Amazon:1', 'amazon:1 rpm binary'],
    ['npm', 'npm semver binary'],
    ['PyPI', 'PyPI pypi binary'],
    ['Maven', 'Maven maven binary'],
    ['Maven:https://maven.google.com', 'Maven maven binary'],
    ['Go', 'Go semver binary'],
    ['crates.io', 'crates.io semver binary'],
    ['Packagist:https://packages.drupal.org/8', 'Packagist packagist binary'],
    ['RubyGems', 'RubyGems rubygems binary'],
    ['NuGet', 'NuGet nuget binary'],
    ['Bitnami', 'Bitnami semver binary'],
    ['Hackage', 'other'],
    ['GIT', 'other'],
    ['', 'other'],
    ['__proto__', 'other'],
    ['Ubuntu:nonsense', 'no-release'],
  ])('%s', (ecosystem, target) => {
    expect(shown(ecosystem)).toBe(target);
  });

  it('finds the release of a bare distribution in the fixed version, and does not guess it otherwise', () => {
    expect(shown('Debian', '1.2-3+deb12u4')).toBe('debian:12 deb source');
    expect(shown('Debian', '1.2-3')).toBe('no-release');
    expect(shown('AlmaLinux', '1.2-3.el9_2')).toBe('almalinux:9 rpm binary');
    expect(shown('AlmaLinux', '1.2-3.module_el8.6.0+2904+1')).toBe('almalinux:8 rpm binary');
    expect(shown('Alpine', '1.2-r3')).toBe('no-release');
  });
});
