import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { foundIn, treeOf } from './file-tree.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

async function inWebRoot(files: Readonly<Record<string, string>>): ReturnType<typeof foundIn> {
  const root = treeOf(files);
  roots.push(root);
  return await foundIn(root, { lookIn: ['/var/www'] });
}

describe('content management systems in web roots', () => {
  it('of WordPress: itself, plugins in folders and as files, themes, by the headers that WordPress reads', async () => {
    expect(
      await inWebRoot({
        '/var/www/blog/wp-includes/version.php':
          "<?php\n/**\n * @global string $wp_version\n */\n$wp_version = '5.8.1';\n",
        '/var/www/blog/wp-content/plugins/wp-file-manager/file_folder_manager.php':
          '<?php\n/**\n  Plugin Name: WP File Manager\n  Version:     6.0\n*/\n',
        '/var/www/blog/wp-content/plugins/wp-file-manager/uninstall.php': '<?php // Version: 1 of nothing\n',
        '/var/www/blog/wp-content/plugins/hello.php':
          '<?php\n/*\nPlugin Name: Hello Dolly\nVersion: v1.7.2 */\n',
        '/var/www/blog/wp-content/plugins/index.php': '<?php // Silence is golden.\n',
        '/var/www/blog/wp-content/plugins/bare/bare.php': '<?php /* Plugin Name: Bare */\n',
        '/var/www/blog/wp-content/themes/TwentyTen/style.css':
          '/*\r\nTheme Name: Twenty Ten\r\nVersion: 3.3\r\n*/\r\n',
        '/var/www/bedrock/web/app/mu-plugins/loader/loader.php':
          '<?php /*\n * Plugin Name: Loader\n * Version: 1.0\n */\n',
      }),
    ).toEqual({
      packages: [
        'WordPress plugin/hello-dolly 1.7.2: /var/www/blog/wp-content/plugins/hello.php',
        'WordPress plugin/loader 1.0: /var/www/bedrock/web/app/mu-plugins/loader',
        'WordPress plugin/wp-file-manager 6.0: /var/www/blog/wp-content/plugins/wp-file-manager',
        'WordPress theme/twentyten 3.3: /var/www/blog/wp-content/themes/TwentyTen',
        'WordPress wordpress 5.8.1: /var/www/blog',
      ],
      problems: [
        '1 record left out: plugins and themes of WordPress without a version (first: /var/www/blog/wp-content/plugins/bare/bare.php)',
      ],
    });
  });

  it('of Drupal: core, and projects with the version that Composer would give them; those of Drupal 7 are told', async () => {
    const info = (project: string, version: string): string =>
      `name: X\ntype: module\n\n# Information added by Drupal.org packaging script on 2023-01-01\nversion: '${version}'\nproject: '${project}'\ndatestamp: 1\n`;
    expect(
      await inWebRoot({
        '/var/www/d10/core/lib/Drupal.php': "<?php\nclass Drupal {\n  const VERSION = '10.2.3';\n",
        '/var/www/d10/core/modules/node/node.info.yml': info('drupal', '10.2.3'),
        '/var/www/d10/modules/contrib/token/token.info.yml': info('token', '8.x-1.9'),
        '/var/www/d10/modules/contrib/token/sub/sub.info.yml': info('token', '8.x-1.9'),
        '/var/www/d10/themes/gin/gin.info.yml': info('gin', '8.x-3.0-beta5'),
        '/var/www/d10/modules/webform/webform.info.yml': info('webform', '6.1.3'),
        '/var/www/d10/modules/custom/own.info.yml': 'name: Own\ntype: module\n',
        '/var/www/d7/includes/bootstrap.inc':
          "<?php\ndefine('VERSION', '7.57');\ndefine('DRUPAL_CORE_COMPATIBILITY', '7.x');\n",
        '/var/www/d7/sites/all/modules/views/views.info':
          'name = Views\nversion = "7.x-3.24"\nproject = "views"\n',
      }),
    ).toEqual({
      packages: [
        'Packagist drupal/core 10.2.3: /var/www/d10',
        'Packagist drupal/core 7.57: /var/www/d7',
        'Packagist drupal/gin 3.0.0-beta5: /var/www/d10/themes/gin',
        'Packagist drupal/token 1.9.0: /var/www/d10/modules/contrib/token, /var/www/d10/modules/contrib/token/sub',
        'Packagist drupal/webform 6.1.3: /var/www/d10/modules/webform',
      ],
      problems: [
        '1 record left out: modules and themes of Drupal 7, which no feed tells of (first: /var/www/d7/sites/all/modules/views)',
      ],
    });
  });

  it('of Joomla: itself by its own manifest, extensions by theirs, what it brings left out', async () => {
    const manifest = (type: string, version: string, author = 'Somebody'): string =>
      `<?xml version="1.0"?>\n<extension type="${type}" method="upgrade">\n<name>x</name>\n<author>${author}</author>\n<version>${version}</version>\n</extension>\n`;
    const admin = '/var/www/j/administrator';
    expect(
      await inWebRoot({
        [`${admin}/manifests/files/joomla.xml`]: manifest('file', '4.2.7', 'Joomla! Project'),
        [`${admin}/components/com_content/content.xml`]: manifest('component', '4.0.0', 'Joomla! Project'),
        [`${admin}/components/com_akeeba/akeeba.xml`]: manifest('component', '9.2.0'),
        [`${admin}/components/com_akeeba/access.xml`]: '<access component="com_akeeba"></access>\n',
        '/var/www/j/modules/mod_slider/mod_slider.xml': manifest('module', '1.1'),
        '/var/www/j/plugins/system/jce/jce.xml': manifest('plugin', '2.9.1'),
        '/var/www/j/templates/shop/templateDetails.xml': manifest('template', '1.0.3'),
      }),
    ).toEqual({
      packages: [
        'Joomla com_akeeba 9.2.0: /var/www/j/administrator/components/com_akeeba',
        'Joomla mod_slider 1.1: /var/www/j/modules/mod_slider',
        'Joomla plg_system_jce 2.9.1: /var/www/j/plugins/system/jce',
        'Joomla tpl_shop 1.0.3: /var/www/j/templates/shop',
        'Packagist joomla/joomla-cms 4.2.7: /var/www/j',
      ],
      problems: [],
    });
  });

  it('of Magento 1 and TYPO3', async () => {
    const emconf = (version: string): string =>
      `<?php\n$EM_CONF[$_EXTKEY] = [\n  'title' => 'x',\n  'version' => '${version}',\n];\n`;
    expect(
      await inWebRoot({
        '/var/www/shop/app/Mage.php':
          "<?php\n  static private $_currentEdition = self::EDITION_COMMUNITY;\n  public static function getVersionInfo()\n  {\n    return array('major' => '1', 'minor' => '9',\n 'revision' => '3', 'patch' => '1');\n",
        '/var/www/t3/typo3/sysext/core/ext_emconf.php': emconf('11.5.3'),
        '/var/www/t3/typo3conf/ext/ke_search/ext_emconf.php': emconf('4.0.1'),
        '/var/www/t3/typo3conf/ext/ke_search/composer.json': '{"name": "tpwd/ke_search"}',
        '/var/www/t3/typo3conf/ext/site/ext_emconf.php': emconf('1.0.0'),
      }),
    ).toEqual({
      packages: [
        'Packagist magento/magento1ce 1.9.3.1: /var/www/shop',
        'Packagist tpwd/ke_search 4.0.1: /var/www/t3/typo3conf/ext/ke_search',
        'Packagist typo3/cms-core 11.5.3: /var/www/t3/typo3/sysext/core',
      ],
      problems: [
        '1 record left out: extensions of TYPO3 without a Composer name or version (first: /var/www/t3/typo3conf/ext/site)',
      ],
    });
  });

  it('whose files lie about their versions with hostile text cost only themselves', async () => {
    const long = 'A'.repeat(5_000);
    const { packages, problems } = await inWebRoot({
      '/var/www/a/wp-includes/version.php': `<?php $wp_version = '${long}';`,
      '/var/www/a/wp-content/plugins/x/x.php': `<?php /*\nPlugin Name: X\nVersion: 1.0\u001b[31m\n*/`,
      '/var/www/a/wp-content/plugins/y/y.php': `<?php /*\nPlugin Name: Y\nVersion: ${long}\n*/`,
      '/var/www/a/wp-content/plugins/z/z.php': '<?php /*\nPlugin Name: Z\nVersion: 1.0\n*/',
    });
    expect(packages).toEqual(['WordPress plugin/z 1.0: /var/www/a/wp-content/plugins/z']);
    expect(problems).toHaveLength(2);
    expect(problems.join('')).not.toContain('\u001b');
  });
});

