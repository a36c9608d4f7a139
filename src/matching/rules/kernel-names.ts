/**
 * Names of deb kernel packages. Two habits of Debian and Ubuntu would hide kernel records from the packages they are about:
 *
 * - An image's name carries the build (`linux-image-5.15.0-69-generic`), and a record names the build that fixes
 *   (`linux-image-5.15.0-71-generic`). Both are filed under `linux-image-5.15.0-*-generic`: same upstream line, same
 *   flavour. The upstream line stays in the name because one release carries several (5.15 and the HWE kernels), and a
 *   fix of one says nothing about another.
 * - A signed image is built from `linux-signed-amd64` (Debian) or `linux-signed-hwe-5.19` (Ubuntu), records by source name
 *   `linux` and `linux-hwe-5.19`.
 */

// linux-image-[unsigned-]<upstream>-<build>-<flavour>
const IMAGE_NAME = /^linux-image-(?:unsigned-)?(\d+\.\d+(?:\.\d+)?)-(\d[0-9a-z.~]*)-([a-z].*)$/;
const SIGNED_DEBIAN = /^linux-signed-(?:amd64|arm64|i386|armhf|ppc64el|s390x|loong64|riscv64)$/;

/** The name under which a kernel image is filed; any other name as it is. */
export function kernelLookupName(name: string): string {
  if (!name.startsWith('linux-image-')) return name;
  const parts = IMAGE_NAME.exec(name);
  if (parts === null) return name;
  return `linux-image-${parts[1]}-*-${(parts[3] ?? '').replace(/-unsigned$/, '')}`;
}

/** The source package that kernel records name for packages built from `source`; any other source as it is. */
export function kernelSourceOf(source: string): string {
  if (!source.startsWith('linux-signed')) return source;
  if (SIGNED_DEBIAN.test(source)) return 'linux';
  return `linux${source.slice('linux-signed'.length)}`;
}

/** Debian writes the version of a signed source with `+` for the `-` of the kernel's own (`5.10.46+4`), so the binary's is taken. */
export function isSignedDebianSource(source: string): boolean {
  return SIGNED_DEBIAN.test(source);
}
