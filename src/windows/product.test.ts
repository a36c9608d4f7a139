import { describe, expect, it } from 'vitest';
import { productOfHost, windowsProductName, windowsTargetOf } from './product.ts';

describe('windowsProductName', () => {
  it.each([
    ['Windows 10 Version 1607 for x64-based Systems  ', 'Windows 10 Version 1607 for x64-based Systems'],
    ['Windows 11 version 21H2 for ARM64-based Systems', 'Windows 11 Version 21H2 for ARM64-based Systems'],
    ['Windows 11 for x64-based Systems', 'Windows 11 Version 21H2 for x64-based Systems'],
    ['Windows 10 for 32-bit Systems', 'Windows 10 for 32-bit Systems'],
    ['Windows 8.1 for x64-based systems', 'Windows 8.1 for x64-based Systems'],
    [
      'Windows Server 2012 R2 (server core installation)',
      'Windows Server 2012 R2 (Server Core installation)',
    ],
    [
      'Windows Server, version 1709  (Server Core Installation)',
      'Windows Server, version 1709 (Server Core installation)',
    ],
    [
      'Windows Server 2008 for Itanium-based Systems Service Pack 2',
      'Windows Server 2008 for Itanium-Based Systems Service Pack 2',
    ],
    ['Microsoft Windows XP Service Pack 3', 'Windows XP Service Pack 3'],
    ['Windows Vista x64 Edition Service Pack 2', 'Windows Vista x64 Edition Service Pack 2'],
  ])('spells %s in one way', (text, name) => {
    expect(windowsProductName(text)).toBe(name);
  });

  it.each([
    'Windows Admin Center',
    'Windows 10 HLK Version 22H2',
    'Windows Defender',
    'Microsoft Office 2016',
    '',
  ])('knows that %s is no operating system', (text) => {
    expect(windowsProductName(text)).toBeUndefined();
  });
});

describe('windowsTargetOf', () => {
  it('splits a component from the system it is part of', () => {
    expect(windowsTargetOf('Microsoft .NET Framework 3.5 AND 4.8 on Windows Server 2019')).toEqual({
      product: 'Windows Server 2019',
      component: 'Microsoft .NET Framework 3.5 AND 4.8',
    });
    expect(
      windowsTargetOf('Microsoft Silverlight 5 when installed on Microsoft Windows (32-bit)'),
    ).toBeUndefined();
  });
});

describe('productOfHost', () => {
  it.each([
    [
      { isServer: true, version: '10.0.17763.6054', servicePack: 0, architecture: 'x64' },
      'Windows Server 2019',
    ],
    [
      { isServer: true, version: '10.0.25398', servicePack: 0, architecture: 'x64' },
      'Windows Server 2022, 23H2 Edition (Server Core installation)',
    ],
    [
      { isServer: true, version: '10.0.14393', servicePack: 0, architecture: 'x64', isServerCore: true },
      'Windows Server 2016 (Server Core installation)',
    ],
    [
      { isServer: false, version: '10.0.26100', servicePack: 0, architecture: 'ARM64' },
      'Windows 11 Version 24H2 for ARM64-based Systems',
    ],
    [
      { isServer: false, version: '10.0.10240', servicePack: 0, architecture: 'x86' },
      'Windows 10 for 32-bit Systems',
    ],
    [
      { isServer: false, version: '6.1.7601', servicePack: 1, architecture: 'x64' },
      'Windows 7 for x64-based Systems Service Pack 1',
    ],
    [
      { isServer: true, version: '6.0.6001', servicePack: 1, architecture: 'x86' },
      'Windows Server 2008 for 32-bit Systems',
    ],
    [
      { isServer: true, version: '6.0.6003', servicePack: 2, architecture: 'x64' },
      'Windows Server 2008 for x64-based Systems Service Pack 2',
    ],
    [
      { isServer: false, version: '6.0.6002', servicePack: 2, architecture: 'x64' },
      'Windows Vista x64 Edition Service Pack 2',
    ],
    [{ isServer: true, version: '5.2.3790', servicePack: 0, architecture: 'x86' }, 'Windows Server 2003'],
    [
      { isServer: false, version: '5.1.2600', servicePack: 1, architecture: 'x86' },
      'Windows XP Service Pack 1',
    ],
  ] as const)('names %o as Microsoft does', (host, name) => {
    expect(productOfHost(host)).toBe(name);
  });

  it('gives a build without a name none', () => {
    expect(
      productOfHost({ isServer: false, version: '10.0.29999', servicePack: 0, architecture: 'x64' }),
    ).toBeUndefined();
  });
});
