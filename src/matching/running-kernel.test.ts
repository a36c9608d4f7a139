import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstalledPackage } from '../inventory/package.ts';
import { kernelVerdict, providesKernel } from './kernel.ts';
import { withRunningKernel } from './running-kernel.ts';

function pkg(ecosystem: string, name: string, version: string, source = name): InstalledPackage {
  return {
    ecosystem,
    name,
    version,
    arch: 'amd64',
    source,
    sourceVersion: version,
    module: '',
    origin: '',
    paths: [],
  };
}

const DEBIAN_IMAGE = pkg('debian:10', 'linux-image-4.19.0-21-amd64', '4.19.249-2', 'linux-signed-amd64');
const ubuntuImage = (build: number) =>
  pkg('ubuntu:22.04', `linux-image-5.15.0-${build}-generic`, `5.15.0-${build}.${build + 7}`, 'linux-signed');
const rpmImage = (name: string, build: string) => ({
  ...pkg('almalinux:8', name, build, 'kernel'),
  arch: 'x86_64',
});

describe('the running kernel among the packages', () => {
  it('is added where a later build of the same name has replaced it on the disk', () => {
    const all = withRunningKernel([DEBIAN_IMAGE], { release: '4.19.0-21-amd64', version: '4.19.249-1' });
    expect(all.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'linux-image-4.19.0-21-amd64 4.19.249-2',
      'linux-image-4.19.0-21-amd64 4.19.249-1',
    ]);
    // What only the older build has waits for a restart.
    const verdict = kernelVerdict(
      all.map((one) => ({
        pkg: one,
        vulnerabilities: one.version === '4.19.249-1' ? ['old', 'both'] : ['both'],
      })),
      { release: '4.19.0-21-amd64', version: '4.19.249-1' },
    );
    expect([...verdict.raising]).toEqual([1]);
    expect([...verdict.restartPending]).toEqual(['old']);
  });

  it('is added where its package was removed and another of its flavour is there', () => {
    const all = withRunningKernel([ubuntuImage(71)], {
      release: '5.15.0-69-generic',
      version: '5.15.0-69.76',
    });
    expect(all.at(-1)).toMatchObject({
      name: 'linux-image-5.15.0-69-generic',
      version: '5.15.0-69.76',
      source: 'linux-signed',
      sourceVersion: '5.15.0-69.76',
    });
    const rpms = [
      rpmImage('kernel', '4.18.0-513.9.1.el8_9'),
      rpmImage('kernel-core', '4.18.0-513.9.1.el8_9'),
    ];
    const running = { release: '4.18.0-477.10.1.el8_8.x86_64', version: '' };
    const added = withRunningKernel(rpms, running).slice(2);
    expect(added.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'kernel 4.18.0-477.10.1.el8_8',
      'kernel-core 4.18.0-477.10.1.el8_8',
    ]);
    expect(added.every((one) => providesKernel(one, running.release))).toBe(true);
  });

  it.each([
    ['is installed', [ubuntuImage(69)], '5.15.0-69-generic', '5.15.0-69.76'],
    [
      'is of another flavour (the host of a container)',
      [ubuntuImage(71)],
      '5.15.0-1030-aws',
      '5.15.0-1030.34',
    ],
    [
      'was built for another system',
      [rpmImage('kernel', '4.18.0-513.9.1.el8_9')],
      '3.10.0-1160.el7.x86_64',
      '',
    ],
    [
      'is of another vendor',
      [rpmImage('kernel', '4.18.0-513.9.1.el8_9')],
      '5.4.17-2136.307.3.el8uek.x86_64',
      '',
    ],
    ['is unknown by version', [ubuntuImage(71)], '5.15.0-69-generic', ''],
    ['has no package of its system', [pkg('debian:12', 'bash', '5.2-1')], '6.1.0-18-amd64', '6.1.76-1'],
    ['is stated later than what is on the disk', [DEBIAN_IMAGE], '4.19.0-21-amd64', '4.19.260-1'],
  ])('is not added where it %s', (_why, packages, release, version) => {
    expect(withRunningKernel(packages, { release, version })).toHaveLength(packages.length);
  });

  it('is added once', () => {
    const running = { release: '5.15.0-69-generic', version: '5.15.0-69.76' };
    const once = withRunningKernel([ubuntuImage(71), ubuntuImage(73)], running);
    expect(withRunningKernel(once, running)).toEqual(once);
  });
});

const builds = fc.integer({ min: 60, max: 75 });
const fleet = fc.record({
  installed: fc.uniqueArray(builds, { minLength: 1, maxLength: 5 }),
  running: builds,
  vulnerable: fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C'), builds), { maxLength: 5 }),
  order: fc.infiniteStream(fc.nat()),
});

/** Every build before `fixed` has the vulnerability. */
function vulnerabilitiesOf(build: number, vulnerable: readonly (readonly [string, number])[]): string[] {
  return [...new Set(vulnerable.filter(([, fixed]) => build < fixed).map(([name]) => name))];
}

describe('what a server’s kernels raise', () => {
  it('is what the running one has, whatever else is installed and in whatever order', () => {
    fc.assert(
      fc.property(fleet, ({ installed, running, vulnerable, order }) => {
        const kernel = { release: `5.15.0-${running}-generic`, version: `5.15.0-${running}.${running + 7}` };
        const accessories = [pkg('ubuntu:22.04', 'linux-image-generic', '5.15.0.75.73', 'linux-meta')];
        const shuffled = [...installed]
          .map((build) => ({ build, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ build }) => ubuntuImage(build));
        const all = withRunningKernel([...accessories, ...shuffled], kernel);
        const entries = all.map((one) => {
          const build = Number(/5\.15\.0-(\d+)-/.exec(one.name)?.[1] ?? 0);
          return { pkg: one, vulnerabilities: vulnerabilitiesOf(build, vulnerable) };
        });
        const verdict = kernelVerdict(entries, kernel);
        const raised = new Set([...verdict.raising].flatMap((at) => entries[at]?.vulnerabilities ?? []));
        expect([...raised].sort()).toEqual(vulnerabilitiesOf(running, vulnerable).sort());
        expect(
          [...verdict.raising].every((at) =>
            providesKernel(entries[at]?.pkg ?? DEBIAN_IMAGE, kernel.release),
          ),
        ).toBe(true);
        expect(verdict.raising.size + verdict.silent.size).toBe(entries.length);
        // Pending is what some later installed build no longer has.
        const later = installed.filter((build) => build > running);
        const pending = [...raised].filter((name) =>
          later.some((build) => !vulnerabilitiesOf(build, vulnerable).includes(name)),
        );
        expect([...verdict.restartPending].sort()).toEqual(pending.sort());
      }),
    );
  });

  it('waits for the image that the machine says it starts next, whatever its flavour', () => {
    const running = { release: '5.15.0-69-generic', version: '5.15.0-69.76' };
    const lowlatency = pkg(
      'ubuntu:22.04',
      'linux-image-5.15.0-73-lowlatency',
      '5.15.0-73.80',
      'linux-signed',
    );
    const entries = [
      { pkg: ubuntuImage(69), vulnerabilities: ['A'] },
      { pkg: lowlatency, vulnerabilities: [] },
    ];
    expect(kernelVerdict(entries, running).restartPending.size).toBe(0);
    const waiting = ['linux-base', 'linux-image-5.15.0-73-lowlatency'];
    expect([...kernelVerdict(entries, { ...running, waiting }).restartPending]).toEqual(['A']);
  });
});
