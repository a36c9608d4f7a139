import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestOfBody, parseReport } from '../../src/inventory/report.ts';
import { Machine, shellsHere } from './machine.ts';

/** Applications that the agent tells of, as `ecosystem name version places`, sorted, and its problems as one text. */
async function told(
  machine: Machine,
): Promise<{ readonly applications: readonly string[]; readonly problems: string }> {
  const { stdout } = await machine.agent('report', '--print');
  const { packages, problems } = parseReport(Buffer.from(stdout)).inventory;
  const applications = packages
    .filter((item) => !item.ecosystem.includes(':'))
    .map((item) => [item.ecosystem, item.name, item.version, ...item.paths].join(' '));
  return { applications: applications.sort(), problems: problems.join('\n') };
}

function configure(machine: Machine, text: string): void {
  mkdirSync(machine.state, { recursive: true });
  writeFileSync(join(machine.state, 'collect.conf'), text);
}

const SBOM = JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.4',
  components: [
    {
      type: 'library',
      name: 'log4j-core',
      purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
      evidence: { occurrences: [{ location: '/opt/app/lib/log4j-core.jar' }] },
    },
    { type: 'library', name: 'openssl', purl: 'pkg:deb/debian/openssl@1.1.1?distro=debian-10' },
  ],
});

describe('content management systems', () => {
  it.each(shellsHere())('are found in web roots by their own manifests, by %s', async (shell) => {
    const machine = new Machine({ shell });
    const www = (path: string, text: string): void => machine.write(`var/www/${path}`, text);
    www('blog/wp-includes/version.php', "<?php\n$wp_version = '5.8.1';\n");
    www(
      'blog/wp-content/plugins/wp-file-manager/x.php',
      '<?php\n/**\n  Plugin Name: FM\n  Version:     6.0\n*/\n',
    );
    www('blog/wp-content/plugins/wp-file-manager/lib/deep.php', '<?php\n/* Plugin Name: no\nVersion: 1 */\n');
    www('blog/wp-content/plugins/hello.php', '<?php\n/*\nPlugin Name: Hello\nVersion: v1.7.2 */\n');
    www('blog/wp-content/plugins/index.php', '<?php\n');
    www('blog/wp-content/themes/TwentyTen/style.css', '/*\r\nTheme Name: T\r\nVersion: 3.3\r\n*/\r\n');
    www('d10/core/lib/Drupal.php', "<?php\nclass Drupal {\n  const VERSION = '10.2.3';\n");
    www('d10/modules/token/token.info.yml', "name: T\nversion: '8.x-1.9'\nproject: 'token'\n");
    www('d7/includes/bootstrap.inc', "<?php\ndefine('VERSION', '7.57');\ndefine('DRUPAL_X', 1);\n");
    www('d7/sites/all/modules/views/views.info', 'name = Views\nversion = "7.x-3.24"\nproject = "views"\n');
    www(
      'j/administrator/manifests/files/joomla.xml',
      '<extension type="file">\n<author>Joomla! Project</author>\n<version>4.2.7</version>\n',
    );
    www(
      'j/administrator/components/com_akeeba/akeeba.xml',
      '<extension type="component">\n<version>9.2.0</version>\n',
    );
    www(
      'j/plugins/system/jce/jce.xml',
      '<extension type="plugin">\n<author>X</author>\n<version>2.9.1</version>\n',
    );
    www(
      'j/modules/mod_menu/mod_menu.xml',
      '<extension type="module">\n<author>Joomla! Project</author>\n<version>3</version>\n',
    );
    www(
      'shop/app/Mage.php',
      "<?php function getVersionInfo()\n{ return array(\n'major' => '1',\n'minor' => '9',\n'revision' => '3',\n'patch'     => '1');\n",
    );
    www('t3/typo3/sysext/core/ext_emconf.php', "<?php\n 'version' => '11.5.3',\n");
    www('t3/typo3conf/ext/ke_search/ext_emconf.php', "<?php\n 'version' => '4.0.1',\n");
    www('t3/typo3conf/ext/ke_search/composer.json', '{"name": "tpwd/ke_search"}');
    const { applications, problems } = await told(machine);
    expect(applications).toEqual([
      'Joomla com_akeeba 9.2.0 /var/www/j/administrator/components/com_akeeba',
      'Joomla plg_system_jce 2.9.1 /var/www/j/plugins/system/jce',
      'Packagist drupal/core 10.2.3 /var/www/d10',
      'Packagist drupal/core 7.57 /var/www/d7',
      'Packagist drupal/token 1.9.0 /var/www/d10/modules/token',
      'Packagist joomla/joomla-cms 4.2.7 /var/www/j',
      'Packagist magento/magento1ce 1.9.3.1 /var/www/shop',
      'Packagist tpwd/ke_search 4.0.1 /var/www/t3/typo3conf/ext/ke_search',
      'Packagist typo3/cms-core 11.5.3 /var/www/t3/typo3/sysext/core',
      'WordPress plugin/hello-dolly 1.7.2 /var/www/blog/wp-content/plugins/hello.php',
      'WordPress plugin/wp-file-manager 6.0 /var/www/blog/wp-content/plugins/wp-file-manager',
      'WordPress theme/twentyten 3.3 /var/www/blog/wp-content/themes/TwentyTen',
      'WordPress wordpress 5.8.1 /var/www/blog',
    ]);
    expect(problems).toContain('1 modules and themes of Drupal 7, which no feed tells of');
  });

  it('are looked for in configured folders, but neither through links nor on network file systems', async () => {
    const machine = new Machine();
    const version = "<?php\n$wp_version = '5.8.1';\n";
    for (const folder of ['data/site', 'data/nfs', 'outside'])
      machine.write(`${folder}/wp-includes/version.php`, version);
    symlinkSync(join(machine.root, 'outside'), join(machine.root, 'data/link'));
    symlinkSync(join(machine.root, 'outside'), join(machine.root, 'data/site/link'));
    machine.write('proc/mounts', '/dev/vda / ext4 rw 0 0\nserver:/x /data/nfs nfs4 rw 0 0\n');
    configure(
      machine,
      'look-in /data/site\nlook-in /data/nfs\nlook-in /data/link\nlook-in relative\nlook-in /gone\n',
    );
    const { applications, problems } = await told(machine);
    expect(applications).toEqual(['WordPress wordpress 5.8.1 /data/site']);
    expect(problems).toContain('/data/nfs lies on a network file system (nfs4) and was not looked into');
    expect(problems).toContain('/data/link is no folder (links are not followed)');
    expect(problems).toContain('/gone is no folder');
  });

  it('with hostile manifests cost only themselves', async () => {
    const machine = new Machine();
    const plugin = (slug: string, version: string): void =>
      machine.write(
        `srv/wp-content/plugins/${slug}/x.php`,
        `<?php /*\nPlugin Name: X\nVersion: ${version}\n*/`,
      );
    plugin('long', 'A'.repeat(7_000));
    plugin('control', '1.0\u001b[31m');
    plugin('tab', '1.0\t2');
    plugin('none', '');
    plugin('good', '1.0');
    const { applications, problems } = await told(machine);
    expect(applications).toEqual(['WordPress plugin/good 1.0 /srv/wp-content/plugins/good']);
    expect(problems).toContain('/srv/wp-content/plugins/none/x.php: a plugin of WordPress without a version');
  });
});

