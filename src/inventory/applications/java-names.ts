/**
 * The Maven coordinates of an archive that does not carry them: old releases, and builds by other tools than Maven (Spring,
 * Tomcat, drivers). Guessed only where manifest and file name agree on what it is; else it stays unnamed, and is told.
 */

/** What is known of an archive without coordinates. */
export interface UnnamedArchive {
  /** File name without folder: `spring-core-5.3.9.jar`. */
  readonly fileName: string;
  /** Attributes of its manifest, names in lower case. */
  readonly manifest: ReadonlyMap<string, string>;
}

export interface Coordinates {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Groups of artifacts by how their names begin; the longest beginning counts. */
const GROUP_OF_BEGINNING: readonly (readonly [beginning: string, group: string])[] = [
  ['activemq-', 'org.apache.activemq'],
  ['commons-beanutils', 'commons-beanutils'],
  ['commons-codec', 'commons-codec'],
  ['commons-collections4', 'org.apache.commons'],
  ['commons-collections', 'commons-collections'],
  ['commons-compress', 'org.apache.commons'],
  ['commons-configuration2', 'org.apache.commons'],
  ['commons-fileupload', 'commons-fileupload'],
  ['commons-httpclient', 'commons-httpclient'],
  ['commons-io', 'commons-io'],
  ['commons-lang3', 'org.apache.commons'],
  ['commons-text', 'org.apache.commons'],
  ['groovy-', 'org.codehaus.groovy'],
  ['h2', 'com.h2database'],
  ['jackson-core', 'com.fasterxml.jackson.core'],
  ['jackson-databind', 'com.fasterxml.jackson.core'],
  ['jetty-', 'org.eclipse.jetty'],
  ['log4j-1.2', 'log4j'],
  ['log4j-api', 'org.apache.logging.log4j'],
  ['log4j-core', 'org.apache.logging.log4j'],
  ['log4j', 'log4j'],
  ['logback-', 'ch.qos.logback'],
  ['lucene-', 'org.apache.lucene'],
  ['mysql-connector-j', 'com.mysql'],
  ['mysql-connector-java', 'mysql'],
  ['netty-', 'io.netty'],
  ['postgresql', 'org.postgresql'],
  ['shiro-', 'org.apache.shiro'],
  ['snakeyaml', 'org.yaml'],
  ['solr-', 'org.apache.solr'],
  ['spring-boot', 'org.springframework.boot'],
  ['spring-cloud-', 'org.springframework.cloud'],
  ['spring-data-', 'org.springframework.data'],
  ['spring-security-', 'org.springframework.security'],
  ['spring-', 'org.springframework'],
  ['struts2-', 'org.apache.struts'],
  ['tomcat-embed-', 'org.apache.tomcat.embed'],
  ['tomcat-', 'org.apache.tomcat'],
  ['velocity-', 'org.apache.velocity'],
  ['xalan', 'xalan'],
  ['xercesImpl', 'xerces'],
  ['xstream', 'com.thoughtworks.xstream'],
];
/** Archives of Tomcat's `lib` folder bear other names than their artifacts. */
const TOMCAT_ARTIFACTS: ReadonlyMap<string, string> = new Map([
  ['catalina', 'tomcat-catalina'],
  ['catalina-ha', 'tomcat-catalina-ha'],
  ['catalina-tribes', 'tomcat-tribes'],
  ['jasper', 'tomcat-jasper'],
  ['servlet-api', 'tomcat-servlet-api'],
  ['tomcat-coyote', 'tomcat-coyote'],
  ['tomcat-util', 'tomcat-util'],
]);

/** Coordinates of an archive from its manifest and file name; undefined where they do not tell. */
export function guessCoordinates(archive: UnnamedArchive): Coordinates | undefined {
  const { artifact, version: fileVersion } = partsOfFileName(archive.fileName);
  const version = versionOf(archive.manifest, fileVersion);
  if (artifact === '' || version === '') return undefined;
  if (archive.manifest.get('implementation-title') === 'Apache Tomcat') {
    const known = TOMCAT_ARTIFACTS.get(artifact);
    if (known !== undefined) return { group: 'org.apache.tomcat', artifact: known, version };
  }
  const symbolic = (archive.manifest.get('bundle-symbolicname') ?? '').split(';', 1)[0] ?? '';
  const fromSymbolic = symbolic.endsWith(`.${artifact}`)
    ? symbolic.slice(0, symbolic.length - artifact.length - 1)
    : '';
  const group = fromSymbolic || groupOfBeginning(artifact);
  return group === '' ? undefined : { group, artifact, version };
}

/** `spring-core-5.3.9.RELEASE.jar` is `spring-core` and `5.3.9.RELEASE`; a name without a version has none. */
export function partsOfFileName(fileName: string): { readonly artifact: string; readonly version: string } {
  const stem = fileName.replace(/\.[A-Za-z]{1,5}$/, '');
  const at = /-(?=\d)/.exec(stem)?.index;
  if (at === undefined) return { artifact: stem, version: '' };
  return { artifact: stem.slice(0, at), version: stem.slice(at + 1) };
}

function versionOf(manifest: ReadonlyMap<string, string>, fileVersion: string): string {
  const stated = manifest.get('implementation-version') ?? manifest.get('bundle-version') ?? '';
  // Bundles pad theirs to four parts, and some builds put a whole sentence there: the file name is nearer to Maven's.
  const isPlain = /^\d[\w.+-]*$/.test(stated);
  return fileVersion !== '' ? fileVersion : isPlain ? stated : '';
}

function groupOfBeginning(artifact: string): string {
  let longest = '';
  let group = '';
  for (const [beginning, of] of GROUP_OF_BEGINNING) {
    const isIt = beginning.endsWith('-') ? artifact.startsWith(beginning) : artifact === beginning;
    const isBoot = beginning === 'spring-boot' && artifact.startsWith(beginning);
    if ((isIt || isBoot) && beginning.length > longest.length) {
      longest = beginning;
      group = of;
    }
  }
  return group;
}
