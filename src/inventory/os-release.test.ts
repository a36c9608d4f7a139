import { describe, expect, it } from 'vitest';
import { parseOsRelease } from './os-release.ts';

/** Assignments as the distributions' own os-release files have them (facts; only the lines that matter here). */
const CASES: readonly (readonly [key: string, text: string])[] = [
  [
    'debian:12',
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian',
  ],
  [
    'debian:13',
    'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=trixie\nID=debian',
  ],
  ['debian:9', 'PRETTY_NAME="Debian GNU/Linux stretch/sid"\nID=debian'],
  ['ubuntu:22.04', 'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy'],
  [
    'ubuntu:22.04',
    'NAME="Linux Mint"\nVERSION="21.3 (Virginia)"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="21.3"\nUBUNTU_CODENAME=jammy',
  ],
  ['debian:12', 'NAME="LMDE"\nID=linuxmint\nID_LIKE=debian\nVERSION_ID="6"\nDEBIAN_CODENAME=bookworm'],
  ['raspbian:11', 'ID=raspbian\nID_LIKE=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye'],
  ['kali:2024.1', 'ID=kali\nID_LIKE=debian\nVERSION_ID="2024.1"'],
  [
    'almalinux:8',
    'NAME="AlmaLinux"\nVERSION="8.9 (Midnight Oncilla)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.9"',
  ],
  ['rocky:9', 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.3"'],
  ['rhel:7', 'NAME="Red Hat Enterprise Linux Server"\nID="rhel"\nVERSION_ID="7.3"'],
  ['centos:9', 'NAME="CentOS Stream"\nVERSION="9"\nID="centos"\nVERSION_ID="9"'],
  ['oracle:8', 'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="8.10"'],
  ['fedora:38', 'ID=fedora\nVERSION_ID=38'],
  ['amazon:1', 'NAME="Amazon Linux AMI"\nID="amzn"\nVERSION_ID="2018.03"'],
  ['amazon:2', 'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nVERSION_ID="2"'],
  ['amazon:2023', 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nVERSION_ID="2023"'],
  ['sles:15.5', 'NAME="SLES"\nVERSION="15-SP5"\nVERSION_ID="15.5"\nID="sles"'],
  ['sles:15', 'NAME="SLES"\nVERSION="15"\nVERSION_ID="15"\nID="sles"'],
  ['opensuse-leap:15.5', 'NAME="openSUSE Leap"\nID="opensuse-leap"\nVERSION_ID="15.5"'],
  ['opensuse-leap:42.3', 'NAME="openSUSE Leap"\nID=opensuse\nVERSION_ID="42.3"'],
  ['opensuse-tumbleweed:', 'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nVERSION_ID="20240101"'],
  ['alpine:3.19', 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.0\nPRETTY_NAME="Alpine Linux v3.19"'],
  [
    'alpine:edge',
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.0_alpha20240329\nPRETTY_NAME="Alpine Linux edge"',
  ],
  [
    'openeuler:22.03-LTS-SP1',
    'NAME="openEuler"\nVERSION="22.03 (LTS-SP1)"\nID="openEuler"\nVERSION_ID="22.03"',
  ],
  ['openeuler:20.03-LTS', 'NAME="openEuler"\nVERSION="20.03 (LTS)"\nID="openEuler"\nVERSION_ID="20.03"'],
  ['openeuler:23.09', 'NAME="openEuler"\nVERSION="23.09"\nID="openEuler"\nVERSION_ID="23.09"'],
  ['euleros:2.0SP9', 'NAME="EulerOS"\nVERSION="2.0 (SP9)"\nID="euleros"\nVERSION_ID="2.0"'],
  ['euleros:2.0SP9', 'NAME="EulerOS"\nVERSION="2.0 (SP9x86_64)"\nID="euleros"\nVERSION_ID="2.0"'],
  ['hce:2.0', 'NAME="Huawei Cloud EulerOS"\nVERSION="2.0 (x86_64)"\nID="hce"\nVERSION_ID="2.0"'],
  ['photon:4.0', 'NAME="VMware Photon OS"\nID=photon\nVERSION_ID=4.0'],
  ['euleros:2.0SP5', 'EulerOS release 2.0 (SP5)\n'],
  ['centos:7', 'CentOS Linux release 7.9.2009 (Core)\n'],
  ['rhel:6', 'Red Hat Enterprise Linux Server release 6.10 (Santiago)\n'],
];

describe('parseOsRelease', () => {
  it.each(CASES)('finds %s', (key, text) => {
    expect(parseOsRelease(text)?.key).toBe(key);
  });

  it('shows the system by its pretty name', () => {
    expect(
      parseOsRelease('ID=debian\nVERSION_ID=12\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"')?.name,
    ).toBe('Debian GNU/Linux 12 (bookworm)');
  });

  it('reads quotes and escapes as a shell does, and Windows line ends', () => {
    expect(parseOsRelease("ID='alpine'\r\nVERSION_ID='3.18.4'\r\n")?.key).toBe('alpine:3.18');
    expect(parseOsRelease('ID=debian\nVERSION_ID=12\nPRETTY_NAME="A \\"B\\" \\$C"')?.name).toBe('A "B" $C');
  });

  it('names no system where the text has none', () => {
    for (const text of ['', 'hello', 'ID=', 'ID=debian', 'ID="a b"\nVERSION_ID=1', 'ID=__proto__']) {
      expect(parseOsRelease(text), text).toBeUndefined();
    }
  });
});
