/**
 * Reading fields of JSON that a stranger wrote. Every function takes what may be anything and answers with a value of
 * the asked type or its empty one; none follows a prototype, none throws.
 */

import { isJsonObject, type JsonObject } from '../archive/json-guard.ts';

function ownField(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The text in field `name`; empty where it is absent or no text. */
export function textField(value: unknown, name: string): string {
  const field = ownField(value, name);
  return typeof field === 'string' ? field : '';
}

/** The text in the first of `names` that holds any; empty if none does. */
export function firstTextField(value: unknown, names: readonly string[]): string {
  for (const name of names) {
    const text = textField(value, name);
    if (text !== '') return text;
  }
  return '';
}

/** A whole number in field `name`, written as number or as digits; undefined otherwise. */
export function integerField(value: unknown, name: string): number | undefined {
  const field = ownField(value, name);
  if (typeof field === 'number') return Number.isSafeInteger(field) ? field : undefined;
  return typeof field === 'string' && /^\d{1,15}$/.test(field) ? Number(field) : undefined;
}

/** The list in field `name`; empty where it is absent or no list. */
export function listField(value: unknown, name: string): readonly unknown[] {
  const field = ownField(value, name);
  return Array.isArray(field) ? field : [];
}

/** The texts in the list in field `name`; anything else in it is left out. */
export function textListField(value: unknown, name: string): readonly string[] {
  return listField(value, name).filter((item) => typeof item === 'string');
}

/** The record in field `name`; an empty one where it is absent or no record. */
export function recordField(value: unknown, name: string): JsonObject {
  const field = ownField(value, name);
  return isJsonObject(field) ? field : {};
}

/** The values of a record or the items of a list in field `name`: some tools write the one, some the other. */
export function valuesField(value: unknown, name: string): readonly unknown[] {
  const field = ownField(value, name);
  if (Array.isArray(field)) return field;
  return isJsonObject(field) ? Object.values(field) : [];
}

/** Whether the record has a field `name` of its own. */
export function hasField(value: unknown, name: string): boolean {
  return isJsonObject(value) && Object.hasOwn(value, name);
}

/** A `name`/`value` list, as CycloneDX writes properties, as a map; the first value of a name counts. */
export function propertiesField(value: unknown, name: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const item of listField(value, name)) {
    const key = textField(item, 'name');
    if (key !== '' && !properties.has(key)) properties.set(key, textField(item, 'value'));
  }
  return properties;
}

/** RFC 3339 text as ms since 1970; undefined where it is no time, or none of this era (Go's zero time is year 1). */
export function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isFinite(time) && time > 0 ? time : undefined;
}
