/**
 * Query strings, read strictly from the raw text: one pass, no coercion. A query is declared as a record of fields made
 * by the functions below; what they return is both the parser and the documentation (JSON Schema).
 *
 * Rules (contract 5.4 and 7): unknown parameters are ignored; a parameter may be given once unless its field says
 * otherwise; integers are digits and then bounds; words of an enumeration match in any case and come out in the
 * documented one; a value with NUL is refused; broken percent-encoding is `query-unreadable`.
 */
import Type, { type TSchema } from 'typebox';
import { appError } from '../errors.ts';

/** One parameter: how its text becomes a value of type T. */
export interface QueryField<T> {
  readonly schema: TSchema;
  /** Several occurrences are allowed, and joined by commas. */
  readonly repeatable: boolean;
  readonly required: boolean;
  /** The value when the parameter is left out. */
  readonly absent: T;
  /** Reads the decoded text; throws `parameter-invalid`. */
  readonly parse: (text: string, name: string) => T;
}

// biome-ignore lint/suspicious/noExplicitAny: a record of fields of any type; each keeps its own in QueryOf.
export type QuerySpec = Readonly<Record<string, QueryField<any>>>;

/** The values of a query as its fields read them. */
export type QueryOf<S extends QuerySpec> = {
  readonly [K in keyof S]: S[K] extends QueryField<infer T> ? T : never;
};

/** A whole number of decimal digits within bounds; `default` where it is left out. */
export function queryInteger(limits: {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}): QueryField<number> {
  const { min, max } = limits;
  return {
    schema: Type.Integer({ minimum: min, maximum: max, default: limits.default }),
    repeatable: false,
    required: false,
    absent: limits.default,
    parse: (text, name) => {
      const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= min && value <= max)) {
        throw appError('parameter-invalid', {
          name,
          problem: `must be a whole number from ${min} to ${max}`,
        });
      }
      return value;
    },
  };
}

/** Text of a number of characters (code points) within bounds. With `min` 0 an empty value is the same as none. */
export function queryText(limits: {
  readonly min: number;
  readonly max: number;
}): QueryField<string | undefined> {
  return {
    schema: Type.String({ minLength: limits.min, maxLength: limits.max }),
    repeatable: false,
    required: false,
    absent: undefined,
    parse: (text, name) => {
      checkLength(text, name, limits);
      return text === '' ? undefined : text;
    },
  };
}

/** One of `words`, in any case. `noFilter` are further spellings, matched exactly, that mean the same as leaving it out. */
export function queryWord<W extends string>(
  words: readonly W[],
  options?: { readonly noFilter: readonly string[] },
): QueryField<W | undefined> {
  const byLowerCase = new Map(words.map((word) => [word.toLowerCase(), word]));
  return {
    schema: Type.Enum([...words]),
    repeatable: false,
    required: false,
    absent: undefined,
    parse: (text, name) => {
      if (options?.noFilter.includes(text) === true) return undefined;
      const word = byLowerCase.get(text.toLowerCase());
      if (word === undefined) {
        throw appError('parameter-invalid', { name, problem: `must be one of ${words.join(', ')}` });
      }
      return word;
    },
  };
}

/** `true` or `false`, in any case. */
export function queryFlag(): QueryField<boolean | undefined> {
  return {
    schema: Type.Boolean(),
    repeatable: false,
    required: false,
    absent: undefined,
    parse: (text, name) => {
      const word = text.toLowerCase();
      if (word !== 'true' && word !== 'false') {
        throw appError('parameter-invalid', { name, problem: 'must be true or false' });
      }
      return word === 'true';
    },
  };
}

/**
 * Texts joined by commas, or given as a repeated parameter, or both; together at most `charactersMax` characters.
 * Empty members are dropped and members given twice come out once. Empty altogether is the same as left out.
 */
export function queryTextList(limits: {
  readonly charactersMax: number;
}): QueryField<readonly string[] | undefined> {
  return {
    schema: Type.String({ maxLength: limits.charactersMax }),
    repeatable: true,
    required: false,
    absent: undefined,
    parse: (text, name) => {
      checkLength(text, name, { min: 0, max: limits.charactersMax });
      const members = new Set(text.split(',').filter((member) => member !== ''));
      return members.size === 0 ? undefined : [...members];
    },
  };
}

/** The same field, but leaving it out is `parameter-missing`. */
export function required<T>(field: QueryField<T | undefined>): QueryField<T> {
  return {
    ...field,
    required: true,
    // Never seen: readQuery refuses a query that lacks a required parameter.
    absent: undefined as T,
    parse: (text, name) => {
      const value = field.parse(text, name);
      if (value === undefined) throw appError('parameter-missing', { name });
      return value;
    },
  };
}

/**
 * Reads a raw query string (without its question mark) by a record of fields. Throws `query-unreadable`,
 * `parameter-missing` or `parameter-invalid`, the first that is met in the order of the query, then of the fields.
 */
export function readQuery<S extends QuerySpec>(spec: S, rawQuery: string): QueryOf<S> {
  const texts = collectTexts(spec, rawQuery);
  const values: Record<string, unknown> = {};
  for (const name in spec) {
    const field = spec[name];
    if (field === undefined) continue;
    const text = texts.get(name);
    if (text === undefined && field.required) throw appError('parameter-missing', { name });
    values[name] = text === undefined ? field.absent : field.parse(text, name);
  }
  return values as QueryOf<S>;
}

function collectTexts(spec: QuerySpec, rawQuery: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (rawQuery === '') return texts;
  for (const pair of rawQuery.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at === -1 ? pair : pair.slice(0, at));
    const field = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (field === undefined) continue;
    const text = at === -1 ? '' : decode(pair.slice(at + 1));
    if (text.includes('\0')) throw appError('parameter-invalid', { name, problem: 'must not contain NUL' });
    const earlier = texts.get(name);
    if (earlier !== undefined && !field.repeatable) {
      throw appError('parameter-invalid', { name, problem: 'given more than once' });
    }
    texts.set(
      name,
      earlier === undefined || earlier === '' ? text : text === '' ? earlier : `${earlier},${text}`,
    );
  }
  return texts;
}

/** What nothing is escaped in is what it says. */
const NOT_PLAIN = /[%+]/;

function decode(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw appError('query-unreadable', { problem: 'broken percent-encoding, or bytes that are not UTF-8' });
  }
}

function checkLength(
  text: string,
  name: string,
  limits: { readonly min: number; readonly max: number },
): void {
  // UTF-16 units are at least the code points, so the exact count is needed only between one and two times the limit.
  const units = text.length;
  const characters = units > limits.max && units <= limits.max * 2 ? [...text].length : units;
  if (units < limits.min || characters > limits.max) {
    throw appError('parameter-invalid', {
      name,
      problem: `must have ${limits.min} to ${limits.max} characters`,
    });
  }
}
