import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';

/** Largest of these files read, in bytes. */
export const DRUPAL_FILE_BYTES_MAX = 512 * 1024;

/** The version of Drupal 8 and later, in `core/lib/Drupal.php`; undefined where it says none. */
export function readDrupalCore(text: string): FoundApplicationPackage | undefined {
  const version = /^[ \t]*(?:public )?const VERSION = '([^'\s]{1,60})';/m.exec(text)?.[1];
  return version === undefined ? undefined : applicationPackage('Packagist', 'drupal/core', version);
}

/** The version of Drupal 7 and earlier, in `includes/bootstrap.inc`; undefined where the file is not Drupal's. */
export function readOldDrupalCore(text: string): FoundApplicationPackage | undefined {
  const version = /^[ \t]*define\('VERSION', '([^'\s]{1,60})'\);/m.exec(text)?.[1];
  const isDrupal = text.includes('DRUPAL_');
  return version === undefined || !isDrupal
    ? undefined
    : applicationPackage('Packagist', 'drupal/core', version);
}

/**
 * The project that a `*.info.yml` belongs to, as drupal.org wrote it into what it packed; its modules share one version.
 * Undefined for core's own and for what was not packed there; `old` for a project of Drupal 7, which Composer does not know.
 */
export function readDrupalInfo(text: string): FoundApplicationPackage | 'old' | undefined {
  const project = field(text, PROJECT);
  const version = field(text, VERSION);
  if (project === '' || version === '' || project === 'drupal') return undefined;
  const found = applicationPackage('Packagist', `drupal/${project}`, version);
  if (found.version !== '') return found;
  return /^[5-7]\.x-/.test(version) ? 'old' : undefined;
}

// YAML's and, for Drupal 7, ini's way: `project: 'token'`, `project = "token"`. Only the packaging script writes them so.
const PROJECT = /^project\s*[:=]\s*['"]?([a-z0-9_]{1,200})['"]?\s*$/m;
const VERSION = /^version\s*[:=]\s*['"]?([^'"\s]{1,100})['"]?\s*$/m;

function field(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? '';
}
