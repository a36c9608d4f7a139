/**
 * Windows products as Microsoft names them in its advisories: a system key is `windows:` and such a name. Names are
 * brought into one spelling, because Microsoft's own documents vary in case, blanks and prefix.
 */

/** What an advisory's product name speaks of: an operating system, or a component of one. */
export interface WindowsTarget {
  /** The operating system in the one spelling of `windowsProductName`. */
  readonly product: string;
  /** `Internet Explorer 11`, `Microsoft .NET Framework 3.5 AND 4.8`; empty: the system itself. */
  readonly component: string;
}

/** What a host says of itself, in whatever language. */
export interface WindowsHost {
  /** Whether its name has the word Server, which no language translates. */
  readonly isServer: boolean;
  /** Version as the kernel counts: `10.0.17763`, with or without a fourth part. */
  readonly version: string;
  /** 0 where it has none or does not say. */
  readonly servicePack: number;
  readonly architecture: WindowsArchitecture;
  /** Only where the host says so: a list of updates does not tell. */
  readonly isServerCore?: boolean;
}

export type WindowsArchitecture = 'x86' | 'x64' | 'ARM64' | 'Itanium';

const CORE = ' (Server Core installation)';

/** Each form of a product's name in Microsoft's documents, and the one spelling of it. */
const FORMS: readonly { readonly form: RegExp; readonly spell: (parts: readonly string[]) => string }[] = [
  {
    form: /^windows (10|11)(?: version (\w{4}))? for (32-bit|x64-based|arm64-based) systems$/,
    spell: ([release = '', version = '', bits = '']) =>
      `Windows ${release}${versionPart(release, version)} for ${bitsOf(bits)} Systems`,
  },
  {
    form: /^windows (7|8|8\.1) for (32-bit|x64-based) systems(?: service pack (\d))?$/,
    spell: ([release = '', bits = '', pack = '']) =>
      `Windows ${release} for ${bitsOf(bits)} Systems${packPart(pack)}`,
  },
  { form: /^windows rt( 8\.1)?$/, spell: ([release = '']) => `Windows RT${release}` },
  {
    form: /^windows vista( x64 edition)?(?: service pack (\d))?$/,
    spell: ([x64 = '', pack = '']) => `Windows Vista${x64 && ' x64 Edition'}${packPart(pack)}`,
  },
  {
    form: /^windows xp( professional x64 edition)?(?: service pack (\d))?$/,
    spell: ([x64 = '', pack = '']) => `Windows XP${x64 && ' Professional x64 Edition'}${packPart(pack)}`,
  },
  { form: /^windows 2000(?: service pack (\d))?$/, spell: ([pack = '']) => `Windows 2000${packPart(pack)}` },
  {
    form: /^windows server 2003( r2)?( x64 edition)?( for itanium-based systems)?(?: service pack (\d))?$/,
    spell: ([r2 = '', x64 = '', itanium = '', pack = '']) =>
      `Windows Server 2003${r2 && ' R2'}${x64 && ' x64 Edition'}${itanium && ' for Itanium-based Systems'}${packPart(pack)}`,
  },
  {
    form: /^windows server 2008( r2)? for (32-bit|x64-based|itanium-based) systems(?: service pack (\d))?( \(server core installation\))?$/,
    spell: ([r2 = '', bits = '', pack = '', core = '']) =>
      `Windows Server 2008${r2 && ' R2'} for ${bitsOf(bits)} Systems${packPart(pack)}${core && CORE}`,
  },
  {
    form: /^windows server (20\d\d)( r2)?( \(server core installation\))?$/,
    spell: ([year = '', r2 = '', core = '']) => `Windows Server ${year}${r2 && ' R2'}${core && CORE}`,
  },
  // These were only ever installed without a desktop; some rows leave that out.
  {
    form: /^windows server, version (\w{4})(?: \(server core installation\))?$/,
    spell: ([version = '']) => `Windows Server, version ${version.toUpperCase()}${CORE}`,
  },
  {
    form: /^windows server 2022, 23h2 edition(?: \(server core installation\))?$/,
    spell: () => `Windows Server 2022, 23H2 Edition${CORE}`,
  },
];

/** Longest text looked at, in characters; the longest real names have some 150. */
const NAME_LENGTH_MAX_CHARS = 300;

/** The one spelling of a Windows operating system's name; undefined for any other product. */
export function windowsProductName(text: string): string | undefined {
  if (text.length > NAME_LENGTH_MAX_CHARS) return undefined;
  const plain = text
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/^microsoft /, '');
  if (!plain.startsWith('windows ')) return undefined;
  for (const { form, spell } of FORMS) {
    const parts = form.exec(plain);
    if (parts !== null) return spell(parts.slice(1).map((part: string | undefined) => part ?? ''));
  }
  return undefined;
}

