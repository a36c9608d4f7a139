import type { RunningKernel } from '../inventory/inventory.ts';
import { type Package, WINDOWS_PACKAGE_NAME } from '../inventory/package.ts';
import { comparerOf } from '../versions/compare.ts';
import type { VersionScheme } from '../versions/scheme.ts';
import { schemeOf } from '../versions/scheme-of-ecosystem.ts';

/**
 * Kernels: several are installed, one runs. A kernel record says something of the server only by way of the kernel it
 * runs, so of all kernel packages only the running image raises findings. Stale second kernels, meta packages, headers,
 * modules and tools raise nothing: updating the image is what fixes them, and none of them is what is attacked.
 */

export type KernelRole = 'image' | 'accessory';

export interface KernelPackage {
  readonly role: KernelRole;
  /** The line of builds that replaces itself: an image of another flavour is no fix for this one. Empty for accessories. */
  readonly flavour: string;
}

const DEB_IMAGE = /^linux-image-(?:unsigned-)?(\d+\.\d+(?:\.\d+)?-\d[0-9a-z.~]*)-([a-z].*)$/;
/** What stands behind `linux-` in the names of Debian's and Ubuntu's kernel packages; `linux-base`, `linux-firmware` and `linux-atm` are none. */
const DEB_PARTS: ReadonlySet<string> = new Set(
  'image headers modules tools cloud buildinfo perf kbuild support compiler config source doc libc generic virtual amd64'.split(
    ' ',
  ),
);
/** What stands behind `linux-` (and `signed-`, `meta-` or `restricted-modules-`) in the names of their sources. */
const DEB_LINES: ReadonlySet<string> = new Set(
  `signed meta latest restricted hwe aws azure gcp gke gkeop oem oracle kvm raspi raspi2 lowlatency ibm riscv bluefield intel
  iot nvidia xilinx realtime fips lts snapdragon starfive allwinner`.split(/\s+/),
);

const RPM_IMAGE =
  /^kernel(?:-(rt|debug|64k|rt-debug|rt-64k|64k-debug|uek|uek-debug|uek64k|PAE|pae|xen|lt|ml|default|azure|preempt|vanilla|desktop|zfcpdump))?(?:-core|-base)?$/;
const RPM_TOOLS: ReadonlySet<string> = new Set([
  'perf',
  'python-perf',
  'python2-perf',
  'python3-perf',
  'bpftool',
  'rtla',
  'rv',
  'libperf',
]);
const RPM_KERNEL_SOURCE = /^kernel(?:-(?:rt|uek|lt|ml|default|azure|source|source-.*|64k))?$/;
// Build macros carry the word kernel in their name and nothing of the kernel in them.
const RPM_OTHER = /^kernel-(?:srpm|rpm)-macros$|^kernel-livepatch-/;

const APK_IMAGE =
  /^linux-(lts|virt|edge|edge-virt|edge4virt|rpi|rpi2|rpi4|vanilla|virthardened|hardened|grsec|stable|asahi|elm|gru|openpax)$/;
const APK_ACCESSORY = /^linux-(?:headers|.*-dev|.*-doc|lts-.*|virt-.*)$/;

/** What part of a kernel `pkg` is; undefined if it is none. */
export function kernelPackageOf(pkg: Package): KernelPackage | undefined {
  // What Windows runs, and what it will run once it has been restarted, are two images of one line.
  if (pkg.updates !== undefined) return { role: 'image', flavour: '' };
  switch (schemeOfSystem(pkg.ecosystem)) {
    case 'deb':
      return debKernelPackage(pkg);
    case 'apk':
      return apkKernelPackage(pkg);
    default:
      return rpmKernelPackage(pkg);
  }
}

function debKernelPackage(pkg: Package): KernelPackage | undefined {
  // Nearly every package of a server leaves here, without a regular expression.
  if (!pkg.name.startsWith('linux-') && !pkg.source.startsWith('linux')) return undefined;
  const image = DEB_IMAGE.exec(pkg.name);
  if (image !== null && !pkg.name.endsWith('-dbg') && !pkg.name.endsWith('-dbgsym')) {
    return { role: 'image', flavour: (image[2] ?? '').replace(/-unsigned$/, '') };
  }
  const isAccessory = isDebKernelSource(pkg.source) || isDebKernelName(pkg.name);
  return isAccessory ? { role: 'accessory', flavour: '' } : undefined;
}

