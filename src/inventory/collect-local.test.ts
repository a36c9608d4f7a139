import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { collectLocal } from './collect-local.ts';
import { systemOf } from './system.ts';

const roots: string[] = [];

function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'parapet-root-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const DEBIAN = 'ID=debian\nVERSION_ID=12\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';
const status = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: amd64\n`;

describe('collectLocal', () => {
  it('reads the dpkg database of a root', async () => {
    const root = rootWith({
      'etc/os-release': DEBIAN,
      'var/lib/dpkg/status': `${status('bash')}\n${status('zlib1g')}`,
    });
    const inventory = await collectLocal({ root, name: 'image', collectedAt: 5 });
    expect(inventory).toMatchObject({
      system: { key: 'debian:12' },
      server: { name: 'image', privateIps: [], publicIp: '' },
      collectedAt: 5,
      problems: [],
    });
    expect(inventory.runningKernel).toBeUndefined();
    expect(inventory.packages.map((item) => item.name)).toEqual(['bash', 'zlib1g']);
  });

  it('reads the paragraphs of an image without dpkg', async () => {
    const root = rootWith({
      'usr/lib/os-release': DEBIAN,
      'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
      'var/lib/dpkg/status.d/base.md5sums': 'd41d8cd98f00b204e9800998ecf8427e  x\n',
    });
    const inventory = await collectLocal({ root, collectedAt: 0 });
    expect(inventory.packages.map((item) => `${item.name} ${item.version}`)).toEqual(['base-files 12.4']);
    expect(inventory.problems).toEqual([]);
  });

  it('reads the apk database of a root', async () => {
    const root = rootWith({
      'etc/os-release': 'ID=alpine\nVERSION_ID=3.19.0\n',
      'lib/apk/db/installed': 'P:musl\nV:1.2.4-r4\nA:x86_64\no:musl\n',
    });
    const inventory = await collectLocal({ root, collectedAt: 0 });
    expect(inventory.packages).toMatchObject([
      { ecosystem: 'alpine:3.19', name: 'musl', version: '1.2.4-r4' },
    ]);
  });

  it('asks rpm where there is an rpm database, and again without modules where rpm is too old for them', async () => {
    const root = rootWith({
      'etc/redhat-release': 'CentOS Linux release 7.9.2009 (Core)\n',
      'var/lib/rpm/Packages': 'db',
    });
    const calls: (readonly string[])[] = [];
    const inventory = await collectLocal({
      root,
      collectedAt: 0,
      run: async (program, args) => {
        calls.push([program, ...args]);
        if (args.at(-1)?.includes('MODULARITYLABEL')) throw new Error('incorrect format: unknown tag');
        return 'bash\t(none)\t4.2.46\t34.el7\tx86_64\tbash-4.2.46-34.el7.src.rpm\t\tCentOS\n';
      },
    });
    expect(inventory.packages).toMatchObject([
      { ecosystem: 'centos:7', name: 'bash', version: '4.2.46-34.el7', source: 'bash', origin: 'CentOS' },
    ]);
    expect(calls).toHaveLength(2);
    expect(calls[0]?.slice(0, 3)).toEqual(['rpm', '--root', root]);
  });

  it('says that rpm failed, and refuses a machine of which nothing could be read', async () => {
    const files = { 'etc/os-release': DEBIAN, 'usr/lib/sysimage/rpm/rpmdb.sqlite': 'db' };
    const run = async (): Promise<string> => {
      throw new Error('rpm is not there');
    };
    await expect(collectLocal({ root: rootWith(files), collectedAt: 0, run })).rejects.toThrow(
      /rpm is not there/,
    );
  });

  it('does not ask rpm on a machine of dpkg', async () => {
    const root = rootWith({
      'etc/os-release': DEBIAN,
      'var/lib/dpkg/status': status('bash'),
      'var/lib/rpm/rpmdb.sqlite': 'db',
    });
    const run = async (): Promise<string> => 'alien\t\t1\t1\tnoarch\t\t\t\n';
    const inventory = await collectLocal({ root, collectedAt: 0, run });
    expect(inventory.packages.map((item) => item.name)).toEqual(['bash']);
    expect(inventory.problems).toEqual([]);
  });

  it('needs a system, from its files or from the caller', async () => {
    const root = rootWith({ 'var/lib/dpkg/status': status('bash') });
    await expect(collectLocal({ root, collectedAt: 0 })).rejects.toMatchObject({
      code: 'inventory-system-unknown',
    });
    const inventory = await collectLocal({ root, collectedAt: 0, system: systemOf('debian', '12') });
    expect(inventory.packages[0]?.ecosystem).toBe('debian:12');
  });

  it('names a database that cannot be read', async () => {
    const root = rootWith({ 'etc/os-release': DEBIAN, 'var/lib/dpkg/status': status('bash') });
    // A folder where a file should be: unreadable for every user, root included.
    mkdirSync(join(root, 'lib/apk/db/installed'), { recursive: true });
    chmodSync(join(root, 'lib/apk/db'), 0o755);
    const inventory = await collectLocal({ root, collectedAt: 0 });
    expect(inventory.problems).toHaveLength(1);
    expect(inventory.problems[0]).toContain('lib/apk/db/installed could not be read');
  });
});
