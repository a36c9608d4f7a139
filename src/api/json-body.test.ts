import fc from 'fast-check';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { bodyReader, parseJson } from './json-body.ts';

const schema = Type.Object({
  operate_type: Type.String({ minLength: 1 }),
  remark: Type.Optional(Type.String({ maxLength: 512 })),
  data_list: Type.Optional(
    Type.Array(Type.Object({ vul_id: Type.String() }), { minItems: 1, maxItems: 500 }),
  ),
});
const read = bodyReader(schema);

function outcome(text: string | Buffer): unknown {
  try {
    return read(Buffer.from(text));
  } catch (error) {
    if (isAppError(error)) return `${error.code} ${String(error.fields['name'] ?? '')}`.trim();
    throw error;
  }
}

describe('a JSON body', () => {
  it('comes out as its schema says, with members that nobody knows left alone', () => {
    expect(outcome('{"operate_type":"ignore","remark":"née 😀","more":{"a":[1]}}')).toEqual({
      operate_type: 'ignore',
      remark: 'née 😀',
      more: { a: [1] },
    });
    expect(outcome('\ufeff{"operate_type":"ignore"}')).toEqual({ operate_type: 'ignore' });
  });

  it.each([
    ['truncated', '{"operate_type":"ign'],
    ['with something after it', '{"operate_type":"ignore"}]'],
    ['no JSON at all', 'operate_type=ignore'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['nested 100,000 deep in arrays', `{"operate_type":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['nested 100,000 deep in objects', '{"a":'.repeat(100_000)],
    ['with __proto__', '{"operate_type":"ignore","__proto__":{"admin":true}}'],
    ['with __proto__ in escapes', '{"operate_type":"ignore","\\u005f_proto__":1}'],
    ['with a key twice', '{"operate_type":"ignore","operate_type":"not_ignore"}'],
    ['with a key twice, once in escapes', '{"operate_type":"ignore","operate\\u005ftype":"not_ignore"}'],
    ['with NUL in a text', '{"operate_type":"ig\\u0000nore"}'],
  ])('is refused when it is %s', (_name, text) => {
    expect(outcome(text)).toBe('body-unreadable');
  });

  it('may repeat a key in different objects, and hold brackets and colons in texts', () => {
    expect(
      outcome('{"operate_type":"{[\\":","data_list":[{"vul_id":"a"},{"vul_id":"a"}],"x":{"x":{"x":1}}}'),
    ).toEqual({
      operate_type: '{[":',
      data_list: [{ vul_id: 'a' }, { vul_id: 'a' }],
      x: { x: { x: 1 } },
    });
    expect(outcome('{"operate_type":"\\\\u0000"}')).toEqual({ operate_type: '\\u0000' });
  });

  it('names what is missing, wrong or too long', () => {
    expect(outcome('{}')).toBe('parameter-missing operate_type');
    expect(outcome('')).toBe('parameter-missing operate_type');
    expect(outcome('{"operate_type":7}')).toBe('parameter-invalid operate_type');
    expect(outcome('{"operate_type":"ignore","data_list":[{}]}')).toBe(
      'parameter-missing data_list.0.vul_id',
    );
    expect(outcome('[]')).toBe('parameter-invalid the body');
    expect(outcome('null')).toBe('parameter-invalid the body');
    const element = { vul_id: 'a' };
    const tooMany = { operate_type: 'ignore', data_list: Array.from({ length: 501 }, () => element) };
    expect(outcome(JSON.stringify(tooMany))).toBe('list-too-long data_list');
  });

  it('does not quote itself in the error, for it may hold a password', () => {
    const parse = () => parseJson(Buffer.from('{"password": hunter2}'));
    expect(parse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
  });

  it('parses as JSON.parse does, whatever it holds', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!text.includes('u0000') && !text.includes('__proto__'));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is read or refused by the catalogue, whatever its bytes are', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', ' ', '\\u00');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(piece).map((all) => Buffer.from(all.join(''))),
        ),
        (bytes) => {
          expect(outcome(Buffer.from(bytes))).toBeDefined();
        },
      ),
    );
  });
});
