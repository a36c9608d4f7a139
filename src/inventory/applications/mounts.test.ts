import { describe, expect, it } from 'vitest';
import { foreignMounts } from './mounts.ts';

const line = (path: string, type: string): string =>
  `29 27 0:28 / ${path} rw,relatime shared:9 - ${type} source rw`;

describe('foreignMounts', () => {
  it('tells file systems of the network, the kernel and containers from disks of the machine', () => {
    const text = [
      line('/', 'overlay'),
      line('/home', 'ext4'),
      line('/proc', 'proc'),
      line('/mnt/share', 'nfs4'),
      line('/mnt/my\\040files', 'fuse.sshfs'),
      line('/var/lib/docker/overlay2/x/merged', 'overlay'),
      'nonsense',
      '',
    ].join('\n');
    expect(foreignMounts(text)).toEqual([
      { path: '/proc', type: 'proc', isNetwork: false },
      { path: '/mnt/share', type: 'nfs4', isNetwork: true },
      { path: '/mnt/my files', type: 'fuse.sshfs', isNetwork: true },
      { path: '/var/lib/docker/overlay2/x/merged', type: 'overlay', isNetwork: false },
    ]);
  });

  it('goes by the mount that covers the others', () => {
    expect(foreignMounts(`${line('/data', 'nfs')}\n${line('/data', 'xfs')}`)).toEqual([]);
    expect(foreignMounts(`${line('/data', 'xfs')}\n${line('/data', 'cifs')}`)).toHaveLength(1);
  });
});
