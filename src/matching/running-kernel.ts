import type { RunningKernel } from '../inventory/inventory.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { comparerOf } from '../versions/compare.ts';
import { schemeOf } from '../versions/scheme-of-ecosystem.ts';
import { kernelPackageOf, providesKernel } from './kernel.ts';

/**
 * The running kernel's own package where it is no longer among the installed ones: removed since the start of the machine,
 * or replaced by a later build under the same name (Debian rebuilds an image without a new number). Its code is what runs, so
 * it is matched like a package that is installed; the build on the disk is then one that a restart brings.
 *
 * Only where the inventory names what runs, and an image of the same flavour and build line is installed: a container shows
 * its host's kernel, which is not its own to fix, and a kernel from elsewhere is no package of the system.
 */
export function withRunningKernel(
  packages: readonly InstalledPackage[],
  running: RunningKernel | undefined,
): readonly InstalledPackage[] {
  const release = running?.release ?? '';
  if (running === undefined || release === '') return packages;
  const images = packages.filter((pkg) => kernelPackageOf(pkg)?.role === 'image');
  const [first] = images;
  if (first === undefined) return packages;
  const scheme = schemeOf(first.ecosystem);
  if (scheme === 'deb') return [...packages, ...debImage(images, { ...running, release })];
  return scheme === 'rpm' ? [...packages, ...rpmImages(images, release)] : packages;
}

function debImage(
  images: readonly InstalledPackage[],
  { release, version }: RunningKernel,
): readonly InstalledPackage[] {
  if (version === '') return [];
  const compare = comparerOf('deb');
  const provided = images.filter((image) => providesKernel(image, release));
  if (provided.some((image) => compare(image.version, version) === 0)) return [];
  const [same] = provided;
  if (same !== undefined) {
    // A build older than the one on the disk runs; a newer one cannot, so what is stated then is no package's version.
    return compare(version, same.version) < 0 ? [{ ...same, version, sourceVersion: version }] : [];
  }
  const flavour = /^\d+\.\d+(?:\.\d+)?-\d[0-9a-z.~]*-([a-z].*)$/.exec(release)?.[1];
  const like = newestOf(images.filter((image) => kernelPackageOf(image)?.flavour === flavour));
  if (like === undefined || flavour === undefined) return [];
  return [{ ...like, name: `linux-image-${release}`, version, sourceVersion: version }];
}

/** `kernel` and `kernel-core` are two names of one image, and records may go by either. */
function rpmImages(images: readonly InstalledPackage[], release: string): readonly InstalledPackage[] {
  if (images.some((image) => providesKernel(image, release))) return [];
  const parts = /^(\d[\w.]*-[\w.]+)\.(x86_64|aarch64|ppc64le|s390x|i686)$/.exec(release);
  const build = parts?.[1];
  const line = buildLineOf(release);
  if (build === undefined || line === '') return [];
  const names = new Map<string, InstalledPackage>();
  for (const image of images) {
    if (kernelPackageOf(image)?.flavour === '' && buildLineOf(image.version) === line)
      names.set(image.name, image);
  }
  return [...names.values()].map((image) => ({
    ...image,
    version: build,
    sourceVersion: build,
    arch: parts?.[2] ?? image.arch,
  }));
}

/** Which system a kernel was built for: `el8` of `4.18.0-305.3.1.el8_4`, `amzn2`, `eulerosv2r9`; empty where nothing tells, or a build of another kind (`el8uek`, `vz7`). */
function buildLineOf(text: string): string {
  return /\.(el\d+|amzn\d+|fc\d+|oe\d+(?:sp\d)?|hce\d+|eulerosv2r\d+)(?=[._]|$)/.exec(text)?.[1] ?? '';
}

function newestOf(images: readonly InstalledPackage[]): InstalledPackage | undefined {
  const compare = comparerOf('deb');
  let newest: InstalledPackage | undefined;
  for (const image of images) {
    if (newest === undefined || compare(image.version, newest.version) > 0) newest = image;
  }
  return newest;
}
