import { describe, expect, it } from 'vitest';
import type { Package } from '../inventory/package.ts';
import { kernelPackageOf, kernelVerdict, providesKernel } from './kernel.ts';

function pkg(ecosystem: string, name: string, version: string, fields: Partial<Package> = {}): Package {
  return {
    ecosystem,
    name,
    version,
    arch: '',
    source: name,
    sourceVersion: version,
    module: '',
    origin: '',
    ...fields,
  };
}

describe('what part of a kernel a package is', () => {
  const roles: readonly (readonly [
    ecosystem: string,
    name: string,
    source: string,
    role: string | undefined,
  ])[] = [
    ['debian:11', 'linux-image-5.10.0-8-amd64', 'linux-signed-amd64', 'image'],
    ['debian:11', 'linux-image-5.10.0-8-amd64-unsigned', 'linux', 'image'],
    ['debian:11', 'linux-image-5.10.0-8-amd64-dbg', 'linux', 'accessory'],
    ['debian:11', 'linux-image-amd64', 'linux-signed-amd64', 'accessory'],
    ['debian:11', 'linux-libc-dev', 'linux', 'accessory'],
    ['debian:11', 'linux-headers-5.10.0-8-amd64', 'linux', 'accessory'],
    ['debian:11', 'bpftool', 'linux', 'accessory'],
    ['debian:11', 'linux-base', 'linux-base', undefined],
    ['debian:11', 'firmware-linux-free', 'firmware-free', undefined],
    ['ubuntu:22.04', 'linux-image-5.15.0-69-generic', 'linux-signed', 'image'],
    ['ubuntu:22.04', 'linux-image-unsigned-5.19.0-40-generic', 'linux-hwe-5.19', 'image'],
    ['ubuntu:22.04', 'linux-image-virtual', 'linux-meta', 'accessory'],
    ['ubuntu:22.04', 'linux-virtual', 'linux-meta', 'accessory'],
    ['ubuntu:22.04', 'linux-modules-5.15.0-69-generic', 'linux', 'accessory'],
    ['ubuntu:22.04', 'linux-tools-common', 'linux', 'accessory'],
    ['ubuntu:22.04', 'libatm1', 'linux-atm', undefined],
    ['ubuntu:22.04', 'linux-firmware', 'linux-firmware', undefined],
    ['almalinux:8', 'kernel', 'kernel', 'image'],
    ['almalinux:8', 'kernel-core', 'kernel', 'image'],
    ['almalinux:8', 'kernel-rt-core', 'kernel-rt', 'image'],
    ['almalinux:8', 'kernel-modules', 'kernel', 'accessory'],
    ['almalinux:8', 'kernel-headers', 'kernel-headers', 'accessory'],
    ['almalinux:8', 'python3-perf', 'kernel', 'accessory'],
    ['almalinux:8', 'kernel-srpm-macros', 'kernel-srpm-macros', undefined],
    ['almalinux:8', 'linux-firmware', 'linux-firmware', undefined],
    ['sles:15.5', 'kernel-default', 'kernel-default', 'image'],
    ['oracle:8', 'bpftool', 'kernel-uek', 'accessory'],
    ['openeuler:22.03-LTS', 'kernel', 'kernel', 'image'],
    ['alpine:3.19', 'linux-lts', 'linux-lts', 'image'],
    ['alpine:3.19', 'linux-headers', 'linux-headers', 'accessory'],
    ['alpine:3.19', 'linux-pam', 'linux-pam', undefined],
  ];
  it.each(roles)('%s %s of %s: %s', (ecosystem, name, source, role) => {
    expect(kernelPackageOf(pkg(ecosystem, name, '1-1', { source }))?.role).toBe(role);
  });
});

describe('which kernel an image provides', () => {
  const provided: readonly (readonly [Package, string, boolean])[] = [
    [pkg('debian:11', 'linux-image-5.10.0-8-amd64', '5.10.46-4'), '5.10.0-8-amd64', true],
    [pkg('debian:11', 'linux-image-5.10.0-8-amd64-unsigned', '5.10.46-4'), '5.10.0-8-amd64', true],
    [pkg('debian:11', 'linux-image-5.10.0-8-cloud-amd64', '5.10.46-4'), '5.10.0-8-amd64', false],
    [
      pkg('almalinux:8', 'kernel-core', '4.18.0-513.9.1.el8_9', { arch: 'x86_64' }),
      '4.18.0-513.9.1.el8_9.x86_64',
      true,
    ],
    [pkg('almalinux:8', 'kernel-core', '4.18.0-513.9.1.el8_9'), '4.18.0-513.9.1.el8_9.x86_64', true],
    [
      pkg('almalinux:8', 'kernel-core', '4.18.0-513.el8_9', { arch: 'x86_64' }),
      '4.18.0-513.9.1.el8_9.x86_64',
      false,
    ],
    [
      pkg('almalinux:9', 'kernel-rt-core', '5.14.0-362.8.1.el9_3', { arch: 'x86_64' }),
      '5.14.0-362.8.1.el9_3.x86_64+rt',
      true,
    ],
    [
      pkg('almalinux:9', 'kernel-core', '5.14.0-362.8.1.el9_3', { arch: 'x86_64' }),
      '5.14.0-362.8.1.el9_3.x86_64+rt',
      false,
    ],
    [
      pkg('sles:15.3', 'kernel-default', '5.3.18-150300.59.87.1', { arch: 'x86_64' }),
      '5.3.18-150300.59.87-default',
      true,
    ],
    [
      pkg('sles:15.3', 'kernel-default', '5.3.18-150300.59.90.1', { arch: 'x86_64' }),
      '5.3.18-150300.59.87-default',
      false,
    ],
    [pkg('alpine:3.19', 'linux-lts', '6.6.7-r0'), '6.6.7-0-lts', true],
  ];
  it.each(provided)('$name $version, running %s: %s', (image, release, expected) => {
    expect(providesKernel(image, release)).toBe(expected);
  });
});

