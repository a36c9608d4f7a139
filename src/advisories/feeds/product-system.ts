import { type EcosystemTarget, ecosystemTarget } from './osv-ecosystem.ts';

/**
 * Which system a vendor's product is: by CPE, by the product's name, or by the build tag in the versions of its packages.
 * Everything goes through the table of OSV's ecosystems, so that one distribution has one set of rules however its vendor
 * writes it.
 */

/** What precedes the release in a CPE (vendor:product), and OSV's name of that distribution. */
const CPE_PRODUCTS: ReadonlyMap<string, (release: string) => string> = new Map<
  string,
  (release: string) => string
>([
  ['openeuler:openeuler', (release) => `openEuler:${release}`],
  ['debian:debian_linux', (release) => `Debian:${release}`],
  ['canonical:ubuntu_linux', (release) => `Ubuntu:${release}`],
  ['almalinux:almalinux', (release) => `AlmaLinux:${release}`],
  ['rocky:rocky', (release) => `Rocky Linux:${release}`],
  ['rocky:linux', (release) => `Rocky Linux:${release}`],
  ['resf:rocky_linux', (release) => `Rocky Linux:${release}`],
  ['centos:centos', (release) => `CentOS:${release}`],
  ['oracle:linux', (release) => `Oracle Linux:${release}`],
  ['fedoraproject:fedora', (release) => `Fedora:${release}`],
  ['amazon:linux', (release) => `Amazon:${release}`],
  ['amazon:amazon_linux', (release) => `Amazon:${release}`],
  ['opensuse:leap', (release) => `openSUSE:Leap ${release}`],
  ['opensuse:tumbleweed', () => 'openSUSE:Tumbleweed'],
  ['huawei:euleros', (release) => `EulerOS:${release}`],
  ['huawei:hce', (release) => `Huawei Cloud EulerOS:${release}`],
  ['huawei:hce_os', (release) => `Huawei Cloud EulerOS:${release}`],
  ['huawei:huawei_cloud_euleros', (release) => `Huawei Cloud EulerOS:${release}`],
]);

/**
 * The system that a CPE names (`cpe:/o:redhat:rhel_eus:8.6::baseos`, `cpe:2.3:o:huawei:euleros:2.0:sp9:…`); undefined for
 * any other product.
 */
export function systemOfCpe(cpe: string): EcosystemTarget | undefined {
  const parts = /^cpe:(?:\/[aoh]|2\.3:[aoh]):([^:]+):([^:]+):([^:]*)(?::([^:]*))?(?::([^:]*))?/i.exec(cpe);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  const vendor = parts[1].toLowerCase();
  const product = parts[2].toLowerCase();
  const release = unescaped(parts[3] ?? '');
  const update = unescaped(parts[4] ?? '');
  if (vendor === 'redhat') return targetOf(`Red Hat:${product}:${release}::${unescaped(parts[5] ?? '')}`);
  if (vendor === 'suse' && /^sle[sd]/.test(product)) {
    const pack = /^sp\d+$/i.test(update) ? ` ${update.toUpperCase()}` : '';
    return targetOf(`SUSE:Linux Enterprise Server ${release}${pack}`);
  }
  const ecosystemOf = CPE_PRODUCTS.get(`${vendor}:${product}`);
  const isServicePack = /^sp\d+$/i.test(update) && vendor === 'huawei';
  return ecosystemOf === undefined
    ? undefined
    : targetOf(ecosystemOf(`${release}${isServicePack ? update.toUpperCase() : ''}`));
}

function unescaped(part: string): string {
  return part === '*' || part === '-' ? '' : part.replaceAll(/%3a/gi, ':').replaceAll('\\', '');
}