describe('what the agent cannot look into', () => {
  it('is told: Java archives by number and first place', async () => {
    const machine = new Machine();
    machine.write('opt/app/lib/log4j-core.jar', 'PK');
    machine.write('srv/web.war', 'PK');
    expect((await told(machine)).problems).toContain(
      '2 Java archives were not looked into (first: /opt/app/lib/log4j-core.jar)',
    );
  });

  it.each(shellsHere())(
    'may be in an SBOM that it sends along, of which the applications count, by %s',
    async (shell) => {
      const machine = new Machine({ shell });
      machine.write('var/lib/sbom/web.json', SBOM);
      machine.write('var/lib/sbom/not.json', '{"hello": 1}');
      configure(
        machine,
        'sbom /var/lib/sbom/web.json\nsbom /var/lib/sbom/not.json\nsbom /var/lib/sbom/gone.json\n',
      );
      const { applications, problems } = await told(machine);
      expect(applications).toEqual([
        'Maven org.apache.logging.log4j:log4j-core 2.14.1 /opt/app/lib/log4j-core.jar',
      ]);
      expect(problems).toContain('SBOM /var/lib/sbom/not.json is none of CycloneDX JSON');
      expect(problems).toContain('SBOM /var/lib/sbom/gone.json is not there or cannot be read');
    },
  );
});

describe('an SBOM in a report', () => {
  const reportWith = (lines: string): Buffer => {
    const body = `[server]\nname x\n[os-release]\nID=debian\nVERSION_ID=12\n[applications]\nnpm\ta\t1.0.0\t/srv\n${lines}[end]\n`;
    return Buffer.from(
      `parapet-report 1\ncollected-at 1764000000\ndigest ${digestOfBody(Buffer.from(body))}\n${body}`,
    );
  };
  const encoded = (content: Buffer): string => content.toString('base64').replace(/.{76}/g, '$&\n');

  it.each([
    ['is no base64', 'not base64!'],
    ['gzip data is broken', encoded(Buffer.from([0x1f, 0x8b, 1, 2, 3]))],
    ['more bytes than', encoded(gzipSync(Buffer.alloc(80 * 1024 ** 2)))],
    ['is nested more than', encoded(Buffer.from('['.repeat(10_000)))],
  ])('that %s costs only itself', (problem, text) => {
    const { packages, problems } = parseReport(reportWith(`[sbom]\nfile /x.json\n${text}\n`)).inventory;
    expect(packages.map(({ name }) => name)).toEqual(['a']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('SBOM /x.json');
    expect(problems[0]).toMatch(
      problem === 'more bytes than' ? /more than|larger|bytes/ : new RegExp(problem),
    );
  });

  it('is one of several, up to a number', () => {
    const one = `[sbom]\nfile /x.json\n${encoded(gzipSync(SBOM))}\n`;
    const { packages, problems } = parseReport(reportWith(one.repeat(11))).inventory;
    expect(packages.map(({ name }) => name)).toEqual(['a', 'org.apache.logging.log4j:log4j-core']);
    expect(problems).toEqual(['11 SBOMs; only the first 10 were read']);
  });
});
