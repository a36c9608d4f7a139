import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import {
  queryFlag,
  queryInteger,
  queryText,
  queryTextList,
  queryWord,
  readQuery,
  required,
} from './strict-query.ts';

const spec = {
  limit: queryInteger({ min: 1, max: 200, default: 10 }),
  offset: queryInteger({ min: 0, max: 2_000_000, default: 0 }),
  host_name: queryText({ min: 1, max: 64 }),
  public_ip: queryText({ min: 0, max: 128 }),
  severity_level: queryWord(['High', 'Medium', 'Low', 'Security']),
  status: queryWord(['vul_status_unfix', 'vul_status_fixed'], { noFilter: ['vul_status_unhandled'] }),
  refresh: queryFlag(),
  host_id_list: queryTextList({ charactersMax: 1_850 }),
};

function outcome(rawQuery: string): unknown {
  try {
    return readQuery(spec, rawQuery);
  } catch (error) {
    if (isAppError(error)) return `${error.code} ${String(error.fields['name'] ?? '')}`.trim();
    throw error;
  }
}

const NOTHING = {
  limit: 10,
  offset: 0,
  host_name: undefined,
  public_ip: undefined,
  severity_level: undefined,
  status: undefined,
  refresh: undefined,
  host_id_list: undefined,
};

describe('a query string', () => {
  it('may be empty: integers have their defaults and nothing is filtered', () => {
    expect(outcome('')).toEqual(NOTHING);
    expect(outcome('&&')).toEqual(NOTHING);
  });

  it('may hold parameters that nobody knows, also repeated and without a value', () => {
    expect(outcome('machine_type=x&machine_type=y&refresh=true&z&__proto__=1&constructor=2')).toEqual({
      ...NOTHING,
      refresh: true,
    });
  });

  it.each([
    '0x20',
    'Infinity',
    '-Infinity',
    'NaN',
    '1e999',
    '1e1',
    '-1',
    '+5',
    '%2B5',
    ' 5',
    '5%20',
    '5.0',
    '',
    '0',
    '201',
    '9'.repeat(400),
    '١٠',
    '0b1',
    '1_0',
    'null',
    '%00',
    '10%00',
  ])('refuses limit=%s', (value) => {
    expect(outcome(`limit=${value}`)).toBe('parameter-invalid limit');
  });

  it.each([
    ['1', 1],
    ['200', 200],
    ['010', 10],
  ])('takes limit=%s', (value, expected) => {
    expect(outcome(`limit=${value}`)).toEqual({ ...NOTHING, limit: expected });
  });

  it('refuses a parameter given twice, unless it is a list', () => {
    expect(outcome('limit=10&limit=10')).toBe('parameter-invalid limit');
    expect(outcome('host_name=a&host_name=b')).toBe('parameter-invalid host_name');
    expect(outcome('host_id_list=h-1&host_id_list=h-2,h-3&host_id_list=&host_id_list=h-1')).toEqual({
      ...NOTHING,
      host_id_list: ['h-1', 'h-2', 'h-3'],
    });
  });

  it('matches words in any case and hands them on in the documented one', () => {
    expect(outcome('severity_level=hIGH')).toEqual({ ...NOTHING, severity_level: 'High' });
    expect(outcome('severity_level=Critical')).toBe('parameter-invalid severity_level');
    expect(outcome('severity_level=')).toBe('parameter-invalid severity_level');
    expect(outcome('severity_level=toString')).toBe('parameter-invalid severity_level');
  });

  it('takes exactly vul_status_unhandled as no status filter', () => {
    expect(outcome('status=vul_status_unhandled')).toEqual(NOTHING);
    expect(outcome('status=VUL_STATUS_UNHANDLED')).toBe('parameter-invalid status');
    expect(outcome('status=unhandled')).toBe('parameter-invalid status');
  });

  it('takes an empty value as no filter where the contract allows length 0', () => {
    expect(outcome('public_ip=&host_id_list=')).toEqual(NOTHING);
    expect(outcome('public_ip')).toEqual(NOTHING);
    expect(outcome('host_name=')).toBe('parameter-invalid host_name');
  });

  it('counts characters, not bytes and not halves of pairs', () => {
    const face = '😀';
    expect(outcome(`host_name=${encodeURIComponent(face.repeat(64))}`)).toEqual({
      ...NOTHING,
      host_name: face.repeat(64),
    });
    expect(outcome(`host_name=${encodeURIComponent(face.repeat(65))}`)).toBe('parameter-invalid host_name');
    expect(outcome(`host_id_list=${'h'.repeat(1_851)}`)).toBe('parameter-invalid host_id_list');
  });

  it.each(['host_name=%', 'host_name=%zz', 'host_name=%ff', 'host_name=%c3', '%=1', 'host_name=%ed%a0%80'])(
    'refuses what cannot be decoded: %s',
    (rawQuery) => {
      expect(outcome(rawQuery)).toBe('query-unreadable');
    },
  );

  it('refuses NUL', () => {
    expect(outcome('host_name=a%00b')).toBe('parameter-invalid host_name');
  });

  it('asks for a parameter that is required', () => {
    const read = () => readQuery({ type: required(queryWord(['linux_vul'])) }, 'other=1');
    expect(read).toThrow(expect.objectContaining({ code: 'parameter-missing' }));
    expect(readQuery({ type: required(queryWord(['linux_vul'])) }, 'type=linux_vul')).toEqual({
      type: 'linux_vul',
    });
  });

  it('reads back any text that was encoded into it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), (text) => {
        fc.pre(!text.includes('\0') && [...text].length <= 64);
        return readQuery(spec, `host_name=${encodeURIComponent(text)}`).host_name === text;
      }),
    );
  });

  it('is answered or refused by the catalogue, whatever it is', () => {
    const piece = fc.constantFrom(
      'limit',
      'offset',
      'status',
      'host_id_list',
      '=',
      '&',
      '%',
      '%00',
      '+',
      '1',
      ',',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (rawQuery) => {
          expect(outcome(rawQuery)).toBeDefined();
        },
      ),
    );
  });
});
