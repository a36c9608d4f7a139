import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../../archive/xml-elements.ts';
import type { AffectedPackage } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, timeOf } from '../record-text.ts';
import { parseRpmFileName } from '../rpm-file-name.ts';
import { affectedByRpms, type RpmFix } from '../rpm-fixes.ts';
import { severityWordOf } from '../severity-word.ts';
import { severitiesOfVectors } from './cvss-vector.ts';
import { systemOfCpe } from './product-system.ts';

/**
 * Red Hat's record of one CVE: JSON of its security data service (`/hydra/rest/securitydata/cve/CVE-….json`), and the same
 * in XML (`cvemap.xml`). Fixed packages are named by source and build, those without a fix by name alone.
 */
export const REDHAT_CVE_FEED = 'redhat-cve';

/** States in which a product has the flaw; the others say that it has not, or that nobody has looked. */
const OPEN_STATES: ReadonlySet<string> = new Set([
  'affected',
  'will not fix',
  'out of support scope',
  'fix deferred',
  'new',
]);

interface RedHatCve {
  readonly id: string;
  readonly summary: string;
  readonly published: string;
  readonly severity: string;
  readonly vectors: readonly string[];
  readonly fixed: readonly { readonly cpe: string; readonly build: string }[];
  readonly states: readonly { readonly cpe: string; readonly name: string; readonly state: string }[];
}

/** Whether a parsed JSON value is the service's record of one CVE. */
export function isRedHatCve(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || cveOfId(stringField(value, 'name')) === undefined) return false;
  return (
    'bugzilla' in value &&
    ('package_state' in value || 'affected_release' in value || 'threat_severity' in value)
  );
}

/** The items of a record for which `isRedHatCve` holds. */
export function parseRedHatCve(record: JsonObject, where: string): Iterable<FeedItem> {
  const cvss3 = objectField(record, 'cvss3') ?? {};
  const cvss = objectField(record, 'cvss') ?? {};
  return itemsOf(
    {
      id: stringField(record, 'name'),
      summary: stringField(objectField(record, 'bugzilla') ?? {}, 'description'),
      published: stringField(record, 'public_date'),
      severity: stringField(record, 'threat_severity'),
      vectors: [stringField(cvss3, 'cvss3_scoring_vector'), stringField(cvss, 'cvss_scoring_vector')],
      fixed: listField(record, 'affected_release')
        .filter(isJsonObject)
        .map((release) => ({ cpe: stringField(release, 'cpe'), build: stringField(release, 'package') })),
      states: listField(record, 'package_state')
        .filter(isJsonObject)
        .map((state) => ({
          cpe: stringField(state, 'cpe'),
          name: stringField(state, 'package_name'),
          state: stringField(state, 'fix_state'),
        })),
    },
    where,
  );
}

/** The items of one `Vulnerability` of `cvemap.xml`. */
export function parseCvemapEntry(element: XmlElement, where: string): Iterable<FeedItem> {
  return itemsOf(
    {
      id: element.attributes.get('name') ?? '',
      summary: childText(element, 'Bugzilla'),
      published: childText(element, 'PublicDate'),
      severity: childText(element, 'ThreatSeverity'),
      vectors: [
        childText(childOf(element, 'CVSS3'), 'CVSS3ScoringVector'),
        childText(childOf(element, 'CVSS'), 'CVSSScoringVector'),
      ],
      fixed: childrenOf(element, 'AffectedRelease').map((release) => {
        return { cpe: release.attributes.get('cpe') ?? '', build: childText(release, 'Package') };
      }),
      states: childrenOf(element, 'PackageState').map((state) => {
        return {
          cpe: state.attributes.get('cpe') ?? '',
          name: childText(state, 'PackageName'),
          state: childText(state, 'FixState'),
        };
      }),
    },
    where,
  );
}

function* itemsOf(record: RedHatCve, where: string): Generator<FeedItem> {
  const id = cveOfId(record.id);
  if (id === undefined) {
    yield { kind: 'problem', where, problem: `has no CVE id (${record.id.slice(0, 80)})` };
    return;
  }
  const problems: string[] = [];
  const affected = affectedOf(record, problems);
  for (const problem of problems) yield { kind: 'problem', where, problem: `${id} ${problem}` };
  const severities = severitiesOfVectors(record.vectors);
  const word = severityWordOf(record.severity);
  if (affected.length === 0 && severities.length === 0 && word === undefined) {
    yield { kind: 'withdrawn', feed: REDHAT_CVE_FEED, id, modified: undefined, reason: 'no-score' };
    return;
  }
  yield {
    kind: 'advisory',
    feed: REDHAT_CVE_FEED,
    advisory: {
      id,
      cves: [id],
      aliases: [],
      summary: firstLine(record.summary.replace(/^CVE-\S+ /, '')),
      // XML leaves the zone out; both mean UTC.
      published: timeOf(record.published.replace(/(T[\d:]+)$/, '$1Z')),
      modified: undefined,
      severities,
      word,
      affected,
      url: `https://access.redhat.com/security/cve/${id}`,
    },
  };
}

function affectedOf(record: RedHatCve, problems: string[]): AffectedPackage[] {
  const affected: AffectedPackage[] = [];
  const fixedNames = new Set<string>();
  for (const { cpe, build } of record.fixed) {
    const target = systemOfCpe(cpe);
    const fix = target === undefined ? undefined : fixOf(build);
    if (target === undefined || fix === undefined) continue;
    fixedNames.add(`${target.ecosystems.join(' ')}\n${fix.name}`);
    affected.push(...affectedByRpms([fix], target, problems));
  }
  for (const { cpe, name, state } of record.states) {
    const target = systemOfCpe(cpe);
    if (target === undefined || !OPEN_STATES.has(state.toLowerCase())) continue;
    const [, module = '', bare = name] = /^([\w.+-]+:[\w.+-]+)\/(.+)$/.exec(name) ?? [];
    if (fixedNames.has(`${target.ecosystems.join(' ')}\n${bare}`)) continue;
    affected.push(...affectedByRpms([{ name: bare, version: '', arch: 'src', module }], target, problems));
  }
  return affected;
}

/** `firefox-0:115.5.0-1.el7_9`: a source build. A module's build (`nodejs:18-8060020…`) names no package. */
function fixOf(build: string): RpmFix | undefined {
  const parts = parseRpmFileName(`${build}.src`);
  return parts === undefined || /:/.test(parts.name) ? undefined : { ...parts, module: '' };
}
