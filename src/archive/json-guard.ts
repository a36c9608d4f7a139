/**
 * Strangers' JSON. The engine parses any depth without overflow, but code that walks the result does not, so depth is
 * bounded before parsing. Parsed objects are read through the functions below: own fields of the expected type only.
 * `__proto__` in JSON is an own field like any other and stays harmless as long as nobody copies fields by assignment
 * onto an ordinary object; nobody may: build Maps from strangers' keys.
 */

/** Deepest nesting of a JSON document. The deepest real one seen (CycloneDX, SPDX, CSAF) has some 20. */
export const JSON_DEPTH_MAX = 128;

/** An object of unknown content. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** Parses one JSON document; a broken or too deep one is a problem in words, never an exception. */
export function parseJson(text: string): JsonResult {
  if (isDeeperThan(text, JSON_DEPTH_MAX)) {
    return { ok: false, problem: `is nested more than ${JSON_DEPTH_MAX} levels deep` };
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return {
      ok: false,
      problem: `is broken JSON (${error instanceof Error ? error.message : String(error)})`,
    };
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Counts brackets outside strings, by character codes; strings are jumped over by a search, since most of a record is
 * text. Measured at a tenth of what the parser itself takes (a regular expression takes as long as the parser). Text that
 * is no JSON gives some answer; the parser judges it afterwards.
 */
function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

/** Where the string that begins at `from` ends: the next quote with an even number of backslashes before it. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (quote - 1 - backslashes >= from && text.charCodeAt(quote - 1 - backslashes) === BACKSLASH)
      backslashes += 1;
    if (backslashes % 2 === 0) return quote;
  }
  return text.length;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own field `key` where it is an object; else undefined. */
export function objectField(object: JsonObject, key: string): JsonObject | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isJsonObject(value) ? value : undefined;
}

/** The own field `key` where it is a list; else an empty one. */
export function listField(object: JsonObject, key: string): readonly unknown[] {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return Array.isArray(value) ? value : [];
}

/** The own field `key` where it is a string; else empty. */
export function stringField(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}
