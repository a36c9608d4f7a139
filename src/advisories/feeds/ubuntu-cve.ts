import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { AffectedPackage } from '../advisory.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { sourceFixedIn } from '../fixed-in.ts';
import { firstLine, isFieldText, timeOf } from '../record-text.ts';
import { severityWordOf } from '../severity-word.ts';
import { severitiesOfVectors } from './cvss-vector.ts';
import { ubuntuPocketOf, ubuntuReleaseOf } from './ubuntu-releases.ts';

/** Ubuntu's CVEs as its web service lists them, page by page (`{"cves": […]}`): they add or replace by id. */
export const UBUNTU_CVE_FEED = 'ubuntu-cve';

/** Affected, and no fix is out: `ignored` means that none will come. */
const OPEN_STATUSES: ReadonlySet<string> = new Set([
  'needed',
  'needs-triage',
  'pending',
  'deferred',
  'ignored',
  'in-progress',
]);
const SILENT_STATUSES: ReadonlySet<string> = new Set(['not-affected', 'DNE', 'dne', '']);

/** Whether a parsed JSON value is a page of Ubuntu's CVEs. */
export function isUbuntuCvePage(value: unknown): value is JsonObject {
  return isJsonObject(value) && Array.isArray(value['cves']) && 'total_results' in value;
}

/** An item for each CVE of a page; a status or a release that Parapet does not know is a `problem`. */
export function* parseUbuntuCvePage(page: JsonObject, where: string): Generator<FeedItem> {
  for (const [index, cve] of listField(page, 'cves').entries()) {
    const place = `${where}, CVE ${index + 1}`;
    const id = isJsonObject(cve) ? cveOfId(stringField(cve, 'id')) : undefined;
    if (!isJsonObject(cve) || id === undefined)
      yield { kind: 'problem', where: place, problem: 'has no CVE id' };
    else yield* itemsOf(cve, id, place);
  }
}

function* itemsOf(cve: JsonObject, id: string, where: string): Generator<FeedItem> {
  const affected: AffectedPackage[] = [];
  for (const pkg of listField(cve, 'packages').filter(isJsonObject)) {
    const name = stringField(pkg, 'name');
    if (!isFieldText(name)) {
      yield { kind: 'problem', where, problem: `${id} names a package without a usable name` };
      continue;
    }
    for (const status of listField(pkg, 'statuses').filter(isJsonObject)) {
      const found = affectedBy(status, name);
      if (typeof found === 'string') yield { kind: 'problem', where, problem: `${id} ${found} of ${name}` };
      else if (found !== undefined) affected.push(found);
    }
  }
  const modified = timeOf(stringField(cve, 'updated_at'));
  if (affected.length === 0 || stringField(cve, 'status') === 'rejected') {
    const reason = affected.length === 0 ? 'not-affected' : 'withdrawn';
    yield { kind: 'withdrawn', feed: UBUNTU_CVE_FEED, id, modified, reason };
    return;
  }
  const impact = objectField(cve, 'impact') ?? {};
  const vector = stringField(
    objectField(objectField(impact, 'baseMetricV3') ?? {}, 'cvssV3') ?? {},
    'vectorString',
  );
  yield {
    kind: 'advisory',
    feed: UBUNTU_CVE_FEED,
    advisory: {
      id,
      cves: [id],
      aliases: [],
      summary: firstLine(stringField(cve, 'description')),
      published: timeOf(`${stringField(cve, 'published')}Z`),
      modified,
      severities: severitiesOfVectors([vector]),
      word: severityWordOf(stringField(cve, 'priority')),
      affected,
      url: `https://ubuntu.com/security/${id}`,
    },
  };
}

function affectedBy(status: JsonObject, name: string): AffectedPackage | string | undefined {
  const codeName = stringField(status, 'release_codename');
  const word = stringField(status, 'status');
  // What upstream has fixed says nothing of a package of Ubuntu's.
  if (codeName === 'upstream' || SILENT_STATUSES.has(word)) return undefined;
  const release = ubuntuReleaseOf(codeName);
  if (release === undefined) return `names a release that Parapet does not know (${codeName.slice(0, 40)})`;
  const fixed = word === 'released' ? stringField(status, 'description') : '';
  if (word === 'released' ? !isFieldText(fixed) : !OPEN_STATUSES.has(word))
    return `has no status that can be read for ${codeName}`;
  return {
    ...sourceFixedIn({ ecosystem: `ubuntu:${release}`, name, scheme: 'deb' }, fixed),
    pocket: ubuntuPocketOf(stringField(status, 'pocket')),
  };
}