function isDebKernelName(name: string): boolean {
  if (!name.startsWith('linux-')) return false;
  const part = name.slice(6).split('-', 1)[0] ?? '';
  return DEB_PARTS.has(part) || DEB_LINES.has(part);
}

function isDebKernelSource(source: string): boolean {
  if (source === 'linux') return true;
  if (!source.startsWith('linux-')) return false;
  const line = source.slice(6).split('-', 1)[0] ?? '';
  return DEB_LINES.has(line) || /^\d/.test(line);
}

function rpmKernelPackage(pkg: Package): KernelPackage | undefined {
  if (!pkg.name.startsWith('kernel') && !pkg.source.startsWith('kernel') && !RPM_TOOLS.has(pkg.name))
    return undefined;
  const image = RPM_IMAGE.exec(pkg.name);
  if (image !== null) return { role: 'image', flavour: image[1] ?? '' };
  if (RPM_OTHER.test(pkg.name)) return undefined;
  const isAccessory =
    pkg.name.startsWith('kernel-') || RPM_TOOLS.has(pkg.name) || RPM_KERNEL_SOURCE.test(pkg.source);
  return isAccessory ? { role: 'accessory', flavour: '' } : undefined;
}

function apkKernelPackage(pkg: Package): KernelPackage | undefined {
  if (!pkg.name.startsWith('linux-') && !pkg.source.startsWith('linux-')) return undefined;
  const image = APK_IMAGE.exec(pkg.name);
  if (image !== null) return { role: 'image', flavour: image[1] ?? '' };
  return APK_ACCESSORY.test(pkg.name) || APK_IMAGE.test(pkg.source)
    ? { role: 'accessory', flavour: '' }
    : undefined;
}

/** Whether the image package `pkg` is the kernel that `uname -r` names `release`. */
export function providesKernel(pkg: Package, release: string): boolean {
  if (pkg.updates !== undefined) return pkg.name === WINDOWS_PACKAGE_NAME && pkg.version === release;
  switch (schemeOfSystem(pkg.ecosystem)) {
    case 'deb': {
      const image = DEB_IMAGE.exec(pkg.name);
      return image !== null && `${image[1]}-${(image[2] ?? '').replace(/-unsigned$/, '')}` === release;
    }
    case 'apk': {
      const flavour = APK_IMAGE.exec(pkg.name)?.[1];
      return flavour !== undefined && release === `${pkg.version.replace(/-r(\d+)$/, '-$1')}-${flavour}`;
    }
    default:
      return providesRpmKernel(pkg, release);
  }
}

/**
 * rpm: `uname -r` is version-release.architecture, with `+debug`, `+rt` or `+64k` after it where that build shares the
 * version (RHEL 9). SUSE puts the flavour last and leaves off the rebuild count: `5.3.18-150300.59.87-default` is
 * `kernel-default-5.3.18-150300.59.87.1`.
 */
function providesRpmKernel(pkg: Package, release: string): boolean {
  const flavour = RPM_IMAGE.exec(pkg.name)?.[1] ?? '';
  const build = pkg.version.replace(/^\d+:/, '');
  if (release.endsWith(`-${flavour}`) && flavour !== '') {
    const named = release.slice(0, -flavour.length - 1);
    if (build === named || build.startsWith(`${named}.`)) return true;
  }
  const plus = release.indexOf('+');
  const runningFlavour = plus < 0 ? '' : release.slice(plus + 1);
  const bare = plus < 0 ? release : release.slice(0, plus);
  const isSame =
    bare === build || bare === `${build}.${pkg.arch}` || (pkg.arch === '' && bare.startsWith(`${build}.`));
  return (
    isSame &&
    (runningFlavour === ''
      ? flavour !== 'debug'
      : runningFlavour === flavour || runningFlavour === flavour.replace(/^rt-/, ''))
  );
}

/** A kernel package with what it matched; `K` is any key of a vulnerability (number or text), compared by identity. */
export interface KernelEntry<K> {
  readonly pkg: Package;
  readonly vulnerabilities: readonly K[];
}

