import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdMap } from './id-map.ts';
import type { PositionSet } from './position-set.ts';
import { TextColumn } from './text-column.ts';

function columnOf(texts: readonly string[]): TextColumn {
  const column = new TextColumn(0);
  for (const text of texts) column.append(text);
  return column;
}

function membersOf(set: PositionSet): number[] {
  const members: number[] = [];
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) members.push(at);
  return members;
}

const found = (texts: readonly string[], part: string): number[] =>
  membersOf(columnOf(texts).find(Buffer.from(part)));

describe('finding a part of a text', () => {
  it('finds every text that holds it, once', () => {
    expect(found(['web-web', 'db', 'web', ''], 'web')).toEqual([0, 2]);
  });

  it('finds nothing across two texts', () => {
    expect(found(['we', 'b', 'w', 'eb'], 'web')).toEqual([]);
  });

  it('finds all texts, empty ones too, by an empty part', () => {
    expect(found(['a', '', 'b'], '')).toEqual([0, 1, 2]);
  });

  it('takes characters whole: no part of the bytes of another one', () => {
    expect(found(['é', 'Ã', '©', '😀', '\u{1F601}'], '©')).toEqual([2]);
    expect(found(['x😀y', 'x😁y'], '😀')).toEqual([0]);
  });

  it('finds what Array.filter finds in random texts, rare or frequent', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'ba', 'ü', '😀', '-', '');
    const text = fc.array(word, { maxLength: 5 }).map((words) => words.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 400, size: 'max' }), text, (texts, part) => {
        const expected = texts.flatMap((each, index) => (each.includes(part) ? [index] : []));
        const column = columnOf(texts);
        const bytes = Buffer.from(part);
        expect(membersOf(column.find(bytes))).toEqual(expected);
        const held = texts.flatMap((_, index) =>
          bytes.length === 0 || column.holds(index, bytes) ? [index] : [],
        );
        expect(held).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

it('gives texts back, compares them as bytes, and copies any range of them', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), fc.nat(19), fc.nat(20), (texts, a, b) => {
      const column = columnOf(texts);
      expect(texts.map((_, index) => column.get(index))).toEqual(texts);
      const from = Math.min(a, b, texts.length);
      const to = Math.min(Math.max(a, b), texts.length);
      const copy = columnOf(['first']);
      copy.appendFrom(column, from, to);
      const copied = Array.from({ length: copy.count }, (_, index) => copy.get(index));
      expect(copied).toEqual(['first', ...texts.slice(from, to)]);
      const [left, right] = [a % texts.length, b % texts.length];
      const order = Buffer.compare(Buffer.from(texts[left] ?? ''), Buffer.from(texts[right] ?? ''));
      expect(Math.sign(column.compare(left, column, right))).toBe(order);
    }),
  );
});

it('takes the last text back', () => {
  const column = columnOf(['a', 'bcd']);
  column.dropLast();
  column.append('e');
  expect([column.count, column.get(0), column.get(1)]).toEqual([2, 'a', 'e']);
});

describe('the positions of ids', () => {
  it('are found for ids of any form, and for no others', () => {
    const ids = fc.uniqueArray(fc.oneof(fc.uuid(), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(ids, fc.string(), (texts, other) => {
        const map = new IdMap(columnOf(texts));
        map.addRange(0, texts.length);
        expect(texts.map((text) => map.find(text))).toEqual(texts.map((_, index) => index));
        expect(map.find(other)).toBe(texts.indexOf(other));
      }),
      { numRuns: 50 },
    );
  });

  it('are told apart where the hashes of two ids are the same', () => {
    // A pair with one FNV-1a hash of 32 bits.
    const texts = ['costarring', 'liquid'];
    const column = columnOf(texts);
    expect(column.hash(0)).toBe(column.hash(1));
    const map = new IdMap(column);
    map.addRange(0, 2);
    expect(texts.map((text) => map.find(text))).toEqual([0, 1]);
  });
});
