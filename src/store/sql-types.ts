import { type CustomTypesConfig, types } from 'pg';

const INT8 = 20;
const BOOL_ARRAY = 1000;
const INT2_ARRAY = 1005;
const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;
const DATE = 1082;

/**
 * An int8 as a number. Fails beyond 2^53 instead of rounding: Parapet's own numbers (times in milliseconds, counts,
 * keys) stay below, so a larger one is a wrong column, not a value to guess at.
 */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 value ${text} is beyond the safe integers`);
  return value;
}

/**
 * An array of whole numbers in PostgreSQL's text form: `{1,2,NULL}`, and `{{1,2},{3,4}}` for several dimensions. As JSON, which
 * is read ten times as fast as by the driver's own parser: most of what servers are is such arrays.
 */
function parseNumbers(text: string): unknown {
  if (text.lastIndexOf('{') === 0 && !text.includes('N')) return JSON.parse(`[${text.slice(1, -1)}]`);
  return JSON.parse(text.replaceAll('{', '[').replaceAll('}', ']').replaceAll('NULL', 'null'));
}

function parseInt8Array(text: string): unknown {
  const values = parseNumbers(text);
  checkSafe(values);
  return values;
}

function checkSafe(value: unknown): void {
  if (Array.isArray(value)) for (const one of value) checkSafe(one);
  else if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`int8 array holds ${value}, which is beyond the safe integers`);
}

const T = 0x74;

/** An array of truth values without NULL and of one dimension, `{t,f}`; others by the driver. */
function parseBooleans(text: string): unknown {
  if (text.lastIndexOf('{') !== 0 || text.includes('N')) return driversParser(BOOL_ARRAY, 'text')(text);
  const count = text === '{}' ? 0 : text.length >>> 1;
  return Array.from({ length: count }, (_, index) => text.charCodeAt(2 * index + 1) === T);
}

const parsers = new Map<number, (text: string) => unknown>([
  [INT8, parseInt8],
  [BOOL_ARRAY, parseBooleans],
  [INT2_ARRAY, parseNumbers],
  [INT4_ARRAY, parseNumbers],
  [INT8_ARRAY, parseInt8Array],
  // The driver would make a Date of midnight in the machine's own zone.
  [DATE, (text) => text],
]);

// The driver declares its parsers for the type ids that it has names for; it has them for arrays too.
const driversParser = types.getTypeParser as (id: number, format: string) => (text: string) => unknown;

/** How column values become JavaScript values: the driver's rules, but for int8 (number), date (text) and the speed of arrays. */
export const sqlTypes: CustomTypesConfig = {
  // The driver declares one overloaded signature per type id; ours answers the ids above and hands on the rest.
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format === undefined || format === 'text' ? parsers.get(id) : undefined) ??
    types.getTypeParser(id, format)) as typeof types.getTypeParser,
};
