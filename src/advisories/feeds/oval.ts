import { childOf, childText, descendantsOf, type XmlElement } from '../../archive/xml-elements.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesInTexts, cvesOfIds } from '../cve.ts';
import type { FeedItem, WithdrawnReason } from '../feed.ts';
import { firstLine, idProblem, isFieldText, timeOf, webAddress } from '../record-text.ts';
import { severityWordOf } from '../severity-word.ts';
import { severitiesOfVectors } from './cvss-vector.ts';
import type { EcosystemTarget } from './osv-ecosystem.ts';
import {
  criteriaOf,
  OVAL_DEFINITIONS_MAX,
  OVAL_TESTS_MAX,
  type OvalCriterion,
  OvalTests,
  referencesOf,
} from './oval-document.ts';
import { systemOfCpe, systemOfProductName } from './product-system.ts';

/**
 * OVAL definitions of Red Hat, AlmaLinux, Oracle, SUSE, Debian and Ubuntu. What is read is which package in which version a
 * definition's tests ask for; that the machine runs the system, and who signed a package, matching decides its own way.
 * Advisories add or replace by id within `oval:<system key>`.
 */

interface OvalDefinition {
  readonly id: string;
  readonly cves: readonly string[];
  readonly facts: Omit<Advisory, 'id' | 'cves' | 'affected'>;
  readonly systems: readonly EcosystemTarget[];
  readonly criteria: readonly OvalCriterion[];
  /** Whether a test without a version means that every version is affected. */
  readonly hasOpenTests: boolean;
  readonly reason: WithdrawnReason | undefined;
}

/** Reads one document: give it every record with `add`, then ask for the `items`. */
export class OvalReader {
  readonly #tests = new OvalTests();
  readonly #definitions: OvalDefinition[] = [];
  readonly #problems: FeedItem[] = [];
  #isPastBound = false;

  /** Which elements are records: definitions, and what they refer to. */
  static isRecord(path: readonly string[]): boolean {
    return path.length === 3 && /^(?:definitions|tests|objects|states|variables)$/.test(path[1] ?? '');
  }

  add(element: XmlElement, where: string): void {
    if (element.name !== 'definition') this.#tests.add(element);
    else if (this.#definitions.length < OVAL_DEFINITIONS_MAX && this.#tests.size < OVAL_TESTS_MAX) {
      for (const found of definitionsOf(element)) {
        const fault = idProblem(found.id);
        if (fault === undefined) this.#definitions.push(found);
        else this.#problems.push({ kind: 'problem', where, problem: fault });
      }
    } else if (!this.#isPastBound) {
      this.#isPastBound = true;
      const problem = `has more than ${OVAL_DEFINITIONS_MAX} definitions: the rest is left out`;
      this.#problems.push({ kind: 'problem', where, problem });
    }
  }

  /** An advisory for each id, with everything that definitions of that id say; each only once. */
  *items(): Generator<FeedItem> {
    yield* this.#problems;
    const held = new Map<
      string,
      { readonly feed: string; readonly definition: OvalDefinition; readonly affected: AffectedPackage[] }
    >();
    for (const definition of this.#definitions) {
      const { id, reason, systems } = definition;
      const feed = feedOf(systems[0]);
      const affected = reason === undefined ? [...this.#affectedBy(definition)] : [];
      if (affected.length === 0) {
        const why = reason ?? (systems.length === 0 ? 'other-ecosystem' : 'no-versions');
        yield { kind: 'withdrawn', feed, id, modified: definition.facts.modified, reason: why };
        continue;
      }
      const known = held.get(`${feed}\n${id}`);
      if (known === undefined) held.set(`${feed}\n${id}`, { feed, definition, affected });
      else known.affected.push(...affected);
    }
    for (const { feed, definition, affected } of held.values()) {
      const { id, cves, facts } = definition;
      yield { kind: 'advisory', feed, advisory: { id, cves, ...facts, affected } };
    }
  }

  *#affectedBy(definition: OvalDefinition): Generator<AffectedPackage> {
    const seen = new Set<string>();
    for (const { test: id, module } of definition.criteria) {
      const test = this.#tests.get(id);
      // Debian writes 0 where a release never had the flaw.
      if (test === undefined || test.fixed === '0' || (test.fixed === '' && !definition.hasOpenTests))
        continue;
      for (const { ecosystems, scheme, matchOn, pocket } of definition.systems) {
        for (const ecosystem of ecosystems) {
          for (const name of test.names) {
            const key = [ecosystem, name, test.fixed, module].join('\n');
            if (seen.has(key) || !isFieldText(name) || (test.fixed !== '' && !isFieldText(test.fixed)))
              continue;
            seen.add(key);
            yield {
              ecosystem,
              name,
              // Debian's definitions go by source packages, Ubuntu's by binaries.
              matchOn: ecosystem.startsWith('ubuntu:') ? 'binary' : matchOn,
              scheme,
              ranges: [{ introduced: '', fixed: test.fixed, lastAffected: '' }],
              versions: [],
              architectures: scheme === 'rpm' ? test.architectures : [],
              module,
              pocket,
            };
          }
        }
      }
    }
  }
}

