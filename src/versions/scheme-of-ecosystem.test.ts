import { describe, expect, it } from 'vitest';
import { schemeOf } from './scheme-of-ecosystem.ts';

describe('schemeOf', () => {
  it('knows systems by their family, whatever the release', () => {
    expect(schemeOf('debian:12')).toBe('deb');
    expect(schemeOf('ubuntu:22.04')).toBe('deb');
    expect(schemeOf('euleros:2.0SP9')).toBe('rpm');
    expect(schemeOf('openeuler:22.03-LTS-SP1')).toBe('rpm');
    expect(schemeOf('opensuse-tumbleweed:')).toBe('rpm');
    expect(schemeOf('azurelinux:3.0')).toBe('rpm');
    expect(schemeOf('alpine:edge')).toBe('apk');
    expect(schemeOf('wolfi:20230201')).toBe('apk');
  });

  it('knows application ecosystems by their OSV spelling', () => {
    expect(schemeOf('npm')).toBe('semver');
    expect(schemeOf('Bitnami')).toBe('semver');
    expect(schemeOf('crates.io')).toBe('semver');
    expect(schemeOf('PyPI')).toBe('pypi');
    expect(schemeOf('NuGet')).toBe('nuget');
  });

  it('is undefined for what it does not know, other spellings and prototype names', () => {
    for (const ecosystem of [
      '',
      ':',
      'haiku:1',
      'Debian:12',
      'debian',
      'pypi',
      'npm:1',
      'constructor',
      '__proto__:1',
    ]) {
      expect(schemeOf(ecosystem), ecosystem).toBeUndefined();
    }
  });
});
