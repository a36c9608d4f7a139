import { parseJson } from '../../archive/json-guard.ts';
import { textField } from '../json-fields.ts';
import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';

/** Largest of these files read, in bytes. */
export const CMS_FILE_BYTES_MAX = 512 * 1024;

/** Magento 1 and OpenMage, in `app/Mage.php`: the parts of its version, and its edition; undefined for another file. */
export function readMagento1(text: string): FoundApplicationPackage | undefined {
  const body = /function getVersionInfo\(\)[\s\S]{0,600}/.exec(text)?.[0] ?? '';
  const numbers = ['major', 'minor', 'revision', 'patch'].map((part) => {
    return new RegExp(`'${part}'\\s*=>\\s*'(\\d{1,6})'`).exec(body)?.[1];
  });
  if (numbers[0] === undefined || numbers[1] === undefined) return undefined;
  const version = numbers.filter((number) => number !== undefined).join('.');
  const isEnterprise = /\$_currentEdition\s*=\s*self::EDITION_ENTERPRISE/.test(text);
  return applicationPackage('Packagist', isEnterprise ? 'magento/magento1ee' : 'magento/magento1ce', version);
}

const TYPO3_EXTENSION = /\/typo3\/sysext\/([a-z0-9_]{1,100})\/ext_emconf\.php$/;

/** The Composer name of TYPO3's own extension whose `ext_emconf.php` lies at `path`; undefined for any other file. */
export function typo3PackageAt(path: string): string | undefined {
  const key = TYPO3_EXTENSION.exec(path)?.[1];
  return key === undefined ? undefined : `typo3/cms-${key.replaceAll('_', '-')}`;
}

/** The version in a TYPO3 extension's `ext_emconf.php`; empty where it says none. */
export function typo3VersionIn(text: string): string {
  return /['"]version['"]\s*=>\s*['"]([^'"\s]{1,60})['"]/.exec(text)?.[1] ?? '';
}

/** The name of a Composer package by the `composer.json` in its folder; empty where it says none. */
export function composerNameIn(text: string): string {
  const parsed = parseJson(text);
  return parsed.ok ? textField(parsed.value, 'name') : '';
}
