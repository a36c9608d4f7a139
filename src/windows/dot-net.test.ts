import { describe, expect, it } from 'vitest';
import { concernsDotNet, dotNetVersionsHere, dotNetVersionsOf } from './dot-net.ts';

const NET_35_47 = 'Microsoft .NET Framework 3.5 AND 4.7.2';
const NET_35_48 = 'Microsoft .NET Framework 3.5 AND 4.8';

describe('dotNetVersionsOf', () => {
  it('reads every version a component names', () => {
    expect(dotNetVersionsOf('Microsoft .NET Framework 3.5 AND 4.6.2/4.7/4.7.1')).toEqual([
      '3.5',
      '4.6.2',
      '4.7',
      '4.7.1',
    ]);
    expect(dotNetVersionsOf('Microsoft .NET Framework 2.0 Service Pack 2')).toEqual(['2.0']);
    expect(dotNetVersionsOf('Microsoft .NET Framework 4')).toEqual(['4']);
    expect(dotNetVersionsOf('Internet Explorer 11')).toBeUndefined();
  });
});

describe('dotNetVersionsHere', () => {
  it('is what the system came with where no update says otherwise', () => {
    expect([...dotNetVersionsHere('Windows Server 2019', [])]).toEqual(['4.7.2']);
    expect([...dotNetVersionsHere('Windows Server 2022 (Server Core installation)', [])]).toEqual(['4.8']);
    expect([
      ...dotNetVersionsHere('Windows Server 2022, 23H2 Edition (Server Core installation)', []),
    ]).toEqual(['4.8.1']);
    expect([...dotNetVersionsHere('Windows 7 for x64-based Systems Service Pack 1', [])]).toEqual(['3.5.1']);
  });

  it('is what an installed update is for', () => {
    const here = dotNetVersionsHere('Windows Server 2019', [NET_35_47, NET_35_48]);
    expect(concernsDotNet(dotNetVersionsOf(NET_35_48) ?? [], here)).toBe(true);
    expect(concernsDotNet(dotNetVersionsOf(NET_35_47) ?? [], here)).toBe(false);
  });

  it('does not take 3.5 for installed because an update of 4.x also holds it', () => {
    const here = dotNetVersionsHere('Windows Server 2012 R2', ['Microsoft .NET Framework 4.8']);
    expect(concernsDotNet(['3.5'], here)).toBe(false);
    expect(concernsDotNet(['4.8'], here)).toBe(true);
  });
});
