/** From one file that was found to the packages that it tells of, with their place. */
import { dirname } from 'node:path';
import type { FoundApplicationPackage, PackageList } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';
import {
  DRUPAL_FILE_BYTES_MAX,
  readDrupalCore,
  readDrupalInfo,
  readOldDrupalCore,
} from '../web-cms/drupal.ts';
import {
  JOOMLA_MANIFEST_BYTES_MAX,
  joomlaExtensionAt,
  readJoomlaCore,
  readJoomlaExtension,
} from '../web-cms/joomla.ts';
import {
  CMS_FILE_BYTES_MAX,
  composerNameIn,
  readMagento1,
  typo3PackageAt,
  typo3VersionIn,
} from '../web-cms/other-systems.ts';
import {
  readWordpressCore,
  readWordpressExtension,
  WORDPRESS_HEADER_BYTES,
  wordpressExtensionAt,
} from '../web-cms/wordpress.ts';
import { readElf } from './elf.ts';
import type { FileKind } from './file-kinds.ts';
import { closeRegularFile, openRegularFile, readBeginning, readWholeText } from './file-reading.ts';
import { readGoModules } from './go-binary.ts';
import {
  PACKAGE_FILE_BYTES_MAX,
  PACKAGE_LIST_BYTES_MAX,
  type ReadPackages,
  readComposerInstalled,
  readGemspec,
  readNodePackage,
  readNodeVersionHeader,
  readPythonMetadata,
} from './package-files.ts';
import { readRustCrates } from './rust-binary.ts';

/** A file to look into: where it lies, and how that is shown (below another root it is shown without that). */
export interface FoundFile {
  readonly path: string;
  readonly shownPath: string;
}

/** Reads one file that is no Java archive into `list`. What cannot be read becomes a problem; a failing disk throws. */
export function readFoundFile(kind: Exclude<FileKind, 'java'>, file: FoundFile, list: PackageList): void {
  const reader = READERS[kind];
  reader(file, list);
}

type FileReader = (file: FoundFile, list: PackageList) => void;

const READERS: Readonly<Record<Exclude<FileKind, 'java'>, FileReader>> = {
  python: manifestReader(readPythonMetadata, PACKAGE_FILE_BYTES_MAX),
  node: manifestReader(readNodePackage, PACKAGE_FILE_BYTES_MAX),
  gem: manifestReader(readGemspec, PACKAGE_FILE_BYTES_MAX),
  composer: readComposer,
  'node-header': manifestReader(readNodeVersionHeader, PACKAGE_FILE_BYTES_MAX, 3),
  'wordpress-core': manifestReader((text) => listOf(readWordpressCore(text)), CMS_FILE_BYTES_MAX, 2),
  'wordpress-extension': readWordpressFile,
  'drupal-core': manifestReader((text) => listOf(readDrupalCore(text)), DRUPAL_FILE_BYTES_MAX, 3),
  'old-drupal-core': manifestReader((text) => listOf(readOldDrupalCore(text)), DRUPAL_FILE_BYTES_MAX, 2),
  'drupal-info': readDrupalFile,
  'joomla-core': manifestReader((text) => listOf(readJoomlaCore(text)), JOOMLA_MANIFEST_BYTES_MAX, 4),
  'joomla-extension': readJoomlaFile,
  'magento-1': manifestReader((text) => listOf(readMagento1(text)), CMS_FILE_BYTES_MAX, 2),
  typo3: readTypo3File,
  'typo3-extension': readTypo3Extension,
  program: readProgram,
};

function listOf(found: FoundApplicationPackage | undefined): readonly FoundApplicationPackage[] {
  return found === undefined ? [] : [found];
}

/** A reader of a whole text. The place of what it finds is the folder so many levels above the file; 0: the file itself. */
function manifestReader(read: (text: string) => ReadPackages, bytesMax: number, levels = 1): FileReader {
  return (file, list) => {
    const text = textOf(file, bytesMax, list);
    if (text === undefined) return;
    const found = read(text);
    if (typeof found === 'string') list.addProblem(`${file.shownPath} ${found}`);
    else addAll(found, ancestorOf(file.shownPath, levels), list);
  };
}

