import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerBound, WordList } from './word-list.ts';

it('puts in and takes out many words at once as a plain list does one by one', () => {
  const change = fc.record({
    inserted: fc.array(fc.tuple(fc.nat(), fc.nat(1_000)), { maxLength: 400 }),
    removed: fc.array(fc.nat(), { maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const list = new WordList();
      const plain: number[] = [];
      for (const { inserted, removed } of changes) {
        const placed = inserted
          .map(([at, value]) => ({ at: at % (plain.length + 1), value }))
          .sort((a, b) => a.at - b.at);
        list.insert(
          placed.map(({ at }) => at),
          placed.map(({ value }) => value),
        );
        for (const [before, { at, value }] of placed.entries()) plain.splice(at + before, 0, value);
        expect([...list.view()]).toEqual(plain);
        const gone = plain.length === 0 ? [] : [...new Set(removed.map((at) => at % plain.length))];
        gone.sort((a, b) => a - b);
        list.remove(gone);
        for (const at of gone.toReversed()) plain.splice(at, 1);
        expect([...list.view()]).toEqual(plain);
        expect(list.length).toBe(plain.length);
      }
    }),
  );
});

it('finds the first that is not less', () => {
  expect([0, 1, 2, 3, 4, 9].map((value) => lowerBound([1, 3, 3, 8], value))).toEqual([0, 0, 1, 1, 3, 4]);
});
