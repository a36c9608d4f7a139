/**
 * Applications of the sample fleet's web and application servers. No inventory of such a server was to be had, so these are
 * released versions chosen for the demo, upon the packages of a real machine: snapshot/README.md says so.
 */
import type { InstalledPackage } from '../../src/inventory/package.ts';

/** Ecosystem, name, version and place. */
export type ChosenApplication = readonly [ecosystem: string, name: string, version: string, path: string];

const BLOG = '/var/www/blog';
const PLUGINS = `${BLOG}/wp-content/plugins`;

/** A WordPress that was left alone for some years: its file manager is one of those in the known-exploited catalogue. */
export const OLD_WORDPRESS: readonly ChosenApplication[] = [
  ['WordPress', 'wordpress', '5.8.1', BLOG],
  ['WordPress', 'plugin/wp-file-manager', '6.0', `${PLUGINS}/wp-file-manager`],
  ['WordPress', 'plugin/contact-form-7', '5.3.1', `${PLUGINS}/contact-form-7`],
  ['WordPress', 'plugin/elementor', '3.11.6', `${PLUGINS}/elementor`],
  ['WordPress', 'plugin/duplicator', '1.3.26', `${PLUGINS}/duplicator`],
  ['WordPress', 'plugin/wordpress-seo', '20.0', `${PLUGINS}/wordpress-seo`],
  ['WordPress', 'theme/astra', '3.9.0', `${BLOG}/wp-content/themes/astra`],
];

/** The same after its plugins, but not WordPress itself, were updated. */
export const UPDATED_WORDPRESS: readonly ChosenApplication[] = [
  ['WordPress', 'wordpress', '5.8.1', BLOG],
  ['WordPress', 'plugin/wp-file-manager', '8.0.2', `${PLUGINS}/wp-file-manager`],
  ['WordPress', 'plugin/contact-form-7', '6.1', `${PLUGINS}/contact-form-7`],
  ['WordPress', 'plugin/duplicator', '1.5.12', `${PLUGINS}/duplicator`],
  ['WordPress', 'plugin/wordpress-seo', '25.5', `${PLUGINS}/wordpress-seo`],
  ['WordPress', 'theme/astra', '4.11.5', `${BLOG}/wp-content/themes/astra`],
];

/** Two sites on one server: a Drupal 9 with modules, and a Drupal 7 that nobody dares to touch. */
export const DRUPAL_SITES: readonly ChosenApplication[] = [
  ['Packagist', 'drupal/core', '9.5.3', '/var/www/intranet'],
  ['Packagist', 'drupal/webform', '6.0.0', '/var/www/intranet/modules/contrib/webform'],
  ['Packagist', 'drupal/svg_formatter', '1.14.0', '/var/www/intranet/modules/contrib/svg_formatter'],
  ['Packagist', 'symfony/http-kernel', '4.4.40', '/var/www/intranet/vendor/symfony/http-kernel'],
  ['Packagist', 'twig/twig', '2.14.11', '/var/www/intranet/vendor/twig/twig'],
  ['Packagist', 'drupal/core', '7.57', '/var/www/archive'],
];

/** A shop's back end: a Java server with two copies of one library, one of them in a web application. */
export const JAVA_SERVICE: readonly ChosenApplication[] = [
  ['Bitnami', 'tomcat', '9.0.85', '/opt/tomcat/lib/catalina.jar'],
  ['Maven', 'org.apache.tomcat:tomcat-catalina', '9.0.85', '/opt/tomcat/lib/catalina.jar'],
  ['Maven', 'org.apache.logging.log4j:log4j-core', '2.14.1', '/opt/batch/lib/log4j-core-2.14.1.jar'],
  [
    'Maven',
    'org.apache.logging.log4j:log4j-core',
    '2.14.1',
    '/opt/tomcat/webapps/orders.war!/WEB-INF/lib/log4j-core-2.14.1.jar',
  ],
  ['PyPI', 'django', '3.2.12', '/opt/report/venv/lib/python3.9/site-packages/Django-3.2.12.dist-info'],
];

/** The applications as installed packages; one in several places is one package. */
export function installedApplications(chosen: readonly ChosenApplication[]): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  for (const [ecosystem, name, version, path] of chosen) {
    const key = `${ecosystem} ${name} ${version}`;
    const held = found.get(key);
    const paths = [...(held?.paths ?? []), path];
    const same = { arch: '', source: name, sourceVersion: version, module: '', origin: '' };
    found.set(key, { ecosystem, name, version, ...same, paths });
  }
  return [...found.values()];
}
