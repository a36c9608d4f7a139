import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { sourceFixedIn } from '../fixed-in.ts';
import { firstLine, idProblem, isFieldText, timeOf } from '../record-text.ts';
import { ubuntuPocketOf, ubuntuReleaseOf } from './ubuntu-releases.ts';

/**
 * Ubuntu's security notices in its own two forms: pages of the web service (`{"notices": […]}`), and the USN database
 * (`{"4011-1": {…}}`). Both name source packages with their fixed version a release; the binaries beside them have the
 * same version but for a few, so the sources are what is matched, as in Ubuntu's OSV records.
 */
export const UBUNTU_USN_FEED = 'ubuntu-usn';

/** Whether a parsed JSON value is a page of notices. */
export function isUbuntuNoticePage(value: unknown): value is JsonObject {
  return isJsonObject(value) && Array.isArray(value['notices']) && 'total_results' in value;
}

/** Whether a parsed JSON value is the USN database. */
export function isUsnDatabase(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const [number = '', notice] = Object.entries(value)[0] ?? [];
  return /^\d+-\d+$/.test(number) && isJsonObject(notice) && objectField(notice, 'releases') !== undefined;
}

/** An item for each notice of a page. */
export function* parseUbuntuNoticePage(page: JsonObject, where: string): Generator<FeedItem> {
  for (const [index, notice] of listField(page, 'notices').entries()) {
    const place = `${where}, notice ${index + 1}`;
    if (!isJsonObject(notice)) yield { kind: 'problem', where: place, problem: 'is no object' };
    else yield* noticeItems(notice, place);
  }
}

function* noticeItems(notice: JsonObject, where: string): Generator<FeedItem> {
  const affected: AffectedPackage[] = [];
  for (const [codeName, packages] of Object.entries(objectField(notice, 'release_packages') ?? {})) {
    const release = ubuntuReleaseOf(codeName);
    if (release === undefined || !Array.isArray(packages)) {
      yield {
        kind: 'problem',
        where,
        problem: `names a release that Parapet does not know (${codeName.slice(0, 40)})`,
      };
      continue;
    }
    const listed = packages.filter(isJsonObject);
    const sources = listed.filter((pkg) => pkg['is_source'] === true);
    for (const pkg of sources.length > 0 ? sources : listed) {
      const version = stringField(pkg, 'version');
      const name = stringField(pkg, 'name');
      // Notices of the first years name packages without versions.
      if (!isFieldText(version) || !isFieldText(name)) continue;
      affected.push(fixedIn(release, { name, version, pocket: stringField(pkg, 'pocket') }));
    }
  }
  const cves = listField(notice, 'cves_ids').filter((id): id is string => typeof id === 'string');
  yield itemOf(
    {
      id: stringField(notice, 'id'),
      cves,
      title: stringField(notice, 'title'),
      published: timeOf(withZone(stringField(notice, 'published'))),
      affected,
    },
    where,
  );
}

/** An item for each notice of the database. */
export function* parseUsnDatabase(database: JsonObject, where: string): Generator<FeedItem> {
  for (const [number, notice] of Object.entries(database)) {
    const place = `${where}, notice ${number.slice(0, 20)}`;
    if (!isJsonObject(notice)) {
      yield { kind: 'problem', where: place, problem: 'is no object' };
      continue;
    }
    const affected: AffectedPackage[] = [];
    for (const [codeName, packages] of Object.entries(objectField(notice, 'releases') ?? {})) {
      const release = ubuntuReleaseOf(codeName);
      if (release === undefined || !isJsonObject(packages)) {
        yield {
          kind: 'problem',
          where: place,
          problem: `names a release that Parapet does not know (${codeName.slice(0, 40)})`,
        };
      } else affected.push(...databaseFixes(release, packages));
    }
    const timestamp = notice['timestamp'];
    const cves = listField(notice, 'cves').filter((id): id is string => typeof id === 'string');
    yield itemOf(
      {
        id: `USN-${number}`,
        cves,
        title: stringField(notice, 'title'),
        published:
          typeof timestamp === 'number' && timestamp > 0 && timestamp < 7e9
            ? Math.round(timestamp * 1000)
            : undefined,
        affected,
      },
      place,
    );
  }
}

/** The pocket stands at the binaries alone; all of one release and notice lie in the same one. */
function databaseFixes(release: string, packages: JsonObject): AffectedPackage[] {
  const binaries = Object.values(objectField(packages, 'binaries') ?? {}).filter(isJsonObject);
  const pocket = binaries.map((binary) => stringField(binary, 'pocket')).find((name) => name !== '') ?? '';
  const affected: AffectedPackage[] = [];
  for (const [name, source] of Object.entries(objectField(packages, 'sources') ?? {})) {
    const version = isJsonObject(source) ? stringField(source, 'version') : '';
    if (isFieldText(name) && isFieldText(version)) affected.push(fixedIn(release, { name, version, pocket }));
  }
  return affected;
}

function fixedIn(
  release: string,
  fix: { readonly name: string; readonly version: string; readonly pocket: string },
): AffectedPackage {
  const { name, version, pocket } = fix;
  return {
    ...sourceFixedIn({ ecosystem: `ubuntu:${release}`, name, scheme: 'deb' }, version),
    pocket: ubuntuPocketOf(pocket),
  };
}

/** The service writes UTC without saying so. */
function withZone(text: string): string {
  return /T[\d:.]+$/.test(text) ? `${text}Z` : text;
}

interface Notice {
  readonly id: string;
  readonly cves: readonly string[];
  readonly title: string;
  readonly published: number | undefined;
  readonly affected: readonly AffectedPackage[];
}

function itemOf({ id, cves, title, published, affected }: Notice, where: string): FeedItem {
  const fault = idProblem(id);
  if (fault !== undefined) return { kind: 'problem', where, problem: fault };
  if (/^LSN-/.test(id))
    return { kind: 'withdrawn', feed: UBUNTU_USN_FEED, id, modified: published, reason: 'live-patch' };
  if (affected.length === 0) {
    return { kind: 'withdrawn', feed: UBUNTU_USN_FEED, id, modified: published, reason: 'no-versions' };
  }
  const advisory: Advisory = {
    id,
    cves: cvesOfIds(cves),
    aliases: [],
    summary: firstLine(title),
    published,
    modified: published,
    severities: [],
    word: undefined,
    affected,
    url: `https://ubuntu.com/security/notices/${id}`,
  };
  return { kind: 'advisory', feed: UBUNTU_USN_FEED, advisory };
}