export interface KernelVerdict<K> {
  /** Positions in `entries` whose matches are findings: the image that counts (rpm: `kernel` and `kernel-core` are one). */
  readonly raising: ReadonlySet<number>;
  /** Positions of the other kernel packages: their matches are no findings. */
  readonly silent: ReadonlySet<number>;
  /** Vulnerabilities of the running kernel that an installed, newer image of its flavour does not have: a restart fixes them. */
  readonly restartPending: ReadonlySet<K>;
  /** How the image was chosen. `newest-installed`: what runs is unknown, or is no installed package. */
  readonly basis: 'running' | 'newest-installed' | 'no-image';
}

/** Whether what fixes vulnerability `key` of the entry at `position` is installed and waits for a restart. */
export function waitsForRestart<K>(verdict: KernelVerdict<K>, position: number, key: K): boolean {
  return verdict.raising.has(position) && verdict.restartPending.has(key);
}

/**
 * Decides for one server which of its packages raise kernel findings. Entries that are no kernel packages are in neither
 * set: they raise their findings as always.
 */
export function kernelVerdict<K>(
  entries: readonly KernelEntry<K>[],
  running: RunningKernel | undefined,
): KernelVerdict<K> {
  const silent = new Set<number>();
  const images: Image[] = [];
  entries.forEach(({ pkg }, position) => {
    const kernel = kernelPackageOf(pkg);
    if (kernel === undefined) return;
    if (kernel.role === 'image') images.push({ position, pkg, flavour: kernel.flavour });
    silent.add(position);
  });
  const release = running?.release ?? '';
  const provided = release === '' ? [] : images.filter(({ pkg }) => providesKernel(pkg, release));
  // Of two builds under one name the one that runs counts; the other waits for a restart.
  const exact = provided.filter(({ pkg }) => pkg.version === running?.version);
  let chosen = exact.length > 0 ? exact : provided;
  const basis = chosen.length > 0 ? 'running' : images.length > 0 ? 'newest-installed' : 'no-image';
  if (basis === 'newest-installed') chosen = newestOf(images);
  const raising = new Set(chosen.map(({ position }) => position));
  for (const position of raising) silent.delete(position);
  const waiting = new Set(running?.waiting);
  const restartPending =
    basis === 'running' ? fixedByRestart(entries, chosen, { images, waiting }) : new Set<K>();
  return { raising, silent, restartPending, basis };
}

interface Image {
  readonly position: number;
  readonly pkg: Package;
  readonly flavour: string;
}

function newestOf(images: readonly Image[]): Image[] {
  let newest: Image | undefined;
  for (const image of images) {
    if (newest === undefined || compareImages(image, newest) > 0) newest = image;
  }
  const top = newest;
  return top === undefined
    ? []
    : images.filter((image) => image.flavour === top.flavour && compareImages(image, top) === 0);
}

function fixedByRestart<K>(
  entries: readonly KernelEntry<K>[],
  running: readonly Image[],
  installed: { readonly images: readonly Image[]; readonly waiting: ReadonlySet<string> },
): ReadonlySet<K> {
  const pending = new Set<K>();
  const present = new Set<K>();
  for (const { position } of running)
    for (const key of entries[position]?.vulnerabilities ?? []) present.add(key);
  // What the machine says it will start next counts whatever its flavour.
  const newer = installed.images.filter(
    (image) =>
      !running.includes(image) &&
      running.some(
        (other) =>
          (image.flavour === other.flavour || installed.waiting.has(image.pkg.name)) &&
          compareImages(image, other) > 0,
      ),
  );
  if (newer.length === 0) return pending;
  // `kernel` and `kernel-core` of one version are one image: it is free of a flaw only if both are.
  const byVersion = new Map<string, Set<K>>();
  for (const { pkg, position } of newer) {
    const held = byVersion.get(pkg.version) ?? new Set<K>();
    for (const key of entries[position]?.vulnerabilities ?? []) held.add(key);
    byVersion.set(pkg.version, held);
  }
  for (const key of present) {
    for (const held of byVersion.values()) if (!held.has(key)) pending.add(key);
  }
  return pending;
}

function compareImages(a: Image, b: Image): number {
  if (a.pkg.updates !== undefined) {
    // Both have the build that runs: the next one is not known before the restart.
    return Number(a.pkg.name !== WINDOWS_PACKAGE_NAME) - Number(b.pkg.name !== WINDOWS_PACKAGE_NAME);
  }
  return comparerOf(schemeOfSystem(a.pkg.ecosystem))(a.pkg.version, b.pkg.version);
}

function schemeOfSystem(ecosystem: string): VersionScheme {
  return schemeOf(ecosystem) ?? 'rpm';
}
