import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moduleStreamOf, packageOfPurl, parsePurl, sourceOfSourceRpm } from './purl.ts';

function packageOf(text: string): ReturnType<typeof packageOfPurl> {
  const purl = parsePurl(text);
  return purl === undefined ? undefined : packageOfPurl(purl);
}

describe('parsePurl', () => {
  it('takes the examples of the specification apart', () => {
    expect(parsePurl('pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie')).toEqual({
      type: 'deb',
      namespace: 'debian',
      name: 'curl',
      version: '7.50.3-1',
      qualifiers: new Map([
        ['arch', 'i386'],
        ['distro', 'jessie'],
      ]),
    });
    expect(parsePurl('pkg:npm/%40angular/animation@12.3.1')).toMatchObject({
      namespace: '@angular',
      name: 'animation',
    });
    expect(parsePurl('pkg:npm/@angular/animation@12.3.1')).toMatchObject({
      namespace: '@angular',
      version: '12.3.1',
    });
    expect(parsePurl('pkg:npm/@angular/animation')).toMatchObject({ name: 'animation', version: '' });
    expect(parsePurl('pkg:golang/google.golang.org/genproto#googleapis/api')).toMatchObject({
      namespace: 'google.golang.org',
      name: 'genproto',
    });
    expect(parsePurl('PKG:RPM/fedora/curl@7.50.3-1.fc25?arch=i386')).toMatchObject({ type: 'rpm' });
    expect(parsePurl('pkg://maven/org.apache/batik@1')).toMatchObject({
      namespace: 'org.apache',
      name: 'batik',
    });
    expect(parsePurl('pkg:deb/debian/x@1%3A2.0%2Bdfsg')).toMatchObject({ version: '1:2.0+dfsg' });
  });

  it('refuses what is no package URL', () => {
    for (const text of [
      '',
      'pkg:',
      'pkg:npm',
      'pkg:npm/',
      'npm/a@1',
      'pkg:npm/%zz',
      'pkg:n m/a',
      `pkg:npm/${'a'.repeat(9000)}`,
    ]) {
      expect(parsePurl(text), text.slice(0, 30)).toBeUndefined();
    }
  });

  it('takes any text without failing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `pkg:${text}`),
        ),
        (text) => {
          packageOf(text);
        },
      ),
    );
  });
});

