import { type CustomTypesConfig, types } from 'pg';

const INT8 = 20;
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

/** An array of int8 in PostgreSQL's text form: `{1,2,NULL}`, and `{{1,2},{3,4}}` for several dimensions. */
function parseInt8Array(text: string): unknown {
  return JSON.parse(
    text.replaceAll('{', '[').replaceAll('}', ']').replaceAll('NULL', 'null'),
    (_key, value) => {
      if (typeof value === 'number' && !Number.isSafeInteger(value)) {
        throw new RangeError(`int8 array holds ${value}, which is beyond the safe integers`);
      }
      return value;
    },
  );
}

const parsers = new Map<number, (text: string) => unknown>([
  [INT8, parseInt8],
  [INT8_ARRAY, parseInt8Array],
  // The driver would make a Date of midnight in the machine's own zone.
  [DATE, (text) => text],
]);

/** How column values become JavaScript values: the driver's rules, but for int8 (number) and date (text). */
export const sqlTypes: CustomTypesConfig = {
  // The driver declares one overloaded signature per type id; ours answers the ids above and hands on the rest.
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format === undefined || format === 'text' ? parsers.get(id) : undefined) ??
    types.getTypeParser(id, format)) as typeof types.getTypeParser,
};