const PRODUCT_NAMES: readonly (readonly [RegExp, (parts: readonly string[]) => string])[] = [
  [/^openEuler[- ](\d{2}\.\d{2}(?:-[A-Za-z0-9-]+)?)$/i, ([release]) => `openEuler:${release}`],
  [
    /^openEuler (\d{2}\.\d{2}) (LTS)(?: (SP\d+))?$/i,
    (parts) => `openEuler:${parts.filter((part) => part !== '').join('-')}`,
  ],
  [
    /^(?:Huawei Cloud EulerOS|HCE)(?:[ -]?OS)?[ -]?(?:release |V)?(\d+\.\d+)/i,
    ([release]) => `Huawei Cloud EulerOS:${release}`,
  ],
  [
    /^(?:Huawei )?EulerOS (Virtualization )?V?(\d+(?:\.\d+)*) ?(SP\d+)?(?: ?\((x86_64|aarch64)\))?$/i,
    ([virtual, release, pack, arch]) =>
      `EulerOS:${virtual === '' ? '' : 'Virtualization '}${release}${pack}${arch === '' ? '' : `(${arch})`}`,
  ],
  [/^Debian GNU\/Linux (\d+)/, ([release]) => `Debian:${release}`],
  [/^Ubuntu Pro (?:FIPS\S* )(\d{2}\.\d{2})/, ([release]) => `Ubuntu:Pro:FIPS:${release}`],
  [/^Ubuntu (\d{2}\.\d{2})/, ([release]) => `Ubuntu:${release}`],
  [/^AlmaLinux(?: OS)? (\d+)/, ([release]) => `AlmaLinux:${release}`],
  [/^Rocky Linux (\d+)/, ([release]) => `Rocky Linux:${release}`],
  [/^CentOS(?: Linux| Stream)? (\d+)/, ([release]) => `CentOS:${release}`],
  [/^Oracle Linux (\d+)/, ([release]) => `Oracle Linux:${release}`],
  [/^Fedora (?:Linux )?(\d+)/, ([release]) => `Fedora:${release}`],
  [/^Amazon Linux AMI/, () => 'Amazon:1'],
  [/^Amazon Linux (2|20\d{2})/, ([release]) => `Amazon:${release}`],
  [
    /^Red Hat Enterprise Linux (?:\w+ )*?(?:\(v\. ?)?(\d+)\)?$/,
    ([release]) => `Red Hat:enterprise_linux:${release}`,
  ],
  [/^(SUSE Linux .*)$/, ([name]) => `SUSE:${(name ?? '').replace(/^SUSE /, '')}`],
  [/^openSUSE (.*)$/, ([name]) => `openSUSE:${name}`],
];

/** The system that a vendor's product name means (`openEuler-22.03-LTS-SP3`, `Debian GNU/Linux 11`); undefined for any other product. */
export function systemOfProductName(name: string): EcosystemTarget | undefined {
  for (const [form, ecosystemOf] of PRODUCT_NAMES) {
    const parts = form.exec(name);
    if (parts !== null) return targetOf(ecosystemOf(parts.slice(1).map((part) => part ?? '')));
  }
  return undefined;
}

const BUILD_TAGS: readonly (readonly [RegExp, (parts: readonly string[]) => string])[] = [
  [/\.amzn1(?:\.|$)/, () => 'Amazon:1'],
  [/\.amzn(2|20\d{2})(?:\.|$)/, ([release]) => `Amazon:${release}`],
  [/\.fc(\d+)(?:\.|$)/, ([release]) => `Fedora:${release}`],
  [
    /\.hce(\d)(\d)?(?:\.|$)/,
    ([major, minor]) => `Huawei Cloud EulerOS:${major}.${minor === '' ? '0' : minor}`,
  ],
  // r7 and before are shared by several service packs.
  [/\.eulerosv2r(8|9|1\d)(?:\.|$)/, ([pack]) => `EulerOS:2.0SP${pack}`],
  [
    /\.oe(\d{2})(\d{2})(sp\d)?(?:\.|$)/,
    ([year, month, pack]) => `openEuler:${year}.${month}-LTS${pack === '' ? '' : `-${pack?.toUpperCase()}`}`,
  ],
];

/** The system that a package was built for, by the tag in its release (`1.18.amzn1`, `33.oe2203sp3`); undefined where it has none that tells. */
export function systemOfBuildTag(version: string): EcosystemTarget | undefined {
  for (const [form, ecosystemOf] of BUILD_TAGS) {
    const parts = form.exec(version);
    if (parts !== null) return targetOf(ecosystemOf(parts.slice(1).map((part) => part ?? '')));
  }
  return undefined;
}

function targetOf(ecosystem: string): EcosystemTarget | undefined {
  const target = ecosystemTarget(ecosystem, '');
  return typeof target === 'string' ? undefined : target;
}
