import { describe, expect, it } from 'vitest';
import { systemOf } from './system.ts';
import {
  isKnownFamily,
  refineSystem,
  systemFromDistro,
  systemFromKey,
  systemFromName,
} from './system-from-name.ts';

describe('systemFromName', () => {
  it.each([
    ['alma', '8.9', 'almalinux:8'],
    ['redhat', '8.7', 'rhel:8'],
    ['centos', 'stream8', 'centos:8'],
    ['centos', '7.6.1810', 'centos:7'],
    ['amazon', '2 (Karoo)', 'amazon:2'],
    ['amazon', '2023.6.20241212', 'amazon:2023'],
    ['amazon', '2018.03', 'amazon:1'],
    ['suse.linux.enterprise.server', '12.5', 'sles:12.5'],
    ['suse linux enterprise server', '15-SP3', 'sles:15.3'],
    ['opensuse.leap', '15.3', 'opensuse-leap:15.3'],
    ['opensuse.tumbleweed', '20240101', 'opensuse-tumbleweed:'],
    ['openEuler', '22.03 LTS SP3', 'openeuler:22.03-LTS-SP3'],
    ['openEuler', '22.03-LTS-SP3', 'openeuler:22.03-LTS-SP3'],
    ['EulerOS', 'V2.0SP9', 'euleros:2.0SP9'],
    ['debian', '9.0', 'debian:9'],
    ['debian', '10 (buster)', 'debian:10'],
    ['debian', 'Bookworm', 'debian:12'],
    ['ubuntu', '18.04.3 LTS (Bionic Beaver)', 'ubuntu:18.04'],
    ['windows', 'Windows Server 2019', 'windows:Windows Server 2019'],
    [
      'windows',
      'Windows Server, Version 20H2 (Server Core Installation)',
      'windows:Windows Server, version 20H2 (Server Core installation)',
    ],
    ['wolfi', '20230201', 'wolfi:20230201'],
  ])('takes %s %s for %s', (family, version, key) => {
    expect(systemFromName(family, version)?.key).toBe(key);
  });

  it('names no system where the version does not tell the release', () => {
    for (const [family, version] of [
      ['debian', ''],
      ['ubuntu', 'rolling'],
      ['almalinux', 'x'],
      ['', '12'],
      ['a'.repeat(200), '1'],
      ['debi\u0000an', '12'],
      ['photon', '4\u0000'],
      ['windows', ''],
    ] as const) {
      expect(systemFromName(family, version)).toBeUndefined();
    }
  });

  it('shows family and version where no name is given', () => {
    expect(systemFromName('alma', '8.9')?.name).toBe('AlmaLinux 8.9');
    expect(systemFromName('windows', 'Windows 7')?.name).toBe('Windows 7');
  });
});

describe('the name shown', () => {
  it('holds no control character and is bounded', () => {
    const name = systemFromName('debian', '12', `Debian\u0000\n12 ${'x'.repeat(500)}`)?.name ?? '';
    expect(name).toMatch(/^Debian 12 x+…$/);
    expect(name.length).toBeLessThanOrEqual(100);
  });
});

describe('systemFromKey', () => {
  it('takes a key and its looser spellings', () => {
    expect(systemFromKey('debian:12')?.key).toBe('debian:12');
    expect(systemFromKey('alma:8.9')?.key).toBe('almalinux:8');
    expect(systemFromKey('opensuse-tumbleweed:')?.key).toBe('opensuse-tumbleweed:');
    expect(systemFromKey('debian')).toBeUndefined();
    expect(systemFromKey(':12')).toBeUndefined();
  });
});

describe('systemFromDistro', () => {
  it.each([
    ['debian-11', 'debian', 'debian:11'],
    ['debian-11.6', 'debian', 'debian:11'],
    ['jessie', 'debian', 'debian:8'],
    ['amzn-2', 'amzn', 'amazon:2'],
    ['amazon-2 (Karoo)', 'amazon', 'amazon:2'],
    ['3.15.6', 'alpine', 'alpine:3.15'],
    ['alpine-3.15.6', 'alpine', 'alpine:3.15'],
    ['opensuse-leap-15.4', 'opensuse', 'opensuse-leap:15.4'],
    ['sles-15.3', 'sles', 'sles:15.3'],
    ['centos-7.3.1611', 'centos', 'centos:7'],
    ['opensuse-tumbleweed-20230101', 'opensuse', 'opensuse-tumbleweed:'],
    ['ubuntu-22.04', 'ubuntu', 'ubuntu:22.04'],
  ])('takes %s of %s for %s', (distro, namespace, key) => {
    expect(systemFromDistro(distro, namespace)?.key).toBe(key);
  });

  it('says nothing for an empty qualifier', () => {
    expect(systemFromDistro('', 'debian')).toBeUndefined();
  });
});

describe('isKnownFamily', () => {
  it('knows the families of system.ts and no others', () => {
    expect(['debian', 'euleros', 'hce', 'windows'].every(isKnownFamily)).toBe(true);
    expect(['nixos', '', '__proto__', 'alma'].some(isKnownFamily)).toBe(false);
  });
});

describe('refineSystem', () => {
  it('finds the service pack of openEuler and EulerOS in the releases of their packages', () => {
    const openeuler = systemOf('openeuler', '22.03', 'openEuler 22.03');
    expect(refineSystem(openeuler, ['1-1.oe2203sp1', '2-1.oe2203sp1', '3-1.oe2203']).key).toBe(
      'openeuler:22.03-LTS-SP1',
    );
    expect(refineSystem(systemOf('euleros', '2.0'), ['1.0-3.h7.eulerosv2r9']).key).toBe('euleros:2.0SP9');
  });

  it('changes nothing where the packages do not say', () => {
    const system = systemOf('openeuler', '20.03');
    expect(refineSystem(system, ['1-1.oe1', '2-2.oe2203sp1'])).toBe(system);
    const debian = systemOf('debian', '12');
    expect(refineSystem(debian, ['1-1.oe2203sp1'])).toBe(debian);
  });
});
