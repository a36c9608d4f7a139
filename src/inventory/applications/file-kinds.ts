import { JOOMLA_CORE_MANIFEST, joomlaExtensionAt } from '../web-cms/joomla.ts';
import { typo3PackageAt } from '../web-cms/other-systems.ts';
import { wordpressExtensionAt } from '../web-cms/wordpress.ts';
import { isJavaArchiveName } from './java-archive.ts';

/** What a file may be by its place: which reader looks into it. */
export type FileKind =
  | 'java'
  | 'python'
  | 'node'
  | 'gem'
  | 'composer'
  | 'node-header'
  | 'wordpress-core'
  | 'wordpress-extension'
  | 'drupal-core'
  | 'old-drupal-core'
  | 'drupal-info'
  | 'joomla-core'
  | 'joomla-extension'
  | 'magento-1'
  | 'typo3'
  | 'typo3-extension'
  | 'program';

const NODE_PACKAGE = /\/node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
const PYTHON_METADATA = /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg\/EGG-INFO\/PKG-INFO)$/;
const DRUPAL_PLACE = /\/(?:modules|themes|profiles)\//;
/** Endings of what no compiler of Go or Rust writes: the many files that need not be looked at. */
const NO_PROGRAM =
  /\.(?:\d?[a-z]?html?|[chm]|cc|cpp|hpp|css|csv|cfg|conf|crt|d|dat|db|deb|el|eot|gif|go|gz|ico|inc|ini|java|jpe?g|js|json|la|lock|log|map|md|mjs|cjs|mo|o|a|pc|pdf|pem|php|pl|pm|png|po|pod|py[cio]?|rb|rlib|rmeta|rpm|rs|rst|scss|sh|sql|svg|tar|tcl|tmpl|toml|tsx?|ttf|txt|typed|vim|wasm|whl|woff2?|xml|xz|ya?ml|zip|zst)$/i;

/** The kind of a file by its path; undefined where nobody has to look into it. `program` only by what it is not called. */
export function kindOfFile(path: string): FileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  switch (name) {
    case 'package.json':
      return NODE_PACKAGE.test(path) ? 'node' : undefined;
    case 'METADATA':
    case 'PKG-INFO':
      return PYTHON_METADATA.test(path) ? 'python' : undefined;
    case 'installed.json':
      return path.endsWith('/vendor/composer/installed.json') ? 'composer' : undefined;
    case 'node_version.h':
      return path.endsWith('/include/node/node_version.h') ? 'node-header' : undefined;
    case 'version.php':
      return path.endsWith('/wp-includes/version.php') ? 'wordpress-core' : undefined;
    case 'Drupal.php':
      return path.endsWith('/core/lib/Drupal.php') ? 'drupal-core' : undefined;
    case 'bootstrap.inc':
      return path.endsWith('/includes/bootstrap.inc') ? 'old-drupal-core' : undefined;
    case 'Mage.php':
      return path.endsWith('/app/Mage.php') ? 'magento-1' : undefined;
    case 'ext_emconf.php':
      return typo3KindOf(path);
  }
  if (isJavaArchiveName(name)) return 'java';
  if (name.endsWith('.egg-info')) return 'python';
  if (name.endsWith('.gemspec')) return path.includes('/specifications/') ? 'gem' : undefined;
  return cmsKindOf(path, name) ?? (NO_PROGRAM.test(name) ? undefined : 'program');
}

function typo3KindOf(path: string): FileKind | undefined {
  if (typo3PackageAt(path) !== undefined) return 'typo3';
  return /\/typo3conf\/ext\/[^/]+\/ext_emconf\.php$/.test(path) ? 'typo3-extension' : undefined;
}

function cmsKindOf(path: string, name: string): FileKind | undefined {
  if (name.endsWith('.info.yml') || name.endsWith('.info')) {
    const isCore = path.includes('/core/modules/') || path.includes('/core/themes/');
    return DRUPAL_PLACE.test(path) && !isCore ? 'drupal-info' : undefined;
  }
  if (name.endsWith('.php') || name === 'style.css') {
    return wordpressExtensionAt(path) === undefined ? undefined : 'wordpress-extension';
  }
  if (!name.endsWith('.xml')) return undefined;
  if (path.endsWith(JOOMLA_CORE_MANIFEST)) return 'joomla-core';
  return joomlaExtensionAt(path) === undefined ? undefined : 'joomla-extension';
}