describe('texts made to be slow', () => {
  const blanks = ' '.repeat(200_000);
  const lines = '\n'.repeat(200_000);
  const hostile: Readonly<Record<string, string>> = {
    '/var/www/a/wp-includes/version.php': `${lines}x`,
    '/var/www/a/wp-content/plugins/x/x.php': `Plugin Name: ${blanks}`,
    '/var/www/b/core/lib/Drupal.php': `${lines}const VERSION = ${lines}`,
    '/var/www/b/includes/bootstrap.inc': `DRUPAL_${lines}define(`,
    '/var/www/b/modules/x/x.info.yml': `project:${lines}version:${lines}project${blanks}`,
    '/var/www/c/administrator/manifests/files/joomla.xml': `<extension ${'<extension '.repeat(20_000)}<version>${blanks}`,
    '/var/www/d/app/Mage.php': `function getVersionInfo()${`'major'${' '.repeat(50)}`.repeat(5_000)}`,
    '/var/www/e/typo3/sysext/core/ext_emconf.php': `'version'${blanks}`.repeat(2),
    '/var/www/f/specifications/x.gemspec': `${lines}${blanks}s.name${blanks}`,
  };

  it.each(Object.entries(hostile))(
    '%s ends with a result, not with a machine at work for hours',
    async (path, text) => {
      const { packages } = await inWebRoot({ [path]: text });
      expect(packages).toEqual([]);
    },
  );
});
