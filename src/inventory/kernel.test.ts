import { describe, expect, it } from 'vitest';
import { runningKernelOf, statedKernel, WAITING_PACKAGES_MAX, waitingIn, withWaiting } from './kernel.ts';

describe('runningKernelOf', () => {
  it.each([
    ['5.10.0-8-amd64', '#1 SMP Debian 5.10.46-4 (2021-08-03)', '', '5.10.46-4'],
    ['6.1.0-18-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)', '', '6.1.76-1'],
    [
      '5.15.0-69-generic',
      '#76-Ubuntu SMP Fri Mar 17 17:19:29 UTC 2023',
      'Ubuntu 5.15.0-69.76-generic 5.15.87',
      '5.15.0-69.76',
    ],
    [
      '5.4.0-1103-azure',
      '#109~18.04.1-Ubuntu SMP',
      'Ubuntu 5.4.0-1103.109~18.04.1-azure 5.4.233',
      '5.4.0-1103.109~18.04.1',
    ],
    ['4.18.0-513.9.1.el8_9.x86_64', '#1 SMP Wed Nov 29 18:55:19 UTC 2023', '', ''],
  ])('finds the version of %s', (release, unameVersion, signature, version) => {
    expect(runningKernelOf({ release, unameVersion, signature })).toEqual({ release, version });
  });

  it('is undefined without a release, or with one that is none', () => {
    for (const release of ['', ' ', 'a b', 'x'.repeat(300), 'a\u0000']) {
      expect(runningKernelOf({ release, unameVersion: '', signature: '' })).toBeUndefined();
    }
  });
});

describe('statedKernel', () => {
  it('keeps what can be stored and shown', () => {
    expect(statedKernel('', '10.0.17763.6054')).toEqual({ release: '', version: '10.0.17763.6054' });
    expect(statedKernel('5.10.0-8-amd64', 'bad\u0000')).toEqual({ release: '5.10.0-8-amd64', version: '' });
    expect(statedKernel('', '')).toBeUndefined();
  });
});

describe('packages that wait for a restart', () => {
  it('are read from a list of names and from what needs-restarting prints', () => {
    expect(waitingIn('linux-image-6.1.0-20-amd64\nlinux-base\n')).toEqual([
      'linux-image-6.1.0-20-amd64',
      'linux-base',
    ]);
    expect(
      waitingIn('Core libraries have been updated:\n  * kernel-core\n  * glibc\n\nReboot is required\n'),
    ).toEqual(['kernel-core', 'glibc']);
  });

  it('stand with the running kernel: each once, sorted, bounded', () => {
    const kernel = { release: '6.1.0-18-amd64', version: '6.1.76-1' };
    expect(withWaiting(kernel, ['b', 'a', 'b', '', 'x y'])).toEqual({ ...kernel, waiting: ['a', 'b'] });
    expect(withWaiting(kernel, [])).toBe(kernel);
    expect(withWaiting(undefined, ['a'])).toBeUndefined();
    const many = Array.from({ length: WAITING_PACKAGES_MAX + 5 }, (_, index) => `p${index}`);
    expect(withWaiting(kernel, many)?.waiting).toHaveLength(WAITING_PACKAGES_MAX);
  });
});
