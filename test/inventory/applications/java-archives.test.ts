import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { zipOf } from '../../archive/zip.ts';
import { foundIn, treeOf } from './file-tree.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

type Entries = Readonly<Record<string, string | Buffer>>;

function jar(entries: Entries): Buffer {
  return zipOf(Object.entries(entries).map(([name, content]) => ({ name, content: Buffer.from(content) })));
}

function pom(group: string, artifact: string, version: string): Entries {
  const path = `META-INF/maven/${group}/${artifact}/pom.properties`;
  return { [path]: `#Generated\nversion=${version}\ngroupId=${group}\nartifactId=${artifact}\n` };
}

async function inArchives(files: Entries): ReturnType<typeof foundIn> {
  const root = treeOf(files);
  roots.push(root);
  return await foundIn(root);
}

const LOG4J = jar({
  ...pom('org.apache.logging.log4j', 'log4j-core', '2.14.1'),
  'org/apache/logging/log4j/core/lookup/JndiLookup.class': 'class',
});

describe('Java archives', () => {
  it('are known by what Maven left in them, shaded ones by all of it', async () => {
    const shaded = jar({
      ...pom('com.example', 'app', '1.0'),
      ...pom('commons-io', 'commons-io', '2.6'),
      'com/example/App.class': 'class',
    });
    expect(await inArchives({ '/opt/shop/app.jar': shaded, '/opt/shop/lib/log4j-core.jar': LOG4J })).toEqual({
      packages: [
        'Maven com.example:app 1.0: /opt/shop/app.jar',
        'Maven commons-io:commons-io 2.6: /opt/shop/app.jar',
        'Maven org.apache.logging.log4j:log4j-core 2.14.1: /opt/shop/lib/log4j-core.jar',
      ],
      problems: [],
    });
  });

  it('are looked into inside one another, each place told', async () => {
    const war = jar({ ...pom('com.example', 'web', '2.0'), 'WEB-INF/lib/log4j-core-2.14.1.jar': LOG4J });
    const ear = jar({ 'web.war': war, 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n' });
    const { packages } = await inArchives({ '/srv/a/shop.ear': ear, '/srv/b/log4j-core-2.14.1.jar': LOG4J });
    expect(packages).toEqual([
      'Maven com.example:web 2.0: /srv/a/shop.ear!/web.war',
      'Maven org.apache.logging.log4j:log4j-core 2.14.1: /srv/a/shop.ear!/web.war!/WEB-INF/lib/log4j-core-2.14.1.jar, /srv/b/log4j-core-2.14.1.jar',
    ]);
  });

  it('are known by manifest and file name where Maven left nothing', async () => {
    const spring =
      'Manifest-Version: 1.0\r\nImplementation-Title: spring-core\r\nImplementation-Version: 5.3.9\r\n';
    const jackson =
      'Bundle-SymbolicName: com.fasterxml.jackson.core.jackson-data\n bind;singleton:=true\nBundle-Version: 2.9.8\n';
    const { packages, problems } = await inArchives({
      '/opt/spring-core-5.3.9.jar': jar({ 'META-INF/MANIFEST.MF': spring }),
      '/opt/jackson-databind.jar': jar({ 'META-INF/MANIFEST.MF': jackson }),
      '/opt/log4j-1.2.17.jar': jar({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n' }),
      '/opt/mystery.jar': jar({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n' }),
    });
    expect(packages).toEqual([
      'Maven com.fasterxml.jackson.core:jackson-databind 2.9.8: /opt/jackson-databind.jar',
      'Maven log4j:log4j 1.2.17: /opt/log4j-1.2.17.jar',
      'Maven org.springframework:spring-core 5.3.9: /opt/spring-core-5.3.9.jar',
    ]);
    expect(problems).toEqual([
      '1 record left out: Java archives that say neither by Maven nor by manifest what they are (first: /opt/mystery.jar)',
    ]);
  });

  it('tell Tomcat as Maven and as the databases of products call it', async () => {
    const catalina = jar({
      'META-INF/MANIFEST.MF': 'Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.85\n',
      'org/apache/catalina/util/ServerInfo.properties':
        'server.info=Apache Tomcat/9.0.85\nserver.number=9.0.85.0\n',
    });
    expect((await inArchives({ '/opt/tomcat/lib/catalina.jar': catalina })).packages).toEqual([
      'Bitnami tomcat 9.0.85: /opt/tomcat/lib/catalina.jar',
      'Maven org.apache.tomcat:tomcat-catalina 9.0.85: /opt/tomcat/lib/catalina.jar',
    ]);
  });

  it('tell where log4j is packed in without its version', async () => {
    const fat = jar({
      ...pom('com.example', 'app', '1.0'),
      'shaded/org/apache/logging/log4j/core/lookup/JndiLookup.class': 'class',
    });
    expect((await inArchives({ '/opt/fat.jar': fat })).problems).toEqual([
      '1 record left out: archives with log4j-core of an unknown version in them (first: /opt/fat.jar)',
    ]);
  });

  it('that are broken, too deep or bombs cost only themselves', async () => {
    let nested = LOG4J;
    for (let depth = 0; depth < 7; depth += 1) nested = jar({ 'inner.jar': nested });
    const bomb = jar({ 'META-INF/MANIFEST.MF': Buffer.alloc(80 * 1024 ** 2) });
    const { packages, problems } = await inArchives({
      '/opt/a-broken.jar': Buffer.from('PK\x03\x04 no zip'),
      '/opt/b-deep.jar': nested,
      '/opt/c-bomb.jar': bomb,
      '/opt/d-empty.jar': '',
      '/opt/good.jar': LOG4J,
    });
    expect(packages).toEqual(['Maven org.apache.logging.log4j:log4j-core 2.14.1: /opt/good.jar']);
    const all = problems.join('\n');
    expect(all).toContain('/opt/a-broken.jar is a broken zip');
    expect(all).toContain('is packed more than 5 times over');
    expect(all).toMatch(/c-bomb\.jar.*decompression bomb/);
  });

  it('with hostile names are shown without control characters, and their entries never become paths', async () => {
    const hostile = jar({ '../../etc/evil.jar': LOG4J, 'WEB-INF/lib/a\u0007.jar': LOG4J });
    const { packages, problems } = await inArchives({ '/opt/x.war': hostile });
    expect(packages).toEqual([]);
    expect(problems.every((problem) => !/[\u0000-\u001f]/.test(problem))).toBe(true);
    expect(problems.join('\n')).toContain('points outside the archive');
  });
});
