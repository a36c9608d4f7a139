import { describe, expect, it } from 'vitest';
import { systemOfImage } from './image-system.ts';
import { KnownPackages } from './known-packages.ts';
import { AdvisoryLibrary, itemsOfOsv } from './library.ts';

const known = await KnownPackages.of([]);
const library = await AdvisoryLibrary.of(
  itemsOfOsv([
    fixOf('bash', '5.1-6ubuntu1.1'),
    fixOf('tar', '1.34+dfsg-1ubuntu0.1'),
    fixOf('curl', '7.81.0-1ubuntu1.4'),
  ]),
);

function fixOf(name: string, fixed: string): object {
  return {
    id: `USN-${name}`,
    modified: '2023-01-01T00:00:00Z',
    upstream: ['CVE-2022-1'],
    affected: [
      {
        package: { ecosystem: 'Ubuntu:22.04:LTS', name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  };
}

function systemOf(
  image: string,
  versions: Readonly<Record<string, string>>,
  prefixes: readonly string[] = [],
): string {
  const packages = Object.entries(versions).map(([name, version]) => ({ name, version }));
  const system = systemOfImage({ image, packages, idPrefixes: new Set(prefixes) }, known, library);
  return typeof system === 'string' ? system : system.key;
}

describe('systemOfImage', () => {
  it.each([
    ['gcr.io/distroless/python3-debian11@sha256:1', {}, 'debian:11'],
    ['images.example.org/ubi8@sha256:1', {}, 'rhel:8'],
    ['images.example.org/suse/sle15@sha256:1', {}, 'sles:15'],
    ['docker.io/library/alpine:3.19@sha256:1', {}, 'alpine:3.19'],
    ['docker.io/library/ubuntu:22.04', {}, 'ubuntu:22.04'],
    ['example.org/x@sha256:1', { bash: '5.2-1', curl: '7.88.1-10+deb12u5' }, 'debian:12'],
    ['docker.io/centos@sha256:1', { bash: '4.1.2-48.el6' }, 'centos:6'],
    ['example.org/x@sha256:1', { bash: '4.4.20-4.el8_6' }, 'enterprise-linux:8'],
    ['example.org/x@sha256:1', { bash: '4.2.46-34.amzn2' }, 'amazon:2'],
    ['example.org/x@sha256:1', { bash: '5.1.8-9.oe2203sp3' }, 'openeuler:22.03-LTS-SP3'],
  ])('knows %s by its name or its versions', (image, versions, key) => {
    expect(systemOf(image, versions)).toBe(key);
  });

  it('takes a vendor whose ids stand among the labels', () => {
    expect(systemOf('example.org/x@sha256:1', { bash: '4.4.20-4.el8_6' }, ['ELSA'])).toBe('oracle:8');
  });

  it('finds the release whose records know the versions', () => {
    const versions = { bash: '5.1-6ubuntu1', tar: '1.34+dfsg-1ubuntu0.1', curl: '7.81.0-1ubuntu1.10' };
    expect(systemOf('docker.io/ubuntu@sha256:1', versions)).toBe('ubuntu:22.04');
  });

  it('takes no release for another: too few of its versions are known', () => {
    const versions = { bash: '5.0-6ubuntu1', tar: '1.30+dfsg-7ubuntu0.1', curl: '7.81.0-1ubuntu1.10' };
    expect(systemOf('docker.io/ubuntu@sha256:1', versions)).toMatch(/^no release of ubuntu/);
  });

  it('says so where nothing tells the system', () => {
    expect(systemOf('example.org/x@sha256:1', { lodash: '4.17.11' })).toBe(
      'the image does not tell its system',
    );
  });
});
