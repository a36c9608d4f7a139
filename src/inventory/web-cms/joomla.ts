import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';

/** Largest manifest read, in bytes. */
export const JOOMLA_MANIFEST_BYTES_MAX = 512 * 1024;

/** Where the manifest of Joomla itself lies, below its folder. */
export const JOOMLA_CORE_MANIFEST = '/administrator/manifests/files/joomla.xml';

const MANIFEST =
  /\/(?:administrator\/components\/(com_[^/]+)\/[^/]+\.xml|modules\/(mod_[^/]+)\/mod_[^/]+\.xml|plugins\/([^/]+)\/([^/]+)\/\4\.xml|templates\/([^/]+)\/templateDetails\.xml|administrator\/manifests\/packages\/(pkg_[^/]+)\.xml)$/;

/** The name of the extension whose manifest may lie at `path`, as Joomla calls it (`com_akeeba`, `plg_system_jce`); undefined for any other file. */
export function joomlaExtensionAt(path: string): string | undefined {
  const [, component, module, group, plugin, template, pack] = MANIFEST.exec(path) ?? [];
  if (group !== undefined) return `plg_${group}_${plugin}`;
  if (template !== undefined) return `tpl_${template}`;
  return component ?? module ?? pack;
}

/** Joomla itself by its manifest; undefined where it is not that. */
export function readJoomlaCore(text: string): FoundApplicationPackage | undefined {
  const version = versionOf(text);
  if (version === '' || !/<(?:extension|install)\s/.test(text)) return undefined;
  return applicationPackage('Packagist', 'joomla/joomla-cms', version);
}

/** An extension by its manifest; undefined for what comes with Joomla itself, which counts as part of it, and for other XML. */
export function readJoomlaExtension(text: string, name: string): FoundApplicationPackage | undefined {
  const isManifest = /<(?:extension|install|mosinstall)\s[^>]{0,500}>/.test(text);
  const isCore = /<author>\s*(?:Joomla! Project|\(?J!\)?)\s*<\/author>/.test(text);
  const version = versionOf(text);
  if (!isManifest || isCore || version === '') return undefined;
  return { ecosystem: 'Joomla', name: name.toLowerCase(), version };
}

function versionOf(text: string): string {
  return /<version>\s*([^<\s]{1,60})\s*<\/version>/.exec(text)?.[1] ?? '';
}
