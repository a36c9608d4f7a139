import { join } from 'node:path';
import { isJsonObject, type JsonObject, objectField, stringField } from '../src/archive/json-guard.ts';
import { APPLICATION_ECOSYSTEMS, type Package } from '../src/inventory/package.ts';
import { applicationPackage } from '../src/inventory/purl.ts';
import type { System } from '../src/inventory/system.ts';
import { isWellFormed } from '../src/versions/compare.ts';
import { schemeOf } from '../src/versions/scheme-of-ecosystem.ts';
import { ENTERPRISE_LINUX, type ImageFacts, systemOfImage, versionsKnown } from './image-system.ts';
import { judgeTruth } from './judge-truths.ts';
import type { KnownPackages } from './known-packages.ts';
import type { AdvisoryLibrary } from './library.ts';
import { jsonLines, textsUnder } from './texts.ts';
import type { Findings, JudgedCase, Truth } from './truth.ts';

const SOURCE = 'match-labels';

interface Label {
  readonly image: string;
  readonly name: string;
  readonly version: string;
  /** Ids of the problem: as the tool named it, and the CVE. */
  readonly about: readonly string[];
  readonly label: string;
  /** Whether its author says that the package is another one than name and version tell. */
  readonly isMisnamed: boolean;
}

/** `Not really the handlebars npm package, but rather a vscode extension`, `The package actually present is the RPM …`. */
const MISNAMED =
  /not (?:really|actually|the) |actual(?:ly)? (?:package|present)|(?:package present|this) is really/i;

/** Matches labelled by people: an image, a package and a vulnerability, each a true or a false positive of some scanner. */
export async function judgeMatchLabels(
  data: string,
  library: AdvisoryLibrary,
  known: KnownPackages,
  findings: Findings,
): Promise<void> {
  const byImage = new Map<string, Label[]>();
  for await (const { text } of textsUnder(join(data, 'ground-truth', SOURCE))) {
    for (const value of jsonLines(text)) {
      if (!isJsonObject(value)) continue;
      const label = labelOf(value);
      const held = byImage.get(label.image);
      if (held === undefined) byImage.set(label.image, [label]);
      else held.push(label);
    }
  }
  for (const [image, labels] of byImage) judgeImage(image, labels, { library, known, findings });
}

function labelOf(value: JsonObject): Label {
  const image = objectField(value, 'image') ?? {};
  const pkg = objectField(value, 'package') ?? {};
  const ids = [stringField(value, 'effective_cve'), stringField(value, 'vulnerability_id')];
  return {
    image: stringField(image, 'exact'),
    name: stringField(pkg, 'name'),
    version: stringField(pkg, 'version'),
    about: [...new Set(ids.filter((id) => id !== ''))],
    label: stringField(value, 'label'),
    isMisnamed: MISNAMED.test(stringField(value, 'note')),
  };
}

interface Image {
  /** Or why it cannot be told. */
  readonly system: System | string;
  readonly packages: ImageFacts['packages'];
}

interface Parts {
  readonly library: AdvisoryLibrary;
  readonly known: KnownPackages;
  readonly findings: Findings;
}

function judgeImage(image: string, labels: readonly Label[], parts: Parts): void {
  const { library, known, findings } = parts;
  const facts = factsOf(image, labels);
  const own = { system: systemOfImage(facts, known, library), packages: facts.packages };
  const misnamed = new Set(labels.filter(({ isMisnamed }) => isMisnamed).map(packageKey));
  for (const group of sameMatches(labels)) {
    const [first] = group;
    if (first === undefined) continue;
    const words = new Set(group.map(({ label }) => label));
    if (words.has('??')) findings.leaveOut(SOURCE, 'labelled as not clear', group.length);
    else if (misnamed.has(packageKey(first))) {
      findings.leaveOut(SOURCE, 'labelled as another package than its name tells', group.length);
    } else if (words.size > 1) findings.leaveOut(SOURCE, 'labelled both ways', group.length);
    else {
      findings.leaveOut(SOURCE, 'the same label again', group.length - 1);
      const judged = judgeLabel(first, own, parts);
      if (typeof judged === 'string') findings.leaveOut(SOURCE, judged);
      else findings.addCase(judged);
    }
  }
}

function factsOf(image: string, labels: readonly Label[]): ImageFacts {
  const packages = new Map(labels.map(({ name, version }) => [`${name} ${version}`, { name, version }]));
  const idPrefixes = new Set(labels.flatMap(({ about }) => about.map((id) => /^[A-Z]+/.exec(id)?.[0] ?? '')));
  return { image, packages: [...packages.values()], idPrefixes };
}

function packageKey({ name, version }: Label): string {
  return `${name}\n${version}`;
}

