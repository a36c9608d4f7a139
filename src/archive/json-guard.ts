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

const STRUCTURE = /["[\]{}]/g;

/** Counts brackets outside strings. Text that is no JSON gives some answer; the parser judges it afterwards. */
function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  STRUCTURE.lastIndex = 0;
  for (;;) {
    const found = STRUCTURE.exec(text);
    if (found === null) return false;
    const mark = found[0];
    if (mark === '"') STRUCTURE.lastIndex = endOfString(text, STRUCTURE.lastIndex);
    else if (mark === '[' || mark === '{') depth += 1;
    else depth -= 1;
    if (depth > depthMax) return true;
  }
}

/** Index after the closing quote of the string that starts at `from`; the text's length where it never closes. */
function endOfString(text: string, from: number): number {
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c && quote - 1 - backslashes >= from)
      backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
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
