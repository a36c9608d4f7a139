/** Where each inventory of the sample fleet comes from. The file names are those of the gathered data (see snapshot/README.md). */
import {
  type ChosenApplication,
  DRUPAL_SITES,
  JAVA_SERVICE,
  OLD_WORDPRESS,
  UPDATED_WORDPRESS,
} from './web-applications.ts';

export interface InventorySource {
  /** Name of the file it becomes, and of the machine in it. */
  readonly name: string;
  /** `vuls`: a host; `sbom` and `trivy`: a container image; `openeuler`: a scan report of a container image; `systeminfo`: its output. */
  readonly from: 'vuls' | 'sbom' | 'trivy' | 'openeuler' | 'systeminfo';
  readonly file: string;
  readonly osRelease: readonly string[];
  /** After the updates that the host's package manager offered. */
  readonly updates?: { readonly restarted: boolean };
  /** Applications besides, which no source tells of. */
  readonly applications?: readonly ChosenApplication[];
  /** The Bitnami component that the image is named after, and the package whose version is the component's. */
  readonly component?: { readonly name: string; readonly statedBy: string };
}

const ALMALINUX_8 = ['ID=almalinux', 'VERSION_ID="8.9"', 'PRETTY_NAME="AlmaLinux 8.9 (Midnight Oncilla)"'];
const ALPINE_310 = ['ID=alpine', 'VERSION_ID="3.10.2"', 'PRETTY_NAME="Alpine Linux v3.10"'];
const ALPINE_315 = ['ID=alpine', 'VERSION_ID="3.15.6"', 'PRETTY_NAME="Alpine Linux v3.15"'];
const AMAZON_2 = ['ID=amzn', 'VERSION_ID="2"', 'PRETTY_NAME="Amazon Linux 2"'];
const CENTOS_7 = ['ID=centos', 'VERSION_ID="7"', 'PRETTY_NAME="CentOS Linux 7 (Core)"'];
const DEBIAN_10 = ['ID=debian', 'VERSION_ID="10"', 'PRETTY_NAME="Debian GNU/Linux 10 (buster)"'];
const DEBIAN_11 = ['ID=debian', 'VERSION_ID="11"', 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"'];
const DEBIAN_8 = ['ID=debian', 'VERSION_ID="8"', 'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"'];
const DEBIAN_9 = ['ID=debian', 'VERSION_ID="9"', 'PRETTY_NAME="Debian GNU/Linux 9 (stretch)"'];
const OPENEULER_2003_SP4 = [
  'ID=openEuler',
  'VERSION="20.03 (LTS-SP4)"',
  'VERSION_ID="20.03"',
  'PRETTY_NAME="openEuler 20.03 (LTS-SP4)"',
];
const OPENEULER_2203_SP3 = [
  'ID=openEuler',
  'VERSION="22.03 (LTS-SP3)"',
  'VERSION_ID="22.03"',
  'PRETTY_NAME="openEuler 22.03 (LTS-SP3)"',
];
const OPENEULER_2403_SP1 = [
  'ID=openEuler',
  'VERSION="24.03 (LTS-SP1)"',
  'VERSION_ID="24.03"',
  'PRETTY_NAME="openEuler 24.03 (LTS-SP1)"',
];
const ORACLE_8 = ['ID=ol', 'VERSION_ID="8.10"', 'PRETTY_NAME="Oracle Linux Server 8.10"'];
const ROCKY_8 = ['ID=rocky', 'VERSION_ID="8.4"', 'PRETTY_NAME="Rocky Linux 8.4 (Green Obsidian)"'];
const SLES_153 = ['ID=sles', 'VERSION_ID="15.3"', 'PRETTY_NAME="SUSE Linux Enterprise Server 15 SP3"'];
const UBUNTU_1804 = ['ID=ubuntu', 'VERSION_ID="18.04"', 'PRETTY_NAME="Ubuntu 18.04.6 LTS"'];
const UBUNTU_2204 = ['ID=ubuntu', 'VERSION_ID="22.04"', 'PRETTY_NAME="Ubuntu 22.04.2 LTS"'];

export const INVENTORY_SOURCES: readonly InventorySource[] = [
  {
    name: 'web-wordpress',
    from: 'vuls',
    file: 'debian_11',
    osRelease: DEBIAN_11,
    applications: OLD_WORDPRESS,
  },
  {
    name: 'web-wordpress-updated',
    from: 'vuls',
    file: 'debian_11',
    osRelease: DEBIAN_11,
    applications: UPDATED_WORDPRESS,
  },
  { name: 'web-drupal', from: 'vuls', file: 'alma_8', osRelease: ALMALINUX_8, applications: DRUPAL_SITES },
  { name: 'app-java', from: 'vuls', file: 'alma_8', osRelease: ALMALINUX_8, applications: JAVA_SERVICE },
  { name: 'almalinux-8.9', from: 'vuls', file: 'alma_8', osRelease: ALMALINUX_8 },
  {
    name: 'almalinux-8.10-not-restarted',
    from: 'vuls',
    file: 'alma_8',
    osRelease: ALMALINUX_8,
    updates: { restarted: false },
  },
  {
    name: 'almalinux-8.10',
    from: 'vuls',
    file: 'alma_8',
    osRelease: ALMALINUX_8,
    updates: { restarted: true },
  },
  { name: 'debian-9', from: 'vuls', file: 'debian_9', osRelease: DEBIAN_9 },
  { name: 'debian-10', from: 'vuls', file: 'debian_10', osRelease: DEBIAN_10 },
  { name: 'debian-11.0', from: 'vuls', file: 'debian_11', osRelease: DEBIAN_11 },
  {
    name: 'debian-11-updated',
    from: 'vuls',
    file: 'debian_11',
    osRelease: DEBIAN_11,
    updates: { restarted: false },
  },
  { name: 'rocky-8', from: 'vuls', file: 'rocky_8', osRelease: ROCKY_8 },
  { name: 'oracle-8', from: 'vuls', file: 'oracle_8', osRelease: ORACLE_8 },
  { name: 'centos-7', from: 'vuls', file: 'centos_7', osRelease: CENTOS_7 },
  { name: 'amazon-2', from: 'vuls', file: 'amazon_2', osRelease: AMAZON_2 },
  { name: 'ubuntu-22.04', from: 'vuls', file: 'ubuntu_2204', osRelease: UBUNTU_2204 },
  { name: 'ubuntu-18.04', from: 'vuls', file: 'ubuntu_1804', osRelease: UBUNTU_1804 },
  {
    name: 'windows-server-2012-r2',
    from: 'systeminfo',
    file: 'srv_2012r2_u1_systeminfo.txt',
    osRelease: [],
  },
  {
    name: 'windows-server-2016',
    from: 'systeminfo',
    file: 'srv_2016_1607_datacenter_en-us_systeminfo.txt',
    osRelease: [],
  },
  {
    name: 'windows-server-2019',
    from: 'systeminfo',
    file: 'srv_2019_rtm_datacenter_en-us_systeminfo.txt',
    osRelease: [],
  },
  { name: 'windows-server-2019-updated', from: 'vuls', file: 'windows_server_2019', osRelease: [] },
  { name: 'windows-server-2022', from: 'systeminfo', file: 'srv_2022_systeminfo.txt', osRelease: [] },
  { name: 'alpine-3.10', from: 'trivy', file: 'alpine-310', osRelease: ALPINE_310 },
  { name: 'debian-10-minimal', from: 'trivy', file: 'debian-buster', osRelease: DEBIAN_10 },
  {
    name: 'bitnami-tomcat',
    from: 'sbom',
    file: 'trivy-bitnami_tomcat',
    osRelease: DEBIAN_11,
    component: { name: 'tomcat', statedBy: 'org.apache.tomcat:tomcat-catalina' },
  },
  {
    name: 'bitnami-jenkins',
    from: 'sbom',
    file: 'trivy-bitnami_jenkins',
    osRelease: DEBIAN_11,
    component: { name: 'jenkins', statedBy: 'org.jenkins-ci.main:jenkins-core' },
  },
  {
    name: 'bitnami-elasticsearch',
    from: 'sbom',
    file: 'trivy-bitnami_elasticsearch',
    osRelease: DEBIAN_11,
    component: { name: 'elasticsearch', statedBy: 'org.elasticsearch:elasticsearch' },
  },
  { name: 'bitnami-wordpress', from: 'sbom', file: 'trivy-bitnami_wordpress', osRelease: DEBIAN_11 },
  { name: 'bitnami-nginx', from: 'sbom', file: 'trivy-bitnami_nginx', osRelease: DEBIAN_11 },
  { name: 'bitnami-redis', from: 'sbom', file: 'trivy-bitnami_redis', osRelease: DEBIAN_11 },
  { name: 'bitnami-postgresql', from: 'sbom', file: 'trivy-bitnami_postgresql', osRelease: DEBIAN_11 },
  { name: 'bitnami-mysql', from: 'sbom', file: 'trivy-bitnami_mysql', osRelease: DEBIAN_11 },
  { name: 'bitnami-apache', from: 'sbom', file: 'trivy-bitnami_apache', osRelease: DEBIAN_11 },
  { name: 'bitnami-node', from: 'sbom', file: 'trivy-bitnami_node', osRelease: DEBIAN_11 },
  { name: 'bitnami-pytorch', from: 'sbom', file: 'trivy-bitnami_pytorch', osRelease: DEBIAN_11 },
  {
    name: 'bitnami-mongodb-sharded',
    from: 'sbom',
    file: 'trivy-bitnami_mongodb-sharded',
    osRelease: DEBIAN_11,
  },
  { name: 'bitnami-nats', from: 'sbom', file: 'trivy-bitnami_nats', osRelease: DEBIAN_11 },
  { name: 'bitnami-phabricator', from: 'sbom', file: 'trivy-bitnami_phabricator', osRelease: DEBIAN_10 },
  { name: 'circleci-python', from: 'sbom', file: 'trivy-circleci_python', osRelease: DEBIAN_11 },
  {
    name: 'conda-ci',
    from: 'sbom',
    file: 'trivy-continuumio_conda-ci-linux-64-python3.7',
    osRelease: DEBIAN_10,
  },
  { name: 'miniconda3', from: 'sbom', file: 'trivy-continuumio_miniconda3', osRelease: DEBIAN_11 },
  { name: 'cloudant-developer', from: 'sbom', file: 'trivy-ibmcom_cloudant-developer', osRelease: CENTOS_7 },
  { name: 'jira-core', from: 'sbom', file: 'trivy-atlassian_jira-core', osRelease: UBUNTU_2204 },
  { name: 'grafana', from: 'sbom', file: 'trivy-grafana_grafana', osRelease: ALPINE_315 },
  { name: 'rancher', from: 'sbom', file: 'trivy-rancher_rancher', osRelease: SLES_153 },
  { name: 'harbor-db', from: 'sbom', file: 'trivy-vmware_harbor-db', osRelease: DEBIAN_8 },
  {
    name: 'openeuler-redis-7.2.4-oe2203sp3',
    from: 'openeuler',
    file: '7.2.4-oe2203sp3',
    osRelease: OPENEULER_2203_SP3,
  },
  {
    name: 'openeuler-redis-7.4.1-oe2203sp3',
    from: 'openeuler',
    file: '7.4.1-oe2203sp3',
    osRelease: OPENEULER_2203_SP3,
  },
  {
    name: 'openeuler-redis-7.4.1-oe2003sp4',
    from: 'openeuler',
    file: '7.4.1-oe2003sp4',
    osRelease: OPENEULER_2003_SP4,
  },
  {
    name: 'openeuler-redis-8.2.1-oe2403sp1',
    from: 'openeuler',
    file: '8.2.1-oe2403sp1',
    osRelease: OPENEULER_2403_SP1,
  },
];