/** Labels of one package and problem, each group together. */
function sameMatches(labels: readonly Label[]): Iterable<readonly Label[]> {
  const groups = new Map<string, Label[]>();
  for (const label of labels) {
    const key = [label.name, label.version, label.about[0]].join('\n');
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [label]);
    else held.push(label);
  }
  return groups.values();
}

/** The verdict, or why there is none. A label does not say whose package it is: that of the system is asked first. */
function judgeLabel(label: Label, own: Image, parts: Parts): JudgedCase | string {
  const { system } = own;
  const { library, known } = parts;
  const { image, about, name, version } = label;
  const common = { source: SOURCE, subject: image, about, isAffected: label.label === 'TP' };
  let ofSystem: Package | undefined;
  const attempts: Truth[] = [];
  if (typeof system !== 'string' && hasFormOf(system, label, library)) {
    ofSystem = systemPackage(label, system, known);
    attempts.push({ ...common, kind: 'linux_vul', pkg: ofSystem });
  }
  for (const ecosystem of APPLICATION_ECOSYSTEMS) {
    // Records of Bitnami's builds are about those builds, not about every package of their names.
    if (ecosystem === 'Bitnami' && !image.includes('bitnami')) continue;
    const scheme = schemeOf(ecosystem);
    if (scheme === undefined || !isWellFormed(scheme, version)) continue;
    const pkg = { ...applicationPackage(ecosystem, name, version), arch: '', module: '', origin: '' };
    attempts.push({ ...common, kind: 'app_vul', pkg: { ...pkg, source: pkg.name, sourceVersion: version } });
  }
  for (const truth of attempts) {
    const judged = judgeTruth(truth, library);
    if (judged === undefined) continue;
    if (truth.kind === 'app_vul' && isFromSystem(label, own, parts)) {
      return 'an application package that a package of the system brought, so that its advisories decide';
    }
    return judged;
  }
  if (typeof system === 'string') return system;
  if (library.recordsOf(system.key).size === 0) return `no advisories for ${system.key}`;
  return ofSystem !== undefined
    ? `no record of ${system.key} names the vulnerability for the package`
    : 'no record of an application names the vulnerability for the package';
}

/**
 * `urllib3` 1.24.2 where the system has a `python3-urllib3` 1.24.2-5.el8: the same thing, patched by the distribution.
 * A label does not tell who owns a file, so the image's own packages are asked, and which versions its release has.
 */
function isFromSystem(
  { name, version }: Label,
  { system, packages }: Image,
  { library, known }: Parts,
): boolean {
  const plain = name.toLowerCase().replace(/^py(?=[a-z])/, '');
  const isSame = (other: string): boolean => {
    const upstream = other
      .replace(/^\d+:/, '')
      .replace(/-[^-]*$/, '')
      .replace(/[+~](?:dfsg|ds|repack).*$/, '');
    return other !== version && upstream === version;
  };
  if (packages.some((other) => other.name.toLowerCase().endsWith(plain) && isSame(other.version)))
    return true;
  if (typeof system === 'string') return false;
  const names = [
    plain,
    `python-${plain}`,
    `python3-${plain}`,
    `ruby-${plain}`,
    `rubygem-${plain}`,
    `node-${plain}`,
  ];
  return systemsLike(system, library, known).some((key) =>
    names.some((one) => versionsKnown(key, one, library, known).some(isSame)),
  );
}

/** The system, or every rebuild of its release where it is not known which one it is. */
function systemsLike(system: System, library: AdvisoryLibrary, known: KnownPackages): readonly string[] {
  if (system.family !== ENTERPRISE_LINUX && system.family !== 'rhel') return [system.key];
  const keys = new Set([...library.ecosystems(), ...known.systems()]);
  const rebuilds = new Set(['rhel', 'centos', 'almalinux', 'rocky', 'oracle']);
  return [...keys].filter((key) => {
    const [family = '', release] = key.split(':');
    return rebuilds.has(family) && release === system.release;
  });
}

/** Whether the version looks like one of the system's packages. Images have binaries outside the package manager too. */
function hasFormOf(system: System, { name, version }: Label, library: AdvisoryLibrary): boolean {
  const scheme = schemeOf(system.key);
  if (scheme === 'rpm') return /^[^-]+-[^-]+$/.test(version);
  if (scheme === 'apk') return /-r\d+$/.test(version);
  if (version.includes('-')) return true;
  // A native package of Debian has no revision: then no fix of it has one.
  const fixes = (library.recordsOf(system.key).get(name) ?? []).flatMap(({ affected }) => affected.ranges);
  return fixes.every(({ fixed }) => !fixed.includes('-'));
}

function systemPackage({ name, version }: Label, system: System, known: KnownPackages): Package {
  const bare = version.replace(/^0:/, '');
  return {
    ecosystem: system.key,
    name,
    version: bare,
    arch: '',
    source: known.sourceOf(system.family, name),
    sourceVersion: bare.replace(/\+b\d+$/, ''),
    module: '',
    origin: '',
  };
}
