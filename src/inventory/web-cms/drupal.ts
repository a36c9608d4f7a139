import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';

/** Largest of these files read, in bytes. */
export const DRUPAL_FILE_BYTES_MAX = 512 * 1024;

/** The version of Drupal 8 and later, in `core/lib/Drupal.php`; undefined where it says none. */
export function readDrupalCore(text: string): FoundApplicationPackage | undefined {
  const version = /^\s*(?:public )?const VERSION = '([^'\s]{1,60})';/m.exec(text)?.[1];
  return version === undefined ? undefined : applicationPackage('Packagist', 'drupal/core', version);
}

/** The version of Drupal 7 and earlier, in `includes/bootstrap.inc`; undefined where the file is not Drupal's. */
export function readOldDrupalCore(text: string): FoundApplicationPackage | undefined {
  const version = /^\s*define\('VERSION', '([^'\s]{1,60})'\);/m.exec(text)?.[1];
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
  const composerVersion = composerVersionOf(version);
  return composerVersion === 'old'
    ? 'old'
    : applicationPackage('Packagist', `drupal/${project}`, composerVersion);
}

// YAML's and, for Drupal 7, ini's way: `project: 'token'`, `project = "token"`. Only the packaging script writes them so.
const PROJECT = /^project\s*[:=]\s*['"]?([a-z0-9_]{1,200})['"]?\s*$/m;
const VERSION = /^version\s*[:=]\s*['"]?([^'"\s]{1,100})['"]?\s*$/m;

function field(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? '';
}

/** `8.x-1.13` is 1.13.0 to Composer, `8.x-2.0-beta3` is 2.0.0-beta3; later ones count as Composer does. */
function composerVersionOf(version: string): string | 'old' {
  const [, core = '', rest = ''] = /^(\d+)\.x-(.+)$/.exec(version) ?? [];
  if (core === '') return version;
  if (Number(core) < 8) return 'old';
  const [, numbers = '', suffix = ''] = /^(\d+\.\d+)(-.+)?$/.exec(rest) ?? [];
  return numbers === '' ? rest : `${numbers}.0${suffix}`;
}
