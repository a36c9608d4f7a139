/**
 * What an export of advisories holds, as lines of JSON:
 *
 *     {"kind":"export","version":1,"created_at":1764000000000,"revision":42}
 *     {"kind":"feed","name":"debian-dsa","published_at":…,"imported_at":…}
 *     {"kind":"coverage","feed":"osv","ecosystem":"PyPI","published_at":…}
 *     {"kind":"advisory","feed":"osv","facts":{…},"affected":[[…],…]}
 *     {"kind":"known-exploited","cve":"CVE-…","name":"…","added_at":…}
 *     {"kind":"exploit-probability","cve":"CVE-…","probability":0.97}
 *     {"kind":"end","lines":123456}
 *
 * Moments are in ms since 1970. Feeds come before what they hold; the last line counts those before it.
 */
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  parseJson,
  stringField,
} from '../archive/json-guard.ts';
import type { Advisory, AffectedPackage } from './advisory.ts';
import type { FeedItem } from './feed.ts';

export const EXPORT_VERSION = 1;

export type ExportLine =
  | {
      readonly kind: 'export';
      readonly version: number;
      readonly createdAt: number;
      readonly revision: number;
    }
  | {
      readonly kind: 'feed';
      readonly name: string;
      readonly publishedAt: number | undefined;
      readonly importedAt: number;
    }
  | {
      readonly kind: 'coverage';
      readonly feed: string;
      readonly ecosystem: string;
      readonly publishedAt: number;
    }
  | { readonly kind: 'item'; readonly item: FeedItem }
  | { readonly kind: 'end'; readonly lines: number };

/** Reads one line; undefined where it has none of the forms. Who wrote it is trusted (its file is signed), its form is not. */
export function parseExportLine(text: string): ExportLine | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const line = parsed.value;
  switch (stringField(line, 'kind')) {
    case 'export':
      return {
        kind: 'export',
        version: moment(line, 'version') ?? 0,
        createdAt: moment(line, 'created_at') ?? 0,
        revision: moment(line, 'revision') ?? 0,
      };
    case 'feed':
      return feedLine(line);
    case 'coverage':
      return coverageLine(line);
    case 'advisory':
      return advisoryLine(line);
    case 'known-exploited': {
      const [cve, addedAt] = [stringField(line, 'cve'), moment(line, 'added_at')];
      if (cve === '' || addedAt === undefined) return undefined;
      const entry = { cve, name: stringField(line, 'name'), addedAt };
      return { kind: 'item', item: { kind: 'known-exploited', entry } };
    }
    case 'exploit-probability': {
      const [cve, probability] = [stringField(line, 'cve'), line['probability']];
      if (cve === '' || typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
        return undefined;
      return { kind: 'item', item: { kind: 'exploit-probability', cve, probability } };
    }
    case 'end':
      return { kind: 'end', lines: moment(line, 'lines') ?? -1 };
    default:
      return undefined;
  }
}

/** A whole number that is no less than 0: a moment, a count. */
function moment(line: JsonObject, field: string): number | undefined {
  const value = Object.hasOwn(line, field) ? line[field] : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function feedLine(line: JsonObject): ExportLine | undefined {
  const [name, importedAt] = [stringField(line, 'name'), moment(line, 'imported_at')];
  if (name === '' || importedAt === undefined) return undefined;
  return { kind: 'feed', name, publishedAt: moment(line, 'published_at'), importedAt };
}

function coverageLine(line: JsonObject): ExportLine | undefined {
  const [feed, ecosystem] = [stringField(line, 'feed'), stringField(line, 'ecosystem')];
  const publishedAt = moment(line, 'published_at');
  if (feed === '' || ecosystem === '' || publishedAt === undefined) return undefined;
  return { kind: 'coverage', feed, ecosystem, publishedAt };
}

/** The texts are those that the store holds, which writes them from an `Advisory`; what identifies a record is looked at. */
function advisoryLine(line: JsonObject): ExportLine | undefined {
  const [feed, facts] = [stringField(line, 'feed'), objectField(line, 'facts')];
  const affected = listField(line, 'affected').flat();
  if (feed === '' || facts === undefined || stringField(facts, 'id') === '') return undefined;
  if (
    !affected.every(isAffectedPackage) ||
    !['cves', 'aliases', 'severities'].every((name) => Array.isArray(facts[name]))
  ) {
    return undefined;
  }
  const advisory: Advisory = { ...(facts as Omit<Advisory, 'affected'>), affected };
  return { kind: 'item', item: { kind: 'advisory', feed, advisory } };
}

function isAffectedPackage(value: unknown): value is AffectedPackage {
  return (
    isJsonObject(value) &&
    ['ecosystem', 'name', 'matchOn', 'scheme', 'module', 'pocket'].every(
      (name) => typeof value[name] === 'string',
    ) &&
    ['ranges', 'versions', 'architectures'].every((name) => Array.isArray(value[name]))
  );
}
