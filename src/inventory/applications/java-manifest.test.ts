import { describe, expect, it } from 'vitest';
import { readManifest, readProperties } from './java-manifest.ts';

describe('readProperties', () => {
  it('takes keys and values apart, without blanks around them, and passes over remarks', () => {
    const text = '#Generated\nversion=1.2.3 \r\n groupId : org.example\nempty=\n!note=x\n';
    expect([...readProperties(text)]).toEqual([
      ['version', '1.2.3'],
      ['groupId', 'org.example'],
      ['empty', ''],
    ]);
  });

  it('is not slowed down by long runs of blanks', () => {
    expect(readProperties(`a=x${' '.repeat(300_000)}y`).get('a')).toHaveLength(300_002);
  });
});

describe('readManifest', () => {
  it('joins long lines and ends with the main section', () => {
    const text =
      'Manifest-Version: 1.0\r\nBundle-SymbolicName: org.exam\r\n ple\r\n\r\nName: a/B.class\r\nX: y\r\n';
    expect([...readManifest(text)]).toEqual([
      ['manifest-version', '1.0'],
      ['bundle-symbolicname', 'org.example'],
    ]);
  });
});
