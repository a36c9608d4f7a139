import { isJsonObject, type JsonObject } from '../../archive/json-guard.ts';
import type { PackageList } from '../package-list.ts';

/** How much of an item that is no object is quoted, in characters. */
const QUOTED_LENGTH_MAX_CHARS = 60;

/**
 * Whether an item of a document's list is an object, as each that tells of a package must be. One that is none is counted
 * among what was left out, under its place (`component 3`) and what it is.
 */
export function isObjectItem(item: unknown, where: string, list: PackageList): item is JsonObject {
  if (isJsonObject(item)) return true;
  const quoted = Array.isArray(item) ? 'a list' : String(item).slice(0, QUOTED_LENGTH_MAX_CHARS);
  list.addUnsupported('items that are no objects', `${where}: ${quoted}`);
  return false;
}