function textOf(file: FoundFile, bytesMax: number, list: PackageList): string | undefined {
  const text = readWholeText(file.path, bytesMax);
  if (text !== 'too-large') return text;
  list.addProblem(`${file.shownPath} has more than ${bytesMax} bytes and was not read`);
  return undefined;
}

function addAll(found: readonly FoundApplicationPackage[], place: string, list: PackageList): void {
  for (const item of found) list.addApplicationPackage({ ...item, paths: [place] }, place);
}

function ancestorOf(path: string, levels: number): string {
  let place = path;
  for (let level = 0; level < levels; level += 1) place = dirname(place);
  return place;
}

/** Each package of a project lies in a folder of its own below `vendor`. */
function readComposer(file: FoundFile, list: PackageList): void {
  const text = textOf(file, PACKAGE_LIST_BYTES_MAX, list);
  if (text === undefined) return;
  const found = readComposerInstalled(text);
  if (typeof found === 'string') list.addProblem(`${file.shownPath} ${found}`);
  else for (const item of found) addAll([item], `${ancestorOf(file.shownPath, 2)}/${item.name}`, list);
}

function readWordpressFile(file: FoundFile, list: PackageList): void {
  const extension = wordpressExtensionAt(file.shownPath);
  const head = readBeginning(file.path, WORDPRESS_HEADER_BYTES)?.toString('utf8');
  const found =
    extension === undefined || head === undefined ? undefined : readWordpressExtension(head, extension);
  if (found === undefined || extension === undefined) return;
  if (found.version === '')
    list.addUnsupported('plugins and themes of WordPress without a version', file.shownPath);
  else addAll([found], extension.path, list);
}

function readDrupalFile(file: FoundFile, list: PackageList): void {
  const text = textOf(file, DRUPAL_FILE_BYTES_MAX, list);
  const found = text === undefined ? undefined : readDrupalInfo(text);
  if (found === 'old') {
    list.addUnsupported('modules and themes of Drupal 7, which no feed tells of', dirname(file.shownPath));
  } else if (found !== undefined) addAll([found], dirname(file.shownPath), list);
}

function readJoomlaFile(file: FoundFile, list: PackageList): void {
  const name = joomlaExtensionAt(file.shownPath);
  const text = name === undefined ? undefined : textOf(file, JOOMLA_MANIFEST_BYTES_MAX, list);
  if (text === undefined || name === undefined) return;
  addAll(listOf(readJoomlaExtension(text, name)), dirname(file.shownPath), list);
}

function readTypo3File(file: FoundFile, list: PackageList): void {
  const name = typo3PackageAt(file.shownPath);
  const text = textOf(file, CMS_FILE_BYTES_MAX, list);
  const version = text === undefined ? '' : typo3VersionIn(text);
  if (name !== undefined && version !== '') {
    addAll([applicationPackage('Packagist', name, version)], dirname(file.shownPath), list);
  }
}

/** An extension says its version in one file and its Composer name, by which advisories go, in another. */
function readTypo3Extension(file: FoundFile, list: PackageList): void {
  const text = textOf(file, CMS_FILE_BYTES_MAX, list);
  const composer = readWholeText(`${dirname(file.path)}/composer.json`, CMS_FILE_BYTES_MAX);
  const name = composer === undefined || composer === 'too-large' ? '' : composerNameIn(composer);
  const version = text === undefined ? '' : typo3VersionIn(text);
  if (name === '' || version === '') {
    list.addUnsupported('extensions of TYPO3 without a Composer name or version', dirname(file.shownPath));
  } else addAll([applicationPackage('Packagist', name, version)], dirname(file.shownPath), list);
}

function readProgram(file: FoundFile, list: PackageList): void {
  const opened = openRegularFile(file.path);
  if (opened === undefined) return;
  try {
    const elf = readElf(opened);
    if (elf === undefined) return;
    addAll(readGoModules(opened, elf) ?? [], file.shownPath, list);
    const crates = readRustCrates(opened, elf);
    if (crates === 'broken') list.addProblem(`${file.shownPath} has a list of crates that cannot be read`);
    else addAll(crates ?? [], file.shownPath, list);
  } finally {
    closeRegularFile(opened);
  }
}
