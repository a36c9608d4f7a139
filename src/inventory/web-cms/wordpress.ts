import type { FoundApplicationPackage } from '../package-list.ts';

/** How much of a file WordPress itself reads to find its header, in bytes. */
export const WORDPRESS_HEADER_BYTES = 8 * 1024;

/** The version in `wp-includes/version.php`; undefined where it says none. */
export function readWordpressCore(text: string): FoundApplicationPackage | undefined {
  const version = /^[ \t]*\$wp_version[ \t]*=[ \t]*'([^'\s]{1,60})'/m.exec(text)?.[1];
  return version === undefined ? undefined : { ecosystem: 'WordPress', name: 'wordpress', version };
}

/** A plugin's or theme's place below a folder of contents. */
export interface WordpressExtension {
  readonly kind: 'plugin' | 'theme';
  /** The name of its folder, or of its file where it is a file alone: what WordPress.org and advisories call it. */
  readonly slug: string;
  /** Its folder, or that file. */
  readonly path: string;
}

const EXTENSION =
  /\/(?:wp-content|app)\/(?:(?:mu-)?plugins\/(?:([^/]+)\/[^/]+\.php|([^/]+)\.php)|themes\/([^/]+)\/style\.css)$/;

/** Which plugin or theme a file at `path` may be the main file of; undefined for any other. */
export function wordpressExtensionAt(path: string): WordpressExtension | undefined {
  const [, folder, file, theme] = EXTENSION.exec(path) ?? [];
  const ownFolder = path.slice(0, path.lastIndexOf('/'));
  if (folder !== undefined) return { kind: 'plugin', slug: folder, path: ownFolder };
  if (theme !== undefined) return { kind: 'theme', slug: theme, path: ownFolder };
  if (file === undefined || file === 'index') return undefined;
  // The example that WordPress brings is one file with a name of its own.
  return { kind: 'plugin', slug: file === 'hello' ? 'hello-dolly' : file, path };
}

/** The package in a plugin's or theme's main file, by its header; undefined where it is none, `''` as version where it says none. */
export function readWordpressExtension(
  head: string,
  { kind, slug }: WordpressExtension,
): FoundApplicationPackage | undefined {
  const title = headerField(head, kind === 'plugin' ? PLUGIN_NAME : THEME_NAME);
  if (title === '') return undefined;
  return {
    ecosystem: 'WordPress',
    name: `${kind}/${slug.toLowerCase()}`,
    version: headerField(head, VERSION).replace(/^v(?=\d)/i, ''),
  };
}

// As WordPress's get_file_data finds them.
const PLUGIN_NAME = /^(?:[ \t]*<\?php)?[ \t/*#@]*Plugin Name:(.*)$/im;
const THEME_NAME = /^(?:[ \t]*<\?php)?[ \t/*#@]*Theme Name:(.*)$/im;
const VERSION = /^(?:[ \t]*<\?php)?[ \t/*#@]*Version:(.*)$/im;

function headerField(head: string, field: RegExp): string {
  const value = field.exec(head.replaceAll('\r', '\n'))?.[1] ?? '';
  const end = value.search(/\*\/|\?>/);
  return (end < 0 ? value : value.slice(0, end)).trim();
}
