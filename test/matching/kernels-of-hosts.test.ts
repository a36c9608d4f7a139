import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseInventory } from '../../src/inventory/parse.ts';
import { kernelPackageOf, providesKernel } from '../../src/matching/kernel.ts';
import type { PackageMatch } from '../../src/matching/match.ts';
import { withRunningKernel } from '../../src/matching/running-kernel.ts';
import { presentMatches } from '../../src/matching/server-findings.ts';

const HOSTS = fileURLToPath(new URL('../../../shared/data/inventories/vuls-hosts', import.meta.url));

/** The worst case: every version of every kernel package has it. */
const MATCH: PackageMatch = {
  vulnerabilities: [{ type: 'linux_vul', id: 'DSA-1-1' }],
  cves: [],
  advisoryId: 'DSA-1-1',
  feed: 'osv',
  fixedVersion: '99',
  on: 'binary',
};

describe('kernels of real hosts', () => {
  const files = existsSync(HOSTS) ? readdirSync(HOSTS) : [];
  it('raise findings by the running kernel alone, were every kernel package vulnerable', () => {
    let judged = 0;
    for (const file of files) {
      // Pseudo targets of the scanner have no packages, and say so.
      if (file.startsWith('cpe_')) continue;
      const { packages, runningKernel } = parseInventory(readFileSync(join(HOSTS, file)), { file });
      const all = withRunningKernel(packages, runningKernel);
      const kernels = all.filter((pkg) => kernelPackageOf(pkg) !== undefined);
      if (kernels.length === 0) continue;
      judged += 1;
      const present = presentMatches(
        all.map((pkg) => ({ pkg, matches: kernelPackageOf(pkg) === undefined ? [] : [MATCH] })),
        runningKernel,
      );
      const release = runningKernel?.release ?? '';
      const images = kernels.filter((pkg) => kernelPackageOf(pkg)?.role === 'image');
      const running = images.filter((pkg) => providesKernel(pkg, release));
      for (const { pkg } of present) {
        expect(kernelPackageOf(pkg)?.role, `${file}: ${pkg.name}`).toBe('image');
        // Where what runs is none of the packages, one version alone speaks: the newest.
        if (running.length > 0) expect(providesKernel(pkg, release), `${file}: ${pkg.name}`).toBe(true);
      }
      expect(new Set(present.map(({ pkg }) => pkg.version)).size, file).toBeLessThanOrEqual(1);
    }
    if (files.length > 0) expect(judged).toBeGreaterThan(10);
  });
});
