/**
 * Java archives: what they are, and what is packed into them, by what Maven left in them (`pom.properties`), else by manifest
 * and file name. Archives in archives (a web application's libraries, a program with all its parts) are looked into as well.
 */
import { basename } from 'node:path';
import { collectStream } from '../../archive/byte-stream.ts';
import { unreadableProblem } from '../../archive/leaves.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from '../../archive/limits.ts';
import { type ArchiveEntry, zipEntries } from '../../archive/zip-entries.ts';
import type { FoundApplicationPackage, PackageList } from '../package-list.ts';
import { MANIFEST_BYTES_MAX, readManifest, readProperties } from './java-manifest.ts';
import { guessCoordinates } from './java-names.ts';

/** Deepest nesting: an enterprise archive with a web application with a library with a shaded one. */
export const JAVA_DEPTH_MAX = 5;
/** Largest archive inside another, in bytes: it is held in memory. */
export const JAVA_INNER_BYTES_MAX = 256 * 1024 ** 2;
/** Most bytes of inner archives that are unpacked in one scan. */
export const JAVA_UNPACKED_BYTES_MAX = 16 * 1024 ** 3;
/** Most entries of one archive; the largest real ones have some 100,000. */
export const JAVA_ENTRIES_MAX = 500_000;

const LIMITS: ArchiveLimits = {
  ...ARCHIVE_LIMITS,
  entriesMax: JAVA_ENTRIES_MAX,
  innerZipBytesMax: JAVA_INNER_BYTES_MAX,
};
const ARCHIVE_NAME = /\.(?:jar|war|ear|sar|rar|par|nar|jpi|hpi)$/i;
const POM_PROPERTIES = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MANIFEST = 'META-INF/MANIFEST.MF';
const TOMCAT_INFO = 'org/apache/catalina/util/ServerInfo.properties';
/** The class without which log4j-core 2 cannot look up over the network, wherever it was packed. */
const LOG4J_LOOKUP = /(?:^|\/)org\/apache\/logging\/log4j\/core\/lookup\/JndiLookup\.class$/;
const LOG4J_CORE = 'org.apache.logging.log4j:log4j-core';

/** Whether a file is a Java archive by its name; its content decides later. */
export function isJavaArchiveName(path: string): boolean {
  return ARCHIVE_NAME.test(path);
}

/** What one scan has unpacked so far, so that all archives together stay within a bound. */
export interface JavaBudget {
  unpackedBytes: number;
}

/** Adds what the archive at `path` is and holds to `list`, each with its place; what cannot be read becomes a problem. */
export async function collectJavaArchive(
  path: string,
  shownPath: string,
  list: PackageList,
  budget: JavaBudget,
): Promise<void> {
  await collectArchive(path, shownPath, 1, { list, budget });
}

interface Collecting {
  readonly list: PackageList;
  readonly budget: JavaBudget;
}

async function collectArchive(
  zip: string | Buffer,
  place: string,
  depth: number,
  to: Collecting,
): Promise<void> {
  const parts = new ArchiveParts();
  try {
    for await (const entry of zipEntries(zip, place, LIMITS, { isWanted: isWantedEntry })) {
      await collectEntry(entry, { place, depth }, parts, to);
    }
  } catch (error) {
    const problem = unreadableProblem(error);
    if (problem === undefined) throw error;
    to.list.addProblem(`${place} ${problem}`);
  }
  for (const found of parts.packages(place)) {
    to.list.addApplicationPackage({ ...found, paths: [place] }, place);
  }
  const unknown = parts.unnamed(place);
  if (unknown !== undefined) to.list.addUnsupported(unknown, place);
}

function isWantedEntry(name: string): boolean {
  return (
    name === MANIFEST ||
    POM_PROPERTIES.test(name) ||
    ARCHIVE_NAME.test(name) ||
    name === TOMCAT_INFO ||
    LOG4J_LOOKUP.test(name)
  );
}