/** A pocket's definitions (FIPS) bear the ids of the ordinary ones and say other versions. */
function feedOf(system: EcosystemTarget | undefined): string {
  if (system === undefined) return 'oval';
  const { ecosystems, pocket } = system;
  return `oval:${ecosystems[0] ?? ''}${pocket === '' ? '' : `/${pocket}`}`;
}

/** One; or, of Ubuntu's definitions by package, one for each CVE that its criteria name. */
function definitionsOf(element: XmlElement): readonly OvalDefinition[] {
  const metadata = childOf(element, 'metadata');
  const references = referencesOf(element);
  const cves = cvesOfIds(references.filter(({ source }) => source === 'CVE').map(({ id }) => id));
  const own = references.find(({ source, id }) => source !== 'CVE' && id !== '');
  const title = childText(metadata, 'title');
  const criteria = criteriaOf(element);
  const definition: Omit<OvalDefinition, 'id' | 'cves' | 'criteria'> = {
    facts: factsOf(metadata, title, references[0]?.url ?? ''),
    systems: systemsOf(metadata),
    hasOpenTests: element.attributes.get('class') === 'vulnerability',
    reason: reasonOf(element, title),
  };
  if (own?.source === 'Package') {
    const byCve = new Map<string, OvalCriterion[]>();
    for (const criterion of criteria) {
      for (const cve of cvesInTexts([criterion.comment]))
        byCve.set(cve, [...(byCve.get(cve) ?? []), criterion]);
    }
    return [...byCve].map(([cve, asked]) => ({ ...definition, id: cve, cves: [cve], criteria: asked }));
  }
  const stated = /^(?:DSA-\d+-\d+|DLA-\d+-\d+|USN-\d+-\d+|CVE-\d{4}-\d+)/.exec(title)?.[0];
  const id = stated ?? own?.id ?? cves[0] ?? '';
  return [{ ...definition, id, cves, criteria }];
}

function reasonOf(element: XmlElement, title: string): WithdrawnReason | undefined {
  const kind = element.attributes.get('class') ?? '';
  if (/: kpatch-patch /.test(title)) return 'live-patch';
  if (/:unaffected:/.test(element.attributes.get('id') ?? '') || /^Unaffected components/.test(title))
    return 'not-affected';
  // The inventory class asks whether a product is installed.
  return kind === 'patch' || kind === 'vulnerability' ? undefined : 'no-vulnerability';
}

function systemsOf(metadata: XmlElement | undefined): readonly EcosystemTarget[] {
  if (metadata === undefined) return [];
  const systems = new Map<string, EcosystemTarget>();
  const cpes = [...descendantsOf(metadata, 'cpe')].map(({ text }) => systemOfCpe(text));
  const platforms = [...descendantsOf(metadata, 'platform')].map(({ text }) => systemOfProductName(text));
  for (const target of cpes.some((cpe) => cpe !== undefined) ? cpes : platforms) {
    if (target !== undefined) systems.set(`${target.ecosystems.join(' ')} ${target.pocket}`, target);
  }
  return [...systems.values()];
}

function factsOf(
  metadata: XmlElement | undefined,
  title: string,
  url: string,
): Omit<Advisory, 'id' | 'cves' | 'affected'> {
  const advisory = childOf(metadata, 'advisory');
  const dateOf = (name: string): number | undefined =>
    timeOf(childOf(advisory, name)?.attributes.get('date') ?? '');
  const scores = metadata === undefined ? [] : [...descendantsOf(metadata, 'cve')];
  const published =
    dateOf('issued') ??
    timeOf(childText(childOf(metadata, 'debian'), 'date')) ??
    timeOf(childText(advisory, 'public_date').slice(0, 10));
  const vectors = scores.flatMap(({ attributes }) =>
    ['cvss3', 'cvss2', 'cvss4', 'cvss_vector'].map((key) => attributes.get(key) ?? ''),
  );
  return {
    aliases: [],
    summary: firstLine(title.replace(/^[A-Z]+-\d{4}:\d+: /, '')),
    published,
    modified: dateOf('updated') ?? published,
    severities: severitiesOfVectors(vectors),
    word: severityWordOf(childText(advisory, 'severity')),
    url: webAddress(url),
  };
}
