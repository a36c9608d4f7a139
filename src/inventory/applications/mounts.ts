/**
 * Which mounted file systems hold files of this machine. What lies on a network, in a container or in the kernel is somebody
 * else's, or none at all, and is not looked into.
 */

/** File systems on disks of the machine itself (`man 5 filesystems`, and those of other vendors' kernels). */
const LOCAL_TYPES: ReadonlySet<string> = new Set([
  'apfs',
  'bcachefs',
  'btrfs',
  'exfat',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'jfs',
  'nilfs2',
  'ntfs',
  'ntfs3',
  'reiserfs',
  'tmpfs',
  'ubifs',
  'ufs',
  'vfat',
  'xfs',
  'zfs',
]);
/** File systems over a network, to be named among what was not looked into: there may be applications on them. */
const NETWORK_TYPE =
  /^(?:nfs\d?|cifs|smb\w*|ceph|glusterfs|lustre|gpfs|afs|9p|ocfs2|gfs2|beegfs|fuse(?:\..*)?|virtiofs)$/;

/** A place where another file system begins, and why it is not looked into. */
export interface ForeignMount {
  readonly path: string;
  readonly type: string;
  readonly isNetwork: boolean;
}

/**
 * The mount points in the text of `/proc/self/mountinfo` that hold no files of the machine itself. The root is never one of
 * them: a container's own root is an overlay.
 */
export function foreignMounts(mountinfo: string): readonly ForeignMount[] {
  const mounts = new Map<string, ForeignMount | undefined>();
  for (const line of mountinfo.split('\n')) {
    const separator = line.indexOf(' - ');
    if (separator < 0) continue;
    const path = unescaped(line.slice(0, separator).split(' ')[4] ?? '');
    const type = line.slice(separator + 3).split(' ', 1)[0] ?? '';
    if (path === '/' || !path.startsWith('/')) continue;
    // Of two mounts at one place the later one covers the earlier.
    mounts.set(path, LOCAL_TYPES.has(type) ? undefined : { path, type, isNetwork: NETWORK_TYPE.test(type) });
  }
  return [...mounts.values()].filter((mount) => mount !== undefined);
}

/** Blanks, tabs, line feeds and backslashes stand as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
