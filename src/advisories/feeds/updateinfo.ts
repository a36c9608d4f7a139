import {
  childOf,
  childrenOf,
  childText,
  descendantsOf,
  type XmlElement,
} from '../../archive/xml-elements.ts';
import { isModuleBuild } from '../../versions/module-build.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesInTexts, cvesOfIds } from '../cve.ts';
import type { FeedItem, WithdrawnReason } from '../feed.ts';
import { firstLine, idProblem, timeOf, webAddress } from '../record-text.ts';
import { affectedByRpms, type RpmFix } from '../rpm-fixes.ts';
import { severityWordOf } from '../severity-word.ts';
import { moduleOfSummary } from './module-of-summary.ts';
import { type EcosystemTarget, ecosystemTarget } from './osv-ecosystem.ts';
import { systemOfBuildTag, systemOfProductName } from './product-system.ts';

/**
 * Reads one `update` of an rpm repository's updateinfo.xml (Amazon, AlmaLinux, Rocky, Oracle, Fedora, openEuler, Huawei
 * Cloud EulerOS): an item for each collection of packages in it, in the feed `updateinfo:<system key>/<collection>`, because
 * one advisory lies in several repositories with the packages of each. Bug fixes without a CVE, and systems that Parapet does
 * not know, are `withdrawn` with that reason.
 */
export function* parseUpdate(update: XmlElement, where: string): Generator<FeedItem> {
  const id = childText(update, 'id');
  const fault = idProblem(id);
  if (fault !== undefined) {
    yield { kind: 'problem', where, problem: fault };
    return;
  }
  const references = childrenOf(childOf(update, 'references'), 'reference');
  const cves = cvesOfIds(
    references
      .filter((reference) => reference.attributes.get('type') === 'cve')
      .flatMap((reference) => [
        reference.attributes.get('id') ?? '',
        ...cvesInTexts([reference.attributes.get('title') ?? '']),
      ]),
  );
  const facts = { id, cves, ...factsOf(update, references) };
  const collections = childrenOf(childOf(update, 'pkglist'), 'collection');
  if (collections.length === 0) {
    yield { kind: 'withdrawn', feed: 'updateinfo', id, modified: facts.modified, reason: 'no-versions' };
  }
  for (const collection of collections) {
    const found = affectedOf(collection, { release: childText(update, 'release'), summary: facts.summary });
    for (const problem of found.problems) yield { kind: 'problem', where, problem: `${id} ${problem}` };
    const feed =
      found.system === '' ? 'updateinfo' : `updateinfo:${found.system}/${collectionName(collection)}`;
    const reason = reasonToDrop(update, cves, found);
    if (reason !== undefined) yield { kind: 'withdrawn', feed, id, modified: facts.modified, reason };
    else yield { kind: 'advisory', feed, advisory: { ...facts, affected: found.affected } };
  }
}

function reasonToDrop(
  update: XmlElement,
  cves: readonly string[],
  found: FoundPackages,
): WithdrawnReason | undefined {
  if (cves.length === 0 && update.attributes.get('type') !== 'security') return 'no-vulnerability';
  if (found.system === '') return 'no-release';
  return found.affected.length === 0 ? 'no-versions' : undefined;
}

function factsOf(
  update: XmlElement,
  references: readonly XmlElement[],
): Omit<Advisory, 'id' | 'cves' | 'affected'> {
  const dateOf = (name: string): number | undefined =>
    timeOf(dateText(childOf(update, name)?.attributes.get('date') ?? ''));
  const published = dateOf('issued');
  const self = references.find((reference) => reference.attributes.get('type') === 'self');
  return {
    aliases: [],
    summary: firstLine(childText(update, 'title') || childText(update, 'summary')),
    published,
    modified: dateOf('updated') ?? published,
    severities: [],
    word: severityWordOf(childText(update, 'severity')),
    url: webAddress(self?.attributes.get('href') ?? ''),
  };
}