/** What the product name of an advisory speaks of; undefined where that is no Windows and no part of one. */
export function windowsTargetOf(text: string): WindowsTarget | undefined {
  const whole = windowsProductName(text);
  if (whole !== undefined) return { product: whole, component: '' };
  const on = text.length > NAME_LENGTH_MAX_CHARS ? -1 : text.lastIndexOf(' on ');
  if (on <= 0) return undefined;
  const product = windowsProductName(text.slice(on + 4));
  const component = text
    .slice(0, on)
    .replace(/ when installed$/, '')
    .trim();
  return product === undefined ? undefined : { product, component };
}

/** Windows 10 and 11 by build: the version in Microsoft's names (Windows 10 Version 1507 has none). */
const CLIENT_VERSIONS: ReadonlyMap<number, string> = new Map([
  [10_240, ''],
  [10_586, '1511'],
  [14_393, '1607'],
  [15_063, '1703'],
  [16_299, '1709'],
  [17_134, '1803'],
  [17_763, '1809'],
  [18_362, '1903'],
  [18_363, '1909'],
  [19_041, '2004'],
  [19_042, '20H2'],
  [19_043, '21H1'],
  [19_044, '21H2'],
  [19_045, '22H2'],
  [22_000, '21H2'],
  [22_621, '22H2'],
  [22_631, '23H2'],
  [26_100, '24H2'],
  [26_200, '25H2'],
  [28_000, '26H1'],
]);
const WINDOWS_11_BUILD_MIN = 22_000;

/** Windows Server of the 10.0 line by build. */
const SERVERS: ReadonlyMap<number, string> = new Map([
  [14_393, 'Windows Server 2016'],
  [16_299, 'Windows Server, version 1709'],
  [17_134, 'Windows Server, version 1803'],
  [17_763, 'Windows Server 2019'],
  [18_362, 'Windows Server, version 1903'],
  [18_363, 'Windows Server, version 1909'],
  [19_041, 'Windows Server, version 2004'],
  [19_042, 'Windows Server, version 20H2'],
  [20_348, 'Windows Server 2022'],
  [25_398, 'Windows Server 2022, 23H2 Edition'],
  [26_100, 'Windows Server 2025'],
]);

/** The product a host runs, as Microsoft names it; undefined for a version that has no name here. */
export function productOfHost(host: WindowsHost): string | undefined {
  const [major = 0, minor = 0, build = 0] = host.version.split('.').map(Number);
  const name = major === 10 ? modernName(host, build) : olderName(host, `${major}.${minor}`);
  if (name === undefined) return undefined;
  const core = host.isServer && host.isServerCore === true && !name.endsWith(CORE) ? CORE : '';
  return windowsProductName(`${name}${core}`);
}

function modernName(host: WindowsHost, build: number): string | undefined {
  if (host.isServer) return SERVERS.get(build);
  const version = CLIENT_VERSIONS.get(build);
  if (version === undefined) return undefined;
  const release = build >= WINDOWS_11_BUILD_MIN ? '11' : '10';
  return `Windows ${release}${version && ` Version ${version}`} for ${systemsOf(host.architecture)}`;
}

function olderName(host: WindowsHost, version: string): string | undefined {
  const { isServer, architecture, servicePack } = host;
  const pack = packPart(servicePack === 0 ? '' : String(servicePack));
  const isX64 = architecture === 'x64';
  switch (version) {
    case '6.3':
      return isServer ? 'Windows Server 2012 R2' : `Windows 8.1 for ${systemsOf(architecture)}`;
    case '6.2':
      return isServer ? 'Windows Server 2012' : `Windows 8 for ${systemsOf(architecture)}`;
    case '6.1':
      return `Windows ${isServer ? 'Server 2008 R2' : '7'} for ${systemsOf(architecture)}${pack}`;
    case '6.0':
      // Server 2008 was released with what is Service Pack 1 of Vista, and is named without it.
      return isServer
        ? `Windows Server 2008 for ${systemsOf(architecture)}${servicePack >= 2 ? pack : ''}`
        : `Windows Vista${isX64 ? ' x64 Edition' : ''}${pack}`;
    case '5.2':
      if (!isServer) return `Windows XP Professional x64 Edition${pack}`;
      return `Windows Server 2003${isX64 ? ' x64 Edition' : architecture === 'Itanium' ? ' for Itanium-based Systems' : ''}${pack}`;
    case '5.1':
      return `Windows XP${pack}`;
    case '5.0':
      return `Windows 2000${pack}`;
    default:
      return undefined;
  }
}

/** The first release of Windows 11 was named without a version at first. */
function versionPart(release: string, version: string): string {
  if (version === '') return release === '11' ? ' Version 21H2' : '';
  return ` Version ${version.toUpperCase()}`;
}

function packPart(pack: string): string {
  return pack === '' ? '' : ` Service Pack ${pack}`;
}

function bitsOf(text: string): string {
  if (text === 'arm64-based') return 'ARM64-based';
  return text === 'itanium-based' ? 'Itanium-Based' : text;
}

function systemsOf(architecture: WindowsArchitecture): string {
  return `${architecture === 'x86' ? '32-bit' : `${architecture}-based`} Systems`;
}
