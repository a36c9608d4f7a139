import { describe, expect, it } from 'vitest';
import type { Package } from '../../inventory/package.ts';
import { isOfAnotherOrigin } from './origin.ts';

function pkg(ecosystem: string, origin: string, version = '1-1'): Package {
  return { ecosystem, name: 'x', version, arch: '', source: 'x', sourceVersion: version, module: '', origin };
}

describe('isOfAnotherOrigin', () => {
  it.each([
    ['almalinux:8', 'AlmaLinux'],
    ['almalinux:8', 'CentOS'],
    ['rhel:9', 'Red Hat, Inc.'],
    ['rocky:9', 'Rocky Enterprise Software Foundation'],
    ['oracle:8', 'Oracle America'],
    ['amazon:2', 'Amazon Linux'],
    ['amazon:2', 'amzn2extra-php8.2'],
    ['sles:15.5', 'SUSE LLC <https://www.suse.com/>'],
    ['openeuler:22.03-LTS', 'http://openeuler.org'],
    ['euleros:2.0SP9', 'http://www.huawei.com'],
    ['debian:12', ''],
    ['windows:Windows Server 2019', 'Docker Inc.'],
    ['npm', 'whoever'],
  ])('takes a package of %s by "%s" for the vendor’s own', (ecosystem, origin) => {
    expect(isOfAnotherOrigin(pkg(ecosystem, origin))).toBe(false);
  });

  it.each([
    ['almalinux:8', 'Fedora Project'],
    ['rhel:9', 'Docker'],
    ['amazon:2', 'epel'],
    ['openeuler:22.03-LTS', 'Docker'],
    ['euleros:2.0SP9', 'PostgreSQL Global Development Group'],
  ])('takes a package of %s by "%s" for another builder’s', (ecosystem, origin) => {
    expect(isOfAnotherOrigin(pkg(ecosystem, origin))).toBe(true);
  });

  it.each([
    ['15.3-1.pgdg22.04+1', true],
    ['18.16.0-deb-1nodesource1', true],
    ['1:10.11.2+maria~ubu2204', true],
    ['2.0.3+0~20230710.51+debian11~1.gbpe1', true],
    ['2.36.1-8+deb11u1', false],
    ['7.4.3-4ubuntu2.19', false],
    ['1.20+dfsg-1~bpo11+1', false],
  ])('sees in the version %s whether another builder made it: %s', (version, expected) => {
    expect(isOfAnotherOrigin(pkg('ubuntu:22.04', '', version))).toBe(expected);
  });
});
