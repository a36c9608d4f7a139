/**
 * Ecosystems of content management systems that have one of their own; those that are installed by Composer (Drupal,
 * TYPO3, Magento, …) are packages of Packagist, known by their vendors' names.
 */
export const WEB_CMS_ECOSYSTEMS = ['WordPress', 'Joomla'] as const;

/**
 * Names of Composer packages that are a content management or shop system, or an extension that runs only in one. Libraries
 * and frameworks that such systems use (symfony/*, laravel/*, …) are applications like any other.
 */
const CMS_VENDORS: ReadonlySet<string> = new Set([
  'backdrop',
  'bolt',
  'concrete5',
  'contao',
  'craftcms',
  'drupal',
  'ezsystems',
  'flarum',
  'getgrav',
  'getkirby',
  'ibexa',
  'joomla',
  'magento',
  'mage-os',
  'mediawiki',
  'microweber',
  'moodle',
  'neos',
  'october',
  'openmage',
  'phpbb',
  'pimcore',
  'prestashop',
  'shopware',
  'silverstripe',
  'statamic',
  'typo3',
  'wintercms',
]);

/** Products of the ecosystem `Bitnami` that are such systems. */
const CMS_PRODUCTS: ReadonlySet<string> = new Set([
  'drupal',
  'ghost',
  'joomla',
  'magento',
  'mediawiki',
  'moodle',
  'opencart',
  'phpbb',
  'prestashop',
  'wordpress',
]);

/** Whether a package is (part of) a content management system: its vulnerabilities are of the type `web_cms`. */
export function isWebCms(pkg: { readonly ecosystem: string; readonly name: string }): boolean {
  const { ecosystem, name } = pkg;
  if ((WEB_CMS_ECOSYSTEMS as readonly string[]).includes(ecosystem)) return true;
  if (ecosystem === 'Packagist') return CMS_VENDORS.has(name.slice(0, name.indexOf('/')));
  return ecosystem === 'Bitnami' && CMS_PRODUCTS.has(name);
}
