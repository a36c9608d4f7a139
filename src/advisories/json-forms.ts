import { isJsonObject, type JsonObject } from '../archive/json-guard.ts';
import type { FeedItem } from './feed.ts';
import { isAlmaLinuxErrata, parseAlmaLinuxErrata } from './feeds/almalinux-errata.ts';
import { isAlpineSecdb, parseAlpineSecdb } from './feeds/alpine-secdb.ts';
import { isCsafDocument, parseCsaf } from './feeds/csaf.ts';
import { isCveFacts, isRedHatCveSummary, parseCveFacts, parseRedHatCveSummary } from './feeds/cve-facts.ts';
import { isDebianTracker, parseDebianTracker } from './feeds/debian-tracker.ts';
import { isFriendsOfPhpRecord, parseFriendsOfPhpRecord } from './feeds/friends-of-php.ts';
import { isKnownExploitedCatalogue, parseKnownExploited } from './feeds/known-exploited.ts';
import { nodejsGroupFeed, parseNodejsGroupList } from './feeds/nodejs-group.ts';
import { isNotusProduct, parseNotusProduct } from './feeds/notus.ts';
import { isRedHatCve, parseRedHatCve } from './feeds/redhat-cve.ts';
import { isRetireJsRepository, parseRetireJsRepository } from './feeds/retire-js.ts';
import { isUbuntuCvePage, parseUbuntuCvePage } from './feeds/ubuntu-cve.ts';
import {
  isUbuntuNoticePage,
  isUsnDatabase,
  parseUbuntuNoticePage,
  parseUsnDatabase,
} from './feeds/ubuntu-usn.ts';
import { isVictimsRecord, parseVictimsRecord } from './feeds/victims.ts';
import { isWordfenceRecord, parseWordfenceRecord } from './feeds/wordfence.ts';

/** One publisher's form of a parsed JSON (or YAML) value: how it is recognised, and what it says. */
interface JsonForm {
  readonly isOf: (value: unknown) => value is JsonObject;
  readonly itemsOf: (value: JsonObject, where: string) => Iterable<FeedItem>;
}

/** Every form but OSV's, which has a bound of its own for the size of a record. */
export const JSON_FORMS: readonly JsonForm[] = [
  { isOf: isKnownExploitedCatalogue, itemsOf: parseKnownExploited },
  { isOf: isAlpineSecdb, itemsOf: parseAlpineSecdb },
  { isOf: isNotusProduct, itemsOf: parseNotusProduct },
  { isOf: isCsafDocument, itemsOf: parseCsaf },
  { isOf: isCveFacts, itemsOf: parseCveFacts },
  { isOf: isRedHatCve, itemsOf: parseRedHatCve },
  { isOf: isRedHatCveSummary, itemsOf: (value, where) => [parseRedHatCveSummary(value, where)] },
  { isOf: isUbuntuNoticePage, itemsOf: parseUbuntuNoticePage },
  { isOf: isUbuntuCvePage, itemsOf: parseUbuntuCvePage },
  { isOf: isUsnDatabase, itemsOf: parseUsnDatabase },
  { isOf: isAlmaLinuxErrata, itemsOf: parseAlmaLinuxErrata },
  { isOf: isDebianTracker, itemsOf: parseDebianTracker },
  { isOf: isWordfenceRecord, itemsOf: (value, where) => [parseWordfenceRecord(value, where)] },
  { isOf: isFriendsOfPhpRecord, itemsOf: (value, where) => [parseFriendsOfPhpRecord(value, where)] },
  { isOf: isVictimsRecord, itemsOf: (value, where) => [parseVictimsRecord(value, where)] },
  {
    isOf: isNodejsGroupList,
    itemsOf: (value, where) => parseNodejsGroupList(value, nodejsGroupFeed(value) ?? 'nodejs-npm', where),
  },
  { isOf: isRetireJsRepository, itemsOf: parseRetireJsRepository },
];

function isNodejsGroupList(value: unknown): value is JsonObject {
  return isJsonObject(value) && nodejsGroupFeed(value) !== undefined;
}
