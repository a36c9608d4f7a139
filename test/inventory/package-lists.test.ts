import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseInventory } from '../../src/inventory/parse.ts';
import { codeOf, parseFixture, parseText, short } from './parse-fixture.ts';

describe('dpkg status', () => {
  const inventory = parseFixture('dpkg-status', { osRelease: 'ID=ubuntu\nVERSION_ID="18.04"' });

  it('takes what is installed, with its source and the version of it', () => {
    expect(inventory.system?.key).toBe('ubuntu:18.04');
    expect(inventory.packages.every((item) => item.ecosystem === 'ubuntu:18.04')).toBe(true);
    const texts = inventory.packages.map(short);
    expect(texts).toContain('fdisk|2.31.1-0.4ubuntu3.1|amd64|util-linux|2.31.1-0.4ubuntu3.1||');
    expect(texts).toContain('bsdutils|1:2.31.1-0.4ubuntu3.1|amd64|util-linux|2.31.1-0.4ubuntu3.1||');
    expect(texts).toContain('adduser|3.116ubuntu1|all|adduser|3.116ubuntu1||');
  });

  it('leaves out a package of which only the configuration is left', () => {
    expect(inventory.packages).toHaveLength(8);
    expect(inventory.problems).toEqual([]);
  });

  it.each([
    ['install ok installed', 1],
    ['hold ok installed', 1],
    ['deinstall ok installed', 1],
    ['install ok unpacked', 1],
    ['install ok half-configured', 1],
    ['install reinstreq half-installed', 1],
    ['install ok triggers-awaited', 1],
    ['install ok triggers-pending', 1],
    ['deinstall ok config-files', 0],
    ['purge ok not-installed', 0],
  ])('counts the state "%s" %d times', (status, count) => {
    const text = `Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: ${status}\nVersion: 1\n`;
    expect(parseText(text, { system: 'debian:12' }).packages).toHaveLength(1 + count);
  });

  it('keeps both architectures of one package and names a package without a version', () => {
    const text = ['amd64', 'i386']
      .map((arch) => `Package: libc6\nArchitecture: ${arch}\nVersion: 2.36-9\n`)
      .join('\n');
    const { packages, problems } = parseText(`${text}\n\nPackage: broken\nStatus: install ok installed\n`, {
      system: 'debian:12',
    });
    expect(packages.map((item) => item.arch)).toEqual(['amd64', 'i386']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('broken has no version');
  });

  it('reads Windows line ends and gzip', () => {
    const text =
      'Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\nPackage: b\r\nVersion: 2\r\n';
    const inventoryOfGzip = parseInventory(gzipSync(text), { system: 'debian:12' });
    expect(inventoryOfGzip.packages.map((item) => `${item.name} ${item.version}`)).toEqual(['a 1', 'b 2']);
  });

  it('needs to be told the system', () => {
    expect(codeOf(() => parseFixture('dpkg-status'))).toBe('inventory-system-unknown');
  });
});

describe('apk installed', () => {
  it('reads name, version, architecture and origin, and names the record without a version', () => {
    const inventory = parseFixture('apk-installed', { system: 'alpine:3.4' });
    expect(inventory.packages).toHaveLength(15);
    expect(inventory.packages.map(short)).toContain('libcrypto1.0|1.0.2h-r1|x86_64|openssl|1.0.2h-r1||');
    expect(inventory.problems).toHaveLength(1);
    expect(inventory.problems[0]).toContain('invalidPackageWithoutAVersion');
  });
});

describe('rpm lists', () => {
  it('reads the documented columns: epoch, source, module and vendor', () => {
    const lines = [
      'bash\t(none)\t4.4.20\t4.el8_6\tx86_64\tbash-4.4.20-4.el8_6.src.rpm\t(none)\tAlmaLinux',
      'openssl-libs\t1\t1.1.1k\t9.el8_7\tx86_64\topenssl-1.1.1k-9.el8_7.src.rpm\t(none)\tAlmaLinux',
      'npm\t1\t8.19.3\t1.18.14.2.2.module_el8\tx86_64\tnodejs-18.14.2-2.module_el8.src.rpm\tnodejs:18:8070020230306170042:bd1311ed\tAlmaLinux',
      'zero\t0\t1\t1\tnoarch\t(none)\t\t(none)',
      'gpg-pubkey\t(none)\t3abb34f8\t5ffd890e\t(none)\t(none)\t(none)\t(none)',
      'broken line',
    ];
    const { packages, problems } = parseText(`${lines.slice(0, 5).join('\n')}\n`, { system: 'almalinux:8' });
    expect(packages.map(short)).toEqual([
      'bash|4.4.20-4.el8_6|x86_64|bash|4.4.20-4.el8_6||AlmaLinux',
      'openssl-libs|1:1.1.1k-9.el8_7|x86_64|openssl|1:1.1.1k-9.el8_7||AlmaLinux',
      'npm|1:8.19.3-1.18.14.2.2.module_el8|x86_64|nodejs|18.14.2-2.module_el8|nodejs:18|AlmaLinux',
      'zero|1-1|noarch|zero|1-1||',
    ]);
    expect(problems).toEqual([]);
  });

  it('finds the epoch of a source package at a sibling of the same version', () => {
    const lines = [
      'npm\t1\t8.19.3\t1.18.14.2.2.el8\tx86_64\tnodejs-18.14.2-2.el8.src.rpm\tnodejs:18:1:a\tAlmaLinux',
      'nodejs\t1\t18.14.2\t2.el8\tx86_64\tnodejs-18.14.2-2.el8.src.rpm\tnodejs:18:1:a\tAlmaLinux',
    ];
    const { packages } = parseText(`${lines.join('\n')}\n`, { system: 'almalinux:8' });
    expect(packages.map((item) => item.sourceVersion)).toEqual(['1:18.14.2-2.el8', '1:18.14.2-2.el8']);
  });

  it('reads a bare rpm -qa with and without epochs, and says what such a list lacks', () => {
    const text =
      'bash-4.4.20-4.el8_6.x86_64\nfonts-filesystem-2.0.5-3.el8.noarch\ngpg-pubkey-3abb34f8-5ffd890e\nglibc-2.28-1.i686\nnot a package\n';
    const { packages, problems } = parseText(text, { system: 'almalinux:8' });
    expect(packages.map((item) => `${item.name} ${item.version} ${item.arch}`)).toEqual([
      'bash 4.4.20-4.el8_6 x86_64',
      'fonts-filesystem 2.0.5-3.el8 noarch',
      'glibc 2.28-1 i686',
    ]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('not a package');
    expect(problems[1]).toContain('epochs');
    const withEpochs = parseText('1:dbus-1.12.8-26.el8.x86_64\ndbus-libs-1:1.12.8-26.el8.x86_64\n', {
      system: 'rhel:8',
    });
    expect(withEpochs.packages.map((item) => item.version)).toEqual(['1:1.12.8-26.el8', '1:1.12.8-26.el8']);
    expect(withEpochs.problems).toEqual([]);
  });

  it('does not take prose or other lists for packages', () => {
    for (const text of [
      'hello world\n',
      'a-b-c\nd-e-f\n',
      'name,version\nbash,1\n',
      'bash 4.4\ncurl 7.1\n',
    ]) {
      expect(
        codeOf(() => parseText(text, { system: 'rhel:8' })),
        text,
      ).toBe('inventory-unrecognised');
    }
  });
});
