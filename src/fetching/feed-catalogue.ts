/**
 * The feeds that Parapet knows, with the addresses of their publishers. A feed is here only if Parapet reads its format;
 * its terms are its publisher's, to be kept by whoever uses it.
 */
import type { FeedSource } from './feed-source.ts';
import { alpineReleaseFiles, msrcDocuments, pathPerLine } from './listings.ts';

const MIB = 1024 * 1024;
/** The largest of the ecosystems has some 300 MiB. */
const OSV_BYTES_MAX = 2_048 * MIB;
const LIST_BYTES_MAX = 64 * MIB;
const OVAL_BYTES_MAX = 512 * MIB;

const OSV_BASE = 'https://osv-vulnerabilities.storage.googleapis.com';

/** The advisories of an rpm repository. */
function repository(
  name: string,
  url: string,
  facts: Pick<FeedSource, 'publisher' | 'licence' | 'covers' | 'ecosystems'>,
): FeedSource {
  return {
    ...facts,
    name,
    title: `${facts.covers}, advisories of its repository`,
    format: 'updateinfo, with the checksum of the repository',
    files: { kind: 'repository', url },
    bytesMax: OVAL_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  };
}

/** An ecosystem's whole set of records as the OSV project gathers them. */
function osv(
  name: string,
  ecosystem: string,
  facts: Pick<FeedSource, 'publisher' | 'licence' | 'covers' | 'ecosystems'> & {
    readonly isAlternative?: true;
  },
): FeedSource {
  return {
    name: `osv-${name}`,
    title: `${ecosystem} in OSV`,
    format: 'OSV, zip',
    files: { kind: 'file', url: `${OSV_BASE}/${encodeURIComponent(ecosystem)}/all.zip` },
    bytesMax: OSV_BYTES_MAX,
    isOwn: false,
    isAlternative: facts.isAlternative === true,
    publisher: facts.publisher,
    licence: facts.licence,
    covers: facts.covers,
    ecosystems: facts.ecosystems,
  };
}

/** An application ecosystem, whose records come from several databases; each record names its own. */
function osvApplications(ecosystem: string, databases: string, licence = 'CC-BY-4.0'): FeedSource {
  const name = ecosystem.toLowerCase();
  return osv(name, ecosystem, {
    publisher: databases,
    licence,
    covers: `${ecosystem} packages`,
    ecosystems: [ecosystem],
  });
}

const GITHUB = 'GitHub Advisory Database, by OSV';

