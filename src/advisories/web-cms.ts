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

/** Vendors of extensions of TYPO3 that advisories name (those whose records in FriendsOfPHP refer to typo3.org). */
const TYPO3_VENDORS: ReadonlySet<string> = new Set([
  'causal',
  'clickstorm',
  'codingms',
  'derhansen',
  'directmailteam',
  'evoweb',
  'fixpunkt',
  'jweiland',
  'nitsan',
  'renolit',
  'sjbr',
  'studiomitte',
  'tomasnorre',
  'tpwd',
]);
/** Extensions whose own name says of which system: `klaviyo/magento2-extension`. */
const NAMED_EXTENSION = /(?:^|[-_])(?:drupal|joomla|magento2?|prestashop|shopware|typo3|wordpress)(?:[-_]|$)/;

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
  if (ecosystem === 'Packagist') {
    const slash = name.indexOf('/');
    const vendor = name.slice(0, slash);
    return (
      CMS_VENDORS.has(vendor) || TYPO3_VENDORS.has(vendor) || NAMED_EXTENSION.test(name.slice(slash + 1))
    );
  }
  return ecosystem === 'Bitnami' && CMS_PRODUCTS.has(name);
}