describe('packageOfPurl', () => {
  it.each([
    ['pkg:npm/%40babel/core@7.1.0', 'npm', '@babel/core', '7.1.0'],
    ['pkg:pypi/Zope.Interface_x@5.0', 'PyPI', 'zope-interface-x', '5.0'],
    [
      'pkg:maven/org.apache.logging.log4j/log4j-core@2.13.2',
      'Maven',
      'org.apache.logging.log4j:log4j-core',
      '2.13.2',
    ],
    ['pkg:golang/github.com/a/b/v3@v3.1.1', 'Go', 'github.com/a/b/v3', '3.1.1'],
    ['pkg:golang/github.com/a/b%40v1.0.0', 'Go', 'github.com/a/b', '1.0.0'],
    ['pkg:golang/stdlib@go1.20.1', 'Go', 'stdlib', '1.20.1'],
    ['pkg:golang/github.com/a/b@(devel)', 'Go', 'github.com/a/b', ''],
    ['pkg:cargo/rand@0.7.2', 'crates.io', 'rand', '0.7.2'],
    ['pkg:composer/Symfony/Finder@v3.4.36', 'Packagist', 'symfony/finder', '3.4.36'],
    ['pkg:composer/drupal/token@8.x-1.13', 'Packagist', 'drupal/token', '1.13.0'],
    ['pkg:composer/drupal/token@8.x-2.0-beta3', 'Packagist', 'drupal/token', '2.0.0-beta3'],
    ['pkg:composer/drupal/views@7.x-3.24', 'Packagist', 'drupal/views', ''],
    ['pkg:composer/own/app@dev-main', 'Packagist', 'own/app', ''],
    ['pkg:gem/ruby-advisory-db-check@0.12.4', 'RubyGems', 'ruby-advisory-db-check', '0.12.4'],
    ['pkg:nuget/EnterpriseLibrary.Common@6.0', 'NuGet', 'EnterpriseLibrary.Common', '6.0'],
    ['pkg:bitnami/wordpress@6.1.1-0?arch=amd64&distro=debian-11', 'Bitnami', 'wordpress', '6.1.1'],
    ['pkg:bitnami/apache@2.4.54-154', 'Bitnami', 'apache', '2.4.54'],
  ])('reads %s', (text, ecosystem, name, version) => {
    expect(packageOf(text)).toEqual({ kind: 'application', package: { ecosystem, name, version } });
  });

  it('reads source, epoch, architecture and system of a deb', () => {
    expect(
      packageOf(
        'pkg:deb/debian/bsdutils@1:2.33.1-0.1?arch=amd64&upstream=util-linux%402.33.1-0.1&distro=debian-10',
      ),
    ).toMatchObject({
      kind: 'system',
      system: { key: 'debian:10' },
      package: {
        name: 'bsdutils',
        version: '1:2.33.1-0.1',
        arch: 'amd64',
        source: 'util-linux',
        sourceVersion: '2.33.1-0.1',
      },
    });
    expect(packageOf('pkg:deb/debian/gcc@8-1?epoch=4&upstream=gcc-defaults')).toMatchObject({
      package: { version: '4:8-1', source: 'gcc-defaults', sourceVersion: '' },
    });
  });

  it('reads an rpm, with its epoch wherever it stands and none where it is 0', () => {
    const openssl = {
      kind: 'system',
      system: { key: 'centos:7' },
      package: {
        name: 'openssl-libs',
        version: '1:1.0.2k-16.el7',
        arch: 'x86_64',
        source: 'openssl',
        sourceVersion: '1:1.0.2k-16.el7',
      },
    };
    const rest = 'arch=x86_64&upstream=openssl-1.0.2k-16.el7.src.rpm&distro=centos-7.6.1810';
    expect(packageOf(`pkg:rpm/centos/openssl-libs@1.0.2k-16.el7?epoch=1&${rest}`)).toMatchObject(openssl);
    expect(packageOf(`pkg:rpm/centos/openssl-libs@1:1.0.2k-16.el7?${rest}`)).toMatchObject(openssl);
    expect(packageOf('pkg:rpm/centos/bash@4.2-1?epoch=0')).toMatchObject({ package: { version: '4.2-1' } });
    expect(packageOf('pkg:rpm/centos/bash@0:4.2-1')).toMatchObject({ package: { version: '4.2-1' } });
  });

  it('reads apk packages under both of their types', () => {
    for (const type of ['apk', 'alpine']) {
      expect(
        packageOf(`pkg:${type}/alpine/libssl1.1@1.1.1c-r0?arch=x86_64&upstream=openssl&distro=alpine-3.10.2`),
      ).toMatchObject({
        system: { key: 'alpine:3.10' },
        package: { name: 'libssl1.1', version: '1.1.1c-r0', source: 'openssl' },
      });
    }
    expect(packageOf('pkg:alpine/musl@1-r0?distro=3.3.3')).toMatchObject({ system: { key: 'alpine:3.3' } });
  });

  it('passes over types without advisories', () => {
    for (const text of ['pkg:oci/a@sha256:1', 'pkg:generic/java@17', 'pkg:github/a/b@1']) {
      expect(packageOf(text)).toBeUndefined();
    }
  });
});

describe('sourceOfSourceRpm', () => {
  it('parts the file name of a source package and gives it the epoch of a package of the same version', () => {
    expect(sourceOfSourceRpm('openssl-1.0.2k-16.el7.src.rpm', '1:1.0.2k-16.el7')).toEqual({
      source: 'openssl',
      sourceVersion: '1:1.0.2k-16.el7',
    });
    expect(sourceOfSourceRpm('util-linux-2.33-1.nosrc.rpm', '5:1-1')).toEqual({
      source: 'util-linux',
      sourceVersion: '2.33-1',
    });
    expect(sourceOfSourceRpm('(none)', '1-1')).toEqual({ source: '', sourceVersion: '' });
  });
});

describe('moduleStreamOf', () => {
  it('keeps name and stream of a label', () => {
    expect(moduleStreamOf('nodejs:18:8060020211122104554:bc93984d')).toBe('nodejs:18');
    expect(moduleStreamOf('(none)')).toBe('');
    expect(moduleStreamOf('')).toBe('');
  });
});
