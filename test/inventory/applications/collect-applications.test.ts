import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { foundIn, treeOf } from './file-tree.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function tree(files: Readonly<Record<string, string | Buffer>>): string {
  const root = treeOf(files);
  roots.push(root);
  return root;
}

const json = (value: unknown): string => JSON.stringify(value);

describe('applications', () => {
  it('of Python, Node, Ruby, PHP and Node.js itself are found by the files of their package managers', async () => {
    const root = tree({
      '/opt/venv/lib/python3.11/site-packages/Django-3.2.dist-info/METADATA':
        'Metadata-Version: 2.1\nName: Django\nVersion: 3.2\n\nVersion: no\n',
      '/opt/venv/lib/python3.11/site-packages/old.egg-info/PKG-INFO': 'Name: old_one\r\nVersion: 1.0\r\n',
      '/srv/app/node_modules/lodash/package.json': json({ name: 'lodash', version: '4.17.15' }),
      '/srv/app/node_modules/@babel/core/package.json': json({ name: '@babel/core', version: '7.0.0' }),
      '/srv/app/node_modules/lodash/fp/package.json': json({ name: 'not-installed', version: '1.0.0' }),
      '/srv/app/package.json': json({ name: 'app', version: '1.0.0' }),
      '/var/lib/gems/3.1.0/specifications/rack-2.2.3.gemspec':
        '# -*- encoding: utf-8 -*-\n# stub: rack 2.2.3 ruby lib\n',
      '/opt/ruby/specifications/default/json-2.6.gemspec':
        'Gem::Specification.new do |s|\n  s.name = "json".freeze\n  s.version = "2.6.1"\nend\n',
      '/srv/php/vendor/composer/installed.json': json({
        packages: [
          { name: 'Symfony/Http-Kernel', version: 'v5.4.0' },
          { name: 'own/app', version: 'dev-main' },
        ],
      }),
      '/srv/php1/vendor/composer/installed.json': json([{ name: 'twig/twig', version: '1.0.0' }]),
      '/usr/local/include/node/node_version.h':
        '#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 3\n#define NODE_PATCH_VERSION 1\n',
    });
    expect(await foundIn(root)).toEqual({
      packages: [
        'Bitnami node 20.3.1: /usr/local',
        'Packagist symfony/http-kernel 5.4.0: /srv/php/vendor/symfony/http-kernel',
        'Packagist twig/twig 1.0.0: /srv/php1/vendor/twig/twig',
        'PyPI django 3.2: /opt/venv/lib/python3.11/site-packages/Django-3.2.dist-info',
        'PyPI old-one 1.0: /opt/venv/lib/python3.11/site-packages/old.egg-info',
        'RubyGems json 2.6.1: /opt/ruby/specifications/default',
        'RubyGems rack 2.2.3: /var/lib/gems/3.1.0/specifications',
        'npm @babel/core 7.0.0: /srv/app/node_modules/@babel/core',
        'npm lodash 4.17.15: /srv/app/node_modules/lodash',
      ],
      problems: [],
    });
  });

  it('that packages of the system brought are left to the distribution, whichever names its folders have', async () => {
    const metadata = (name: string): string => `Name: ${name}\nVersion: 1.0\n`;
    const root = tree({
      '/usr/lib/python3/dist-packages/apt.dist-info/METADATA': metadata('apt'),
      '/usr/lib/python3/dist-packages/own.dist-info/METADATA': metadata('own'),
      '/lib/python3/six.dist-info/METADATA': metadata('six'),
      '/opt/rpm.dist-info/METADATA': metadata('rpm'),
      '/opt/apk.dist-info/METADATA': metadata('apk'),
      '/var/lib/dpkg/info/python3-apt.list':
        '/.\n/usr\n/usr/lib/python3/dist-packages/apt.dist-info/METADATA\n',
      '/var/lib/dpkg/info/python3-six.list': '/usr/lib/python3/six.dist-info/METADATA\n',
      '/lib/apk/db/installed': 'P:py3\nF:opt/apk.dist-info\nR:METADATA\nZ:Q1\n',
    });
    const listRpmFiles = async (): Promise<string> => '/opt/rpm.dist-info/METADATA\n';
    expect((await foundIn(root, { listRpmFiles })).packages).toEqual([
      'PyPI own 1.0: /usr/lib/python3/dist-packages/own.dist-info',
    ]);
  });

  it('are not looked for through links, in caches, or in the folders of containers; those are told', async () => {
    const packageFile = json({ name: 'x', version: '1.0.0' });
    const root = tree({
      '/outside/node_modules/x/package.json': packageFile,
      '/srv/real/node_modules/y/package.json': json({ name: 'y', version: '1.0.0' }),
      '/root/.cache/node_modules/z/package.json': packageFile,
      '/var/lib/docker/overlay2/node_modules/z/package.json': packageFile,
      '/proc/1/root/node_modules/z/package.json': packageFile,
    });
    symlinkSync(join(root, 'outside'), join(root, 'srv/link'));
    symlinkSync(
      join(root, 'outside/node_modules/x/package.json'),
      join(root, 'srv/real/node_modules/package.json'),
    );
    mkdirSync(join(root, 'srv/real/node_modules/w'));
    symlinkSync(
      join(root, 'outside/node_modules/x/package.json'),
      join(root, 'srv/real/node_modules/w/package.json'),
    );
    const { packages, problems } = await foundIn(root, {
      lookIn: ['/srv', '/root', '/var', '/gone'],
    });
    expect(packages).toEqual(['npm y 1.0.0: /srv/real/node_modules/y']);
    expect((await foundIn(root)).packages).toEqual([
      'npm x 1.0.0: /outside/node_modules/x',
      'npm y 1.0.0: /srv/real/node_modules/y',
    ]);
    expect(problems.join('\n')).toContain('/gone is not there or cannot be read');
    expect(problems.join('\n')).toContain('caches, repositories and snapshots were not looked into');
    expect(problems.join('\n')).toContain('folders of containers and images');
  });

  it('that are broken or past a bound are told, and the others found', async () => {
    const root = tree({
      '/srv/node_modules/a/package.json': '{"name": "a", ',
      '/srv/node_modules/b/package.json': json({ name: 'b', version: '1.0.0' }),
      '/srv/node_modules/c/package.json': `"${'x'.repeat(5 * 1024 ** 2)}"`,
      '/srv/node_modules/d/package.json': json({ name: 'd\u0007', version: '1' }),
      '/srv/1/2/3/node_modules/e/package.json': json({ name: 'e', version: '1.0.0' }),
    });
    const { packages, problems } = await foundIn(root, { walk: { depthMax: 4 } });
    expect(packages).toEqual(['npm b 1.0.0: /srv/node_modules/b']);
    const all = problems.join('\n');
    expect(all).toContain('/srv/node_modules/a/package.json is broken JSON');
    expect(all).toContain('/srv/node_modules/c/package.json has more than 4194304 bytes');
    expect(all).toContain('control character');
    expect(all).toContain('lie deeper than 4 levels');
  });

  it('stop at a number of files and at a time, and say where', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [
        `/srv/node_modules/p${n}/package.json`,
        json({ name: `p${n}`, version: '1.0.0' }),
      ]),
    );
    const root = tree(files);
    const many = await foundIn(root, { walk: { entriesMax: 20 } });
    expect(many.problems.join('\n')).toContain('there are more than 20 files');
    let clock = 0;
    const slow = await foundIn(root, { walk: { timeoutMs: 10, now: () => (clock += 6) } });
    expect(slow.problems.join('\n')).toContain('took longer than 10 ms');
    expect(slow.packages).toEqual([]);
  });

  it('may have names that are no UTF-8: they are counted', async () => {
    const root = tree({ '/srv/node_modules/a/package.json': json({ name: 'a', version: '1.0.0' }) });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/srv/`), Buffer.from([0xff, 0xfe])]), '');
    const { packages, problems } = await foundIn(root);
    expect(packages).toHaveLength(1);
    expect(problems).toEqual(['1 names are no UTF-8 and were not looked into']);
  });
});
