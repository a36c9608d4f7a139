import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitPositions, emptyWords, setBit } from './bitset.ts';
import { disjoint, intersectionOf, unionOf, unionOfApart } from './combine-positions.ts';
import { PositionCollector } from './position-collector.ts';
import { AllPositions, ListPositions, NO_POSITIONS, type PositionSet } from './position-set.ts';

const SIZE = 5_000;

const randomPositions = fc
  .oneof(
    fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 40 }),
    fc.tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1)).map(([a, b]) => range(Math.min(a, b), Math.max(a, b))),
    fc.integer({ min: 1, max: 9 }).map((step) => range(0, SIZE - 1).filter((at) => at % step === 0)),
  )
  .map((positions) => positions.sort((a, b) => a - b));

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function bitsOf(positions: readonly number[]): BitPositions {
  const words = emptyWords(SIZE);
  for (const position of positions) setBit(words, position);
  return new BitPositions(words);
}

function listOf(positions: readonly number[]): ListPositions {
  return new ListPositions(Uint32Array.from(positions));
}

/** Some in bits, some few beside them. */
function bitsAndMoreOf(positions: readonly number[]): PositionSet {
  const few = positions.filter((_, index) => index % 40 === 3);
  return unionOf([bitsOf(positions.filter((at) => !few.includes(at))), listOf(few)], SIZE);
}

/** Lists without common members. */
function severalListsOf(positions: readonly number[]): PositionSet {
  return disjoint([0, 1, 2].map((rest) => listOf(positions.filter((at) => at % 3 === rest))));
}

/** Those of a list that bits have too. */
function listedBitsOf(positions: readonly number[]): PositionSet {
  const held = new Set(positions);
  const more = range(0, SIZE - 1).filter((at) => held.has(at) || at % 7 === 0);
  return intersectionOf(
    [listOf(more), bitsOf([...positions, ...range(0, SIZE - 1).filter((at) => at % 7 !== 0)])],
    SIZE,
  );
}

/** What two sets have in common. */
function commonOf(positions: readonly number[]): PositionSet {
  const held = new Set(positions);
  const others = range(0, SIZE - 1).filter((at) => !held.has(at));
  const half = others.filter((at) => at % 2 === 0);
  const odd = others.filter((at) => at % 2 === 1);
  const ascending = (all: readonly number[]): number[] => [...all].sort((a, b) => a - b);
  return intersectionOf(
    [bitsOf(ascending([...positions, ...half])), bitsOf(ascending([...positions, ...odd]))],
    SIZE,
  );
}

function membersOf(set: PositionSet): number[] {
  const members: number[] = [];
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) members.push(at);
  return members;
}

describe.each([
  ['bits', bitsOf],
  ['a list', listOf],
  ['bits and some more', bitsAndMoreOf],
  ['what two have in common', commonOf],
  ['several lists', severalListsOf],
  ['a list within bits', listedBitsOf],
] as const)('a set of positions as %s', (_form, make) => {
  it('counts, finds, ranks and selects as the plain list does', () => {
    fc.assert(
      fc.property(randomPositions, fc.array(fc.nat(SIZE - 1), { maxLength: 20 }), (positions, asked) => {
        const set = make(positions);
        expect(set.count).toBe(positions.length);
        expect(membersOf(set)).toEqual(positions);
        for (const position of asked) {
          expect(set.has(position)).toBe(positions.includes(position));
          expect(set.rank(position)).toBe(positions.filter((member) => member < position).length);
          expect(set.select(position)).toBe(positions[position] ?? -1);
          expect(set.next(position)).toBe(positions.find((member) => member >= position) ?? -1);
        }
        expect(set.rank(SIZE)).toBe(positions.length);
      }),
      { numRuns: 60 },
    );
  });
});

it('intersects and unites sets of any form', () => {
  const randomSet = fc.tuple(
    randomPositions,
    fc.constantFrom(bitsOf, listOf, bitsAndMoreOf, commonOf, severalListsOf, listedBitsOf),
  );
  fc.assert(
    fc.property(fc.array(randomSet, { maxLength: 4 }), fc.boolean(), (chosen, withAll) => {
      const sets: PositionSet[] = chosen.map(([positions, make]) => make(positions));
      if (withAll) sets.push(new AllPositions(SIZE));
      const lists = sets.map(membersOf).map((members) => new Set(members));
      const everywhere = range(0, SIZE - 1).filter((at) => lists.every((list) => list.has(at)));
      const anywhere = range(0, SIZE - 1).filter((at) => lists.some((list) => list.has(at)));
      expect(membersOf(intersectionOf(sets, SIZE))).toEqual(everywhere);
      expect(membersOf(unionOf(sets, SIZE))).toEqual(anywhere);
      // What was combined is as it was.
      expect(sets.map(membersOf).map((members) => new Set(members))).toEqual(lists);
    }),
    { numRuns: 60 },
  );
});

it('unites sets without common members, however many and of whatever form', () => {
  for (const parts of [1, 2, 3, 20, 40]) {
    const listed = range(0, parts - 1).map((part) => range(0, 999).filter((at) => at % 41 === part));
    const wanted = range(0, 999).filter((at) => at % 41 < parts);
    for (const inBits of [0, 1, 2]) {
      const sets = listed.map((positions, part) => (part < inBits ? bitsOf(positions) : listOf(positions)));
      const all = unionOfApart(sets, SIZE);
      expect(membersOf(all)).toEqual(wanted);
      expect(wanted.map((_, ordinal) => all.select(ordinal))).toEqual(wanted);
      expect(membersOf(intersectionOf([all, bitsOf(range(300, 700))], SIZE))).toEqual(
        wanted.filter((at) => at >= 300 && at <= 700),
      );
    }
  }
});

it('finds the members of many lists in another one', () => {
  const many = disjoint(
    [0, 1, 2, 3, 4].map((rest) => listOf(range(0, 999).filter((at) => at % 10 === rest))),
  );
  const list = listOf(range(0, 900).filter((at) => at % 3 === 0));
  const both = intersectionOf([list, listOf(range(100, 4_000)), many], SIZE);
  const wanted = range(100, 900).filter((at) => at % 3 === 0 && at % 10 < 5);
  expect(membersOf(both)).toEqual(wanted);
  const larger = listOf(range(0, 1_999));
  expect(membersOf(intersectionOf([larger, many], SIZE))).toEqual(membersOf(many));
});

it('collects few positions as a list and many as bits', () => {
  const collect = (positions: readonly number[]): PositionSet => {
    const collector = new PositionCollector(SIZE);
    for (const position of positions) collector.add(position);
    return collector.finish();
  };
  expect(collect([])).toBe(NO_POSITIONS);
  expect(collect([3, 900])).toBeInstanceOf(ListPositions);
  expect(collect(range(0, SIZE - 1))).toBeInstanceOf(BitPositions);
  for (const count of [1, 156, 157, 158, SIZE])
    expect(membersOf(collect(range(0, count - 1)))).toEqual(range(0, count - 1));
});
