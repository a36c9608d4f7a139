import fc from 'fast-check';
import { types } from 'pg';
import { describe, expect, it } from 'vitest';
import { sqlTypes } from './sql-types.ts';

const BOOL_ARRAY = 1000;
const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;

const driver = types.getTypeParser as (id: number, format: string) => (text: string) => unknown;

function read(type: number, text: string): unknown {
  return sqlTypes.getTypeParser(type, 'text')(text);
}

function written(values: readonly unknown[]): string {
  return `{${values.map((value) => (Array.isArray(value) ? written(value) : value === null ? 'NULL' : String(value))).join(',')}}`;
}

describe('arrays of the database', () => {
  it('of whole numbers are read as the driver reads them', () => {
    const number = fc.option(fc.integer(), { nil: null });
    const values = fc.oneof(fc.array(number), fc.array(fc.tuple(number, number), { minLength: 1 }));
    fc.assert(
      fc.property(values, (list) => {
        expect(read(INT4_ARRAY, written(list))).toEqual(driver(INT4_ARRAY, 'text')(written(list)));
      }),
    );
  });

  it('of truth values are read as the driver reads them', () => {
    const value = fc.option(fc.constantFrom('t', 'f'), { nil: null, freq: 20 });
    fc.assert(
      fc.property(fc.array(value), (list) => {
        expect(read(BOOL_ARRAY, written(list))).toEqual(driver(BOOL_ARRAY, 'text')(written(list)));
      }),
    );
  });

  it('of int8 are numbers, and fail where a number would be rounded', () => {
    expect(read(INT8_ARRAY, '{9007199254740991,-1,NULL}')).toEqual([9007199254740991, -1, null]);
    expect(() => read(INT8_ARRAY, '{1,9007199254740993}')).toThrow('beyond the safe integers');
  });
});