export const FEED_CATALOGUE: readonly FeedSource[] = [
  {
    name: 'kev',
    title: 'Known exploited vulnerabilities',
    publisher: 'CISA',
    format: 'KEV JSON',
    licence: 'CC0-1.0',
    covers: 'emergency vulnerabilities and priorities, on every system',
    files: {
      kind: 'file',
      url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    },
    ecosystems: ['*'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'epss',
    title: 'Exploit prediction scores',
    publisher: 'FIRST',
    format: 'EPSS CSV, gzip',
    licence: 'free to use, with attribution to FIRST',
    covers: 'priorities, on every system',
    files: { kind: 'file', url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz' },
    ecosystems: ['*'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'debian-dsa',
    title: 'Debian security advisories',
    publisher: 'Debian',
    format: 'DSA list of the security tracker',
    licence: 'MIT',
    covers: 'Debian, all releases',
    files: {
      kind: 'file',
      url: 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DSA/list',
    },
    ecosystems: ['debian:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'debian-dla',
    title: 'Debian LTS advisories',
    publisher: 'Debian LTS',
    format: 'DLA list of the security tracker',
    licence: 'MIT',
    covers: 'Debian, releases in long-term support',
    files: {
      kind: 'file',
      url: 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DLA/list',
    },
    ecosystems: ['debian:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  osv('debian', 'Debian', {
    publisher: 'Debian security tracker, by OSV',
    licence: 'MIT',
    covers: 'Debian, with vulnerabilities that have no advisory',
    ecosystems: ['debian:'],
  }),
  {
    name: 'debian-tracker',
    title: 'Debian security tracker',
    publisher: 'Debian',
    format: 'tracker JSON',
    licence: 'MIT',
    covers: 'Debian: the same as osv-debian, from its source',
    files: { kind: 'file', url: 'https://security-tracker.debian.org/tracker/data/json' },
    ecosystems: ['debian:'],
    bytesMax: OVAL_BYTES_MAX,
    isAlternative: true,
    isOwn: false,
  },
  {
    name: 'ubuntu-usn',
    title: 'Ubuntu security notices',
    publisher: 'Canonical',
    format: 'USN database, bzip2',
    licence: 'CC-BY-SA-4.0',
    covers: 'Ubuntu: the same as osv-ubuntu, from its source',
    files: {
      kind: 'file',
      url: 'https://usn.ubuntu.com/usn-db/database-all.json.bz2',
      sha256Url: 'https://usn.ubuntu.com/usn-db/database-all.json.bz2.sha256',
    },
    ecosystems: ['ubuntu:'],
    bytesMax: OVAL_BYTES_MAX,
    isAlternative: true,
    isOwn: false,
  },
  osv('ubuntu', 'Ubuntu', {
    publisher: 'Canonical',
    licence: 'CC-BY-SA-4.0',
    covers: 'Ubuntu, with ESM and FIPS',
    ecosystems: ['ubuntu:'],
  }),
  {
    name: 'alpine-secdb',
    title: 'Alpine secdb',
    publisher: 'Alpine Linux',
    format: 'secdb JSON',
    licence: 'none stated',
    covers: 'Alpine, all releases since 3.2, main and community',
    files: {
      kind: 'index',
      url: 'https://secdb.alpinelinux.org/',
      isFixed: false,
      list: alpineReleaseFiles,
    },
    ecosystems: ['alpine:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  osv('alpine', 'Alpine', {
    publisher: 'Alpine secdb, by OSV',
    licence: 'CC-BY-SA-4.0',
    covers: 'Alpine: the same as alpine-secdb',
    ecosystems: ['alpine:'],
    isAlternative: true,
  }),
  osv('almalinux', 'AlmaLinux', {
    publisher: 'AlmaLinux',
    licence: 'MIT',
    covers: 'AlmaLinux',
    ecosystems: ['almalinux:'],
  }),
  osv('rocky', 'Rocky Linux', {
    publisher: 'Rocky Linux',
    licence: 'BSD',
    covers: 'Rocky Linux',
    ecosystems: ['rocky:'],
  }),
  osv('redhat', 'Red Hat', {
    publisher: 'Red Hat',
    licence: 'CC-BY-4.0',
    covers: 'Red Hat Enterprise Linux',
    ecosystems: ['rhel:'],
  }),
  {
    name: 'oracle-oval',
    title: 'Oracle Linux errata',
    publisher: 'Oracle',
    format: 'OVAL, bzip2',
    licence: "Oracle's terms",
    covers: 'Oracle Linux',
    files: { kind: 'file', url: 'https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2' },
    ecosystems: ['oracle:'],
    bytesMax: OVAL_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  repository('amazon-2', 'https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list', {
    publisher: 'Amazon',
    licence: "Amazon's terms",
    covers: 'Amazon Linux 2, without extras',
    ecosystems: ['amazon:2'],
  }),
  repository('amazon-2023', 'https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list', {
    publisher: 'Amazon',
    licence: "Amazon's terms",
    covers: 'Amazon Linux 2023',
    ecosystems: ['amazon:2023'],
  }),
  repository('hce-2.0', 'https://repo.huaweicloud.com/hce/2.0/updates/x86_64/', {
    publisher: 'Huawei Cloud',
    licence: "Huawei Cloud's terms",
    covers: 'Huawei Cloud EulerOS 2.0',
    ecosystems: ['hce:2.0'],
  }),
  osv('suse', 'SUSE', {
    publisher: 'SUSE',
    licence: 'CC-BY-4.0',
    covers: 'SUSE Linux Enterprise, SUSE Linux Micro',
    ecosystems: ['sles:', 'sle-micro:', 'sl-micro:'],
  }),
  osv('opensuse', 'openSUSE', {
    publisher: 'openSUSE',
    licence: 'CC-BY-4.0',
    covers: 'openSUSE Leap, Leap Micro, Tumbleweed',
    ecosystems: ['opensuse-leap:', 'opensuse-leap-micro:', 'opensuse-tumbleweed:'],
  }),
  osv('openeuler', 'openEuler', {
    publisher: 'openEuler',
    licence: 'CC-BY-4.0',
    covers: 'openEuler',
    ecosystems: ['openeuler:'],
  }),
  {
    name: 'openeuler-cvrf',
    title: 'openEuler security advisories in CVRF',
    publisher: 'openEuler',
    format: 'CVRF XML, a file an advisory',
    licence: 'CC-BY-4.0',
    covers: 'openEuler: the same as osv-openeuler',
    files: {
      kind: 'index',
      url: 'https://repo.openeuler.org/security/data/cvrf/index.txt',
      isFixed: true,
      list: pathPerLine(/^(?:\d{4}\/)?cvrf-openEuler-SA-\d{4}-\d{1,6}\.xml$/i),
    },
    ecosystems: ['openeuler:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: true,
    isOwn: false,
  },
  {
    name: 'msrc',
    title: 'Security updates of Microsoft',
    publisher: 'Microsoft',
    format: 'CVRF XML, a document a month',
    licence: "Microsoft's terms",
    covers: 'Windows, client and server',
    files: {
      kind: 'index',
      url: 'https://api.msrc.microsoft.com/cvrf/v3.0/updates',
      isFixed: false,
      list: msrcDocuments,
    },
    ecosystems: ['windows:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'wesng',
    title: 'Definitions of WES-NG',
    publisher: 'WES-NG',
    format: 'CSV, zip',
    licence: 'BSD-3-Clause',
    covers: 'Windows: the same as msrc, and updates from before 2016',
    files: {
      kind: 'file',
      url: 'https://raw.githubusercontent.com/bitsadmin/wesng/master/definitions.zip',
    },
    ecosystems: ['windows:'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: true,
    isOwn: false,
  },
  osv('bitnami', 'Bitnami', {
    publisher: 'Bitnami',
    licence: 'Apache-2.0',
    covers: 'server applications as Bitnami packages them',
    ecosystems: ['Bitnami'],
  }),
  osvApplications('npm', GITHUB),
  osvApplications('PyPI', 'Python Packaging Authority and GitHub, by OSV'),
  osvApplications('Maven', GITHUB),
  osvApplications('Go', 'Go vulnerability database and GitHub, by OSV'),
  osvApplications('crates.io', 'RustSec and GitHub, by OSV', 'CC0-1.0, CC-BY-4.0'),
  osvApplications('Packagist', GITHUB),
  osvApplications('RubyGems', GITHUB),
  osvApplications('NuGet', GITHUB),
  {
    name: 'drupal',
    title: 'Drupal security advisories',
    publisher: 'Drupal security team',
    format: 'OSV, tar.gz',
    licence: 'MIT',
    covers: 'Drupal, its modules and themes',
    files: {
      kind: 'file',
      url: 'https://codeload.github.com/DrupalSecurityTeam/drupal-advisory-database/tar.gz/refs/heads/main',
    },
    ecosystems: ['Packagist'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'friends-of-php',
    title: 'PHP security advisories',
    publisher: 'FriendsOfPHP',
    format: 'YAML, tar.gz',
    licence: 'Unlicense',
    covers: 'PHP packages, Joomla and TYPO3 among them',
    files: {
      kind: 'file',
      url: 'https://codeload.github.com/FriendsOfPHP/security-advisories/tar.gz/refs/heads/master',
    },
    ecosystems: ['Packagist'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'nodejs-core',
    title: 'Node.js security releases',
    publisher: 'Node.js security working group',
    format: 'JSON',
    licence: 'MIT',
    covers: 'Node.js itself',
    files: {
      kind: 'file',
      url: 'https://raw.githubusercontent.com/nodejs/security-wg/main/vuln/core/index.json',
    },
    ecosystems: ['Bitnami'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
  {
    name: 'retire-js',
    title: 'Vulnerable JavaScript libraries',
    publisher: 'Retire.js',
    format: 'jsrepository v4',
    licence: 'Apache-2.0',
    covers: 'JavaScript libraries, also those without a package',
    files: {
      kind: 'file',
      url: 'https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/jsrepository-v4.json',
    },
    ecosystems: ['npm'],
    bytesMax: LIST_BYTES_MAX,
    isAlternative: false,
    isOwn: false,
  },
];
