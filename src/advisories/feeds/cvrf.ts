import {
  childOf,
  childrenOf,
  childText,
  descendantsOf,
  type XmlElement,
} from '../../archive/xml-elements.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, idProblem, timeOf, webAddress } from '../record-text.ts';
import { parseRpmFileName } from '../rpm-file-name.ts';
import { affectedByRpms, type RpmFix } from '../rpm-fixes.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';
import { severitiesOfVectors } from './cvss-vector.ts';
import type { EcosystemTarget } from './osv-ecosystem.ts';
import { systemOfBuildTag, systemOfCpe, systemOfProductName } from './product-system.ts';

/** The scope of security advisories in CVRF 1.1 (openEuler, Huawei Cloud EulerOS, SUSE, Red Hat until 2023): they add or replace by id. */
export const CVRF_FEED = 'cvrf';

/** A vendor's notices of bug fixes and enhancements; those that name a CVE count all the same. */
const HOT_PATCH = /HotPatch/i;

/**
 * Reads one CVRF document (`cvrfdoc`): an advisory, `withdrawn` with the reason why nothing is to be held of it, or a
 * `problem`. Packages are the rpms of its product tree: under the system's CPE (openEuler), or related to a product
 * (Red Hat, SUSE).
 */
export function* parseCvrf(document: XmlElement, where: string): Generator<FeedItem> {
  const tracking = childOf(document, 'DocumentTracking');
  const id = childText(childOf(tracking, 'Identification'), 'ID');
  const fault = idProblem(id);
  if (fault !== undefined) {
    yield { kind: 'problem', where, problem: fault };
    return;
  }
  const vulnerabilities = childrenOf(document, 'Vulnerability');
  const cves = cvesOfIds(vulnerabilities.map((vulnerability) => childText(vulnerability, 'CVE')));
  const modified = timeOf(childText(tracking, 'CurrentReleaseDate'));
  const found = affectedOf(document);
  for (const problem of found.problems) yield { kind: 'problem', where, problem: `${id} ${problem}` };
  const reason = HOT_PATCH.test(id)
    ? 'live-patch'
    : cves.length === 0
      ? 'no-vulnerability'
      : found.affected.length === 0
        ? found.hasOther
          ? 'other-ecosystem'
          : 'no-versions'
        : undefined;
  if (reason !== undefined) {
    yield { kind: 'withdrawn', feed: CVRF_FEED, id, modified, reason };
    return;
  }
  const advisory: Advisory = {
    id,
    cves,
    aliases: [],
    summary: firstLine(childText(document, 'DocumentTitle')),
    published: timeOf(childText(tracking, 'InitialReleaseDate')),
    modified,
    severities: severitiesOfVectors(vectorsOf(vulnerabilities)),
    word: wordOf(document, vulnerabilities),
    affected: found.affected,
    url: addressOf(document),
  };
  yield { kind: 'advisory', feed: CVRF_FEED, advisory };
}

function* vectorsOf(vulnerabilities: readonly XmlElement[]): Generator<string> {
  for (const vulnerability of vulnerabilities) {
    for (const set of descendantsOf(vulnerability, 'ScoreSet')) {
      for (const child of set.children) if (child.name.startsWith('Vector')) yield child.text;
    }
  }
}

function wordOf(document: XmlElement, vulnerabilities: readonly XmlElement[]): Advisory['word'] {
  const notes = childrenOf(childOf(document, 'DocumentNotes'), 'Note');
  const stated = [
    childText(document, 'AggregateSeverity'),
    notes.find((note) => note.attributes.get('Title') === 'Severity')?.text ?? '',
  ];
  const words = stated.map(severityWordOf).filter((word) => word !== undefined);
  if (words.length > 0) return worstWord(words);
  const impacts = vulnerabilities.flatMap((vulnerability) => [...descendantsOf(vulnerability, 'Threat')]);
  return worstWord(
    impacts
      .map((impact) => severityWordOf(childText(impact, 'Description')))
      .filter((word) => word !== undefined),
  );
}

function addressOf(document: XmlElement): string {
  const references = childrenOf(childOf(document, 'DocumentReferences'), 'Reference');
  const self = references.find((reference) => reference.attributes.get('Type') === 'Self') ?? references[0];
  return webAddress(childText(self, 'URL'));
}

interface FoundAffected {
  readonly affected: readonly AffectedPackage[];
  readonly hasOther: boolean;
  readonly problems: readonly string[];
}

function affectedOf(document: XmlElement): FoundAffected {
  const tree = childOf(document, 'ProductTree');
  const problems: string[] = [];
  let hasOther = false;
  const bySystem = new Map<string, { readonly target: EcosystemTarget; readonly fixes: RpmFix[] }>();
  for (const { fix, target } of tree === undefined ? [] : fixesIn(tree)) {
    if (target === undefined) {
      hasOther = true;
      continue;
    }
    const key = `${target.ecosystems.join(' ')}\n${target.pocket}`;
    const known = bySystem.get(key);
    if (known === undefined) bySystem.set(key, { target, fixes: [fix] });
    else known.fixes.push(fix);
  }
  const affected = [...bySystem.values()].flatMap(({ target, fixes }) =>
    affectedByRpms(fixes, target, problems),
  );
  return { affected, hasOther, problems };
}

interface FoundFix {
  readonly fix: RpmFix;
  readonly target: EcosystemTarget | undefined;
}

function* fixesIn(tree: XmlElement): Generator<FoundFix> {
  const relationships = childrenOf(tree, 'Relationship');
  const names = new Map<string, XmlElement>();
  for (const name of descendantsOf(tree, 'FullProductName')) {
    const id = name.attributes.get('ProductID') ?? '';
    if (relationships.length === 0) {
      const fix = fixOf(name.text);
      if (fix === undefined) continue;
      yield { fix, target: systemOfCpe(name.attributes.get('CPE') ?? '') ?? systemOfBuildTag(fix.version) };
    } else if (!names.has(id)) names.set(id, name);
  }
  for (const relationship of relationships) {
    const reference = relationship.attributes.get('ProductReference') ?? '';
    const product = names.get(relationship.attributes.get('RelatesToProductReference') ?? '');
    const fix = fixOf(reference) ?? fixOf(names.get(reference)?.text ?? '');
    if (fix === undefined || product === undefined) continue;
    yield {
      fix,
      target: systemOfCpe(product.attributes.get('CPE') ?? '') ?? systemOfProductName(product.text),
    };
  }
}

const ARCHITECTURES: ReadonlySet<string> = new Set(
  'src nosrc noarch x86_64 i386 i586 i686 aarch64 ppc64 ppc64le s390 s390x ia64 loongarch64 riscv64 sw_64 armv7hl'.split(
    ' ',
  ),
);

/** `firefox-128.8.0-1.oe2203sp3.aarch64.rpm`; `kernel-0:4.18.0-372.75.1.el8_6` (Red Hat: the source), with or without an architecture. */
function fixOf(text: string): RpmFix | undefined {
  const full = text.endsWith('.rpm') ? text.slice(0, -4) : text;
  const hasArchitecture = ARCHITECTURES.has(full.slice(full.lastIndexOf('.') + 1));
  const parts = parseRpmFileName(hasArchitecture ? full : `${full}.src`);
  if (parts === undefined || !/^(?:\d+:)?[\w.+~^]+-[\w.+~^]+$/.test(parts.version)) return undefined;
  return { ...parts, module: '' };
}