/** `2023-02-22 23:22:00`, in UTC; some write seconds since 1970. */
function dateText(text: string): string {
  if (/^\d{9,10}$/.test(text)) return new Date(Number(text) * 1000).toISOString();
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?/.exec(text);
  return parts === null ? text : `${parts[1]}T${parts[2]}${parts[3] ?? ':00'}Z`;
}

function collectionName(collection: XmlElement): string {
  const name = collection.attributes.get('short') ?? '';
  return /^[\w.+-]{1,100}$/.test(name) ? name : 'packages';
}

interface FoundPackages {
  /** Empty: unknown. */
  readonly system: string;
  readonly affected: readonly AffectedPackage[];
  readonly problems: readonly string[];
}

function affectedOf(
  collection: XmlElement,
  update: { readonly release: string; readonly summary: string },
): FoundPackages {
  const short = collection.attributes.get('short') ?? '';
  const stream = childOf(collection, 'module');
  const stated = stream === undefined ? moduleOfSummary(update.summary) : moduleOf(stream);
  const line = extraLine(short);
  const fixes: RpmFix[] = [];
  for (const rpm of descendantsOf(collection, 'package')) {
    const at = rpm.attributes;
    const epoch = at.get('epoch') ?? '';
    const version = `${epoch === '' ? '0' : epoch}:${at.get('version') ?? ''}-${at.get('release') ?? ''}`;
    const module = stream !== undefined || isModuleBuild(version) ? stated : '';
    fixes.push({ name: at.get('name') ?? '', version, arch: at.get('arch') ?? '', module, introduced: line });
  }
  const target =
    systemOfCollection(short, childText(collection, 'name'), update.release) ?? firstBuildTag(fixes);
  const problems: string[] = [];
  if (target === undefined) return { system: '', affected: [], problems };
  return { system: target.ecosystems[0] ?? '', affected: affectedByRpms(fixes, target, problems), problems };
}

function moduleOf(stream: XmlElement): string {
  const name = stream.attributes.get('name') ?? '';
  return name === '' ? '' : `${name}:${stream.attributes.get('stream') ?? ''}`;
}

/**
 * Amazon Linux 2 publishes further lines of a package as extras (`amazon-linux-2---kernel-5.15`), under the package's
 * ordinary name: a 4.14 kernel has nothing to do with a fix of the 5.15 line.
 */
function extraLine(short: string): string {
  return /^amazon-linux-2---[a-z][a-z_-]*?-?(\d+(?:\.\d+)*)$/i.exec(short)?.[1] ?? '';
}

function systemOfCollection(short: string, name: string, release: string): EcosystemTarget | undefined {
  const amazon = /^amazon-linux-(ami|2|20\d{2})(?:-|$)/.exec(short)?.[1];
  if (amazon !== undefined) return known(`Amazon:${amazon === 'ami' ? '1' : amazon}`);
  const el = /^(almalinux|rocky|centos|rhel|oracle)[a-z-]*?-(\d+)(?:[-_.]|$)/.exec(short);
  if (el?.[1] !== undefined) {
    const family = {
      almalinux: 'AlmaLinux',
      rocky: 'Rocky Linux',
      centos: 'CentOS',
      oracle: 'Oracle Linux',
      rhel: 'Red Hat',
    }[el[1]];
    return known(family === 'Red Hat' ? `Red Hat:enterprise_linux:${el[2]}` : `${family}:${el[2]}`);
  }
  const oracle = /^ol(\d+)_/.exec(short)?.[1];
  if (oracle !== undefined) return known(`Oracle Linux:${oracle}`);
  return systemOfProductName(name) ?? systemOfProductName(release) ?? systemOfProductName(short);
}

function firstBuildTag(fixes: readonly RpmFix[]): EcosystemTarget | undefined {
  for (const { version } of fixes) {
    const target = systemOfBuildTag(version);
    if (target !== undefined) return target;
  }
  return undefined;
}

function known(ecosystem: string): EcosystemTarget | undefined {
  const target = ecosystemTarget(ecosystem, '');
  return typeof target === 'string' ? undefined : target;
}