describe('the verdict on the kernels of a server', () => {
  const image = (build: number) =>
    pkg('ubuntu:22.04', `linux-image-5.15.0-${build}-generic`, `5.15.0-${build}.${build + 7}`, {
      source: 'linux-signed',
    });
  const running = { release: '5.15.0-69-generic', version: '' };

  it('lets only the running image speak', () => {
    const entries = [
      { pkg: image(60), vulnerabilities: ['old', 'new'] },
      { pkg: image(69), vulnerabilities: ['new'] },
      {
        pkg: pkg('ubuntu:22.04', 'linux-image-virtual', '5.15.0.69.67', { source: 'linux-meta' }),
        vulnerabilities: ['new'],
      },
      {
        pkg: pkg('ubuntu:22.04', 'linux-libc-dev', '5.15.0-60.66', { source: 'linux' }),
        vulnerabilities: ['old'],
      },
      { pkg: pkg('ubuntu:22.04', 'bash', '5.1-6'), vulnerabilities: ['shell'] },
    ];
    const verdict = kernelVerdict(entries, running);
    expect(verdict.basis).toBe('running');
    expect([...verdict.raising]).toEqual([1]);
    expect([...verdict.silent].sort()).toEqual([0, 2, 3]);
    expect([...verdict.restartPending]).toEqual([]);
  });

  it('says restart where a newer image of the flavour is installed that does not have the flaw', () => {
    const cloud = pkg('ubuntu:22.04', 'linux-image-5.15.0-1099-aws', '5.15.0-1099.1', {
      source: 'linux-signed-aws',
    });
    const entries = [
      { pkg: image(69), vulnerabilities: [1, 2, 3] },
      { pkg: image(71), vulnerabilities: [2] },
      { pkg: cloud, vulnerabilities: [] },
    ];
    expect([...kernelVerdict(entries, running).restartPending].sort()).toEqual([1, 3]);
    expect([
      ...kernelVerdict(
        [
          { pkg: image(69), vulnerabilities: [1] },
          { pkg: cloud, vulnerabilities: [] },
        ],
        running,
      ).restartPending,
    ]).toEqual([]);
  });

  it('does not take an older image without the flaw for a fix', () => {
    const entries = [
      { pkg: image(60), vulnerabilities: [] },
      { pkg: image(69), vulnerabilities: ['regression'] },
    ];
    expect(kernelVerdict(entries, running).restartPending.size).toBe(0);
  });

  it('orders builds as numbers: .100 is newer than .96', () => {
    const old = {
      pkg: pkg('openeuler:20.03-LTS-SP1', 'kernel', '4.19.90-2109.1.0.96.oe1', { arch: 'x86_64' }),
      vulnerabilities: ['a'],
    };
    const fresh = {
      pkg: pkg('openeuler:20.03-LTS-SP1', 'kernel', '4.19.90-2109.1.0.100.oe1', { arch: 'x86_64' }),
      vulnerabilities: [],
    };
    const verdict = kernelVerdict([fresh, old], { release: '4.19.90-2109.1.0.96.oe1.x86_64', version: '' });
    expect([...verdict.restartPending]).toEqual(['a']);
    expect([...kernelVerdict([fresh, old], undefined).raising]).toEqual([0]);
  });

  it('takes kernel and kernel-core of one version for one image', () => {
    const alma = (name: string, release: string) =>
      pkg('almalinux:8', name, `4.18.0-${release}.el8`, { arch: 'x86_64', source: 'kernel' });
    const entries = [
      { pkg: alma('kernel', '10'), vulnerabilities: ['a'] },
      { pkg: alma('kernel-core', '10'), vulnerabilities: ['a', 'b'] },
      { pkg: alma('kernel', '11'), vulnerabilities: [] },
      { pkg: alma('kernel-core', '11'), vulnerabilities: ['b'] },
    ];
    const verdict = kernelVerdict(entries, { release: '4.18.0-10.el8.x86_64', version: '' });
    expect([...verdict.raising]).toEqual([0, 1]);
    expect([...verdict.restartPending]).toEqual(['a']);
  });

  it('judges the newest installed image where what runs is unknown or not installed', () => {
    const entries = [
      { pkg: image(60), vulnerabilities: ['old'] },
      { pkg: image(100), vulnerabilities: ['new'] },
      { pkg: image(96), vulnerabilities: ['middle'] },
    ];
    for (const kernel of [undefined, { release: '6.8.0-60-generic', version: '' }]) {
      const verdict = kernelVerdict(entries, kernel);
      expect(verdict.basis).toBe('newest-installed');
      expect([...verdict.raising]).toEqual([1]);
      expect(verdict.restartPending.size).toBe(0);
    }
  });

  it('raises nothing for headers in a container that has no kernel', () => {
    const entries = [
      { pkg: pkg('debian:11', 'linux-libc-dev', '5.10.46-4', { source: 'linux' }), vulnerabilities: ['x'] },
    ];
    const verdict = kernelVerdict(entries, { release: '5.10.0-8-amd64', version: '' });
    expect(verdict.basis).toBe('no-image');
    expect([...verdict.silent]).toEqual([0]);
  });
});