async function collectEntry(
  entry: ArchiveEntry,
  at: { readonly place: string; readonly depth: number },
  parts: ArchiveParts,
  { list, budget }: Collecting,
): Promise<void> {
  const place = `${at.place}!/${entry.name}`;
  if (entry.kind === 'refused') {
    list.addProblem(`${place} ${entry.problem}`);
    return;
  }
  if (LOG4J_LOOKUP.test(entry.name)) {
    parts.hasLog4jLookup = true;
    return;
  }
  try {
    if (!ARCHIVE_NAME.test(entry.name)) {
      const bytes = await collectStream(entry.content, { name: place, bytesMax: MANIFEST_BYTES_MAX });
      parts.add(entry.name, bytes.toString('utf8'));
    } else if (at.depth >= JAVA_DEPTH_MAX) {
      list.addProblem(`${place} is packed more than ${JAVA_DEPTH_MAX} times over and was not looked into`);
    } else if (budget.unpackedBytes > JAVA_UNPACKED_BYTES_MAX) {
      list.addUnsupported(
        `archives past ${JAVA_UNPACKED_BYTES_MAX} unpacked bytes were not looked into`,
        place,
      );
    } else {
      const zip = await collectStream(entry.content, { name: place, bytesMax: JAVA_INNER_BYTES_MAX });
      budget.unpackedBytes += zip.byteLength;
      await collectArchive(zip, place, at.depth + 1, { list, budget });
    }
  } catch (error) {
    list.addProblem(`${place} ${unreadableProblem(error) ?? `cannot be read (${String(error)})`}`);
  }
}

/** What one archive says of itself while it is read. */
class ArchiveParts {
  hasLog4jLookup = false;
  #manifest: ReadonlyMap<string, string> = new Map();
  readonly #poms: ReadonlyMap<string, string>[] = [];
  #tomcat = '';

  add(name: string, text: string): void {
    if (name === MANIFEST) this.#manifest = readManifest(text);
    else if (name === TOMCAT_INFO) this.#tomcat = readProperties(text).get('server.number') ?? '';
    else this.#poms.push(readProperties(text));
  }

  packages(place: string): FoundApplicationPackage[] {
    const found = this.#poms.flatMap((pom) => {
      const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map(
        (key) => pom.get(key) ?? '',
      );
      return group === '' || artifact === '' || version === ''
        ? []
        : [{ ecosystem: 'Maven' as const, name: `${group}:${artifact}`, version: version ?? '' }];
    });
    if (found.length === 0) {
      const guess = guessCoordinates({ fileName: basename(place), manifest: this.#manifest });
      if (guess !== undefined) {
        const { group, artifact, version } = guess;
        found.push({ ecosystem: 'Maven', name: `${group}:${artifact}`, version });
      }
    }
    return [...found, ...this.#products()];
  }

  /** Servers that databases of products know by another name than Maven's. */
  #products(): FoundApplicationPackage[] {
    const products: FoundApplicationPackage[] = [];
    const tomcat = /^\d+\.\d+\.\d+(?:-M\d+)?/.exec(this.#tomcat)?.[0];
    if (tomcat !== undefined) products.push({ ecosystem: 'Bitnami', name: 'tomcat', version: tomcat });
    const jenkins = this.#manifest.get('jenkins-version') ?? '';
    const isCore = this.#manifest.get('main-class') === 'executable.Main';
    if (isCore && /^\d[\d.]*$/.test(jenkins)) {
      products.push({ ecosystem: 'Bitnami', name: 'jenkins', version: jenkins });
    }
    return products;
  }

  /** The kind of what is in the archive and could not be named; undefined where all is. */
  unnamed(place: string): string | undefined {
    const names = this.packages(place).map(({ name }) => name);
    if (this.hasLog4jLookup && !names.includes(LOG4J_CORE)) {
      return `archives with log4j-core of an unknown version in them`;
    }
    return names.length === 0
      ? 'Java archives that say neither by Maven nor by manifest what they are'
      : undefined;
  }
}
