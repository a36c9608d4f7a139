import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBuffers } from './body-buffers.ts';
import { ByteArena } from './byte-arena.ts';
import { RISK_BYTES_MAX, writeRisk } from './risk-json.ts';
import { ShownLists } from './shown-lists.ts';
import { VulnerabilityNames } from './vulnerability-names.ts';
import { fieldsJson, riskFields } from './wire-row.ts';

const CHUNK_LOG2 = 8;
const CHUNK_BYTES = 2 ** CHUNK_LOG2;

describe('the arena', () => {
  it('keeps every fragment as it was, however many buffers they fill, and large ones too', () => {
    const arena = new ByteArena(CHUNK_LOG2);
    const kept = Array.from({ length: 200 }, (_, index) => Buffer.alloc((index * 37) % 700, index));
    const addresses = kept.map((bytes) => arena.add(bytes));
    expect(addresses.map((address) => Buffer.from(arena.view(address)))).toEqual(kept);
    expect(addresses.map((address) => arena.length(address))).toEqual(kept.map((bytes) => bytes.length));
  });

  it('gives buffers back when nothing in them is held, and uses their numbers again', () => {
    const arena = new ByteArena(CHUNK_LOG2);
    for (let round = 0; round < 50; round += 1) {
      const addresses = Array.from({ length: 20 }, () => arena.add(Buffer.alloc(100, round)));
      for (const address of addresses) arena.release(address);
      expect(arena.bytes).toBeLessThanOrEqual(CHUNK_BYTES * 2);
    }
  });

  it('says which fragments lie in sparse buffers, and holds both copies of one that is moved', () => {
    const arena = new ByteArena(CHUNK_LOG2);
    const addresses = Array.from({ length: 10 }, (_, index) => arena.add(Buffer.alloc(100, index)));
    const [first, second] = addresses;
    if (first === undefined || second === undefined) throw new Error('nothing was added');
    expect(arena.isSparse(first)).toBe(false);
    arena.release(second);
    expect(arena.isSparse(first)).toBe(true);
    const moved = arena.duplicate(first);
    expect(arena.view(moved)).toEqual(arena.view(first));
    const before = arena.bytes;
    arena.release(first);
    expect(arena.bytes).toBeLessThan(before);
    expect(Buffer.from(arena.view(moved))).toEqual(Buffer.alloc(100, 0));
  });

  it('refuses an address that has been given back', () => {
    const arena = new ByteArena(CHUNK_LOG2);
    const address = arena.add(Buffer.alloc(CHUNK_BYTES * 2));
    arena.release(address);
    expect(() => arena.release(address)).toThrow('released before');
    expect(() => arena.view(address)).toThrow('nothing is kept');
  });
});

describe('shown lists', () => {
  const names = () =>
    new VulnerabilityNames((number) =>
      number < 1000 ? { type: number % 2 === 0 ? 'linux_vul' : 'app_vul', id: `V-${number}` } : undefined,
    );
  const textOf = (lists: ShownLists, list: number): string => {
    const bytes = Buffer.alloc(lists.fragmentLength(list));
    lists.copyFragment(list, bytes, 0);
    return bytes.toString('utf8');
  };

  it('are held once for the same numbers, sorted by id, unknown numbers left out', () => {
    const lists = new ShownLists(names());
    const list = lists.hold([2, 3, 10, 5000]);
    expect(lists.hold([2, 3, 10, 5000])).toBe(list);
    expect(lists.hold([2, 3])).not.toBe(list);
    expect(lists.count).toBe(2);
    const parsed = JSON.parse(`{${textOf(lists, list).slice(1)}}`) as { vul_ids_info: unknown };
    expect(parsed.vul_ids_info).toEqual({
      linux_vul_id_list: ['V-10', 'V-2'],
      windows_vul_id_list: [],
      webcms_vul_id_list: [],
      app_vul_id_list: ['V-3'],
      urgent_vul_id_list: [],
    });
  });

  it('read the same whether their names are ranked, new, or both', () => {
    const numbers = [1, 2, 9, 10, 11, 100, 999];
    const [unranked, ranked, mixed] = [names(), names(), names()];
    for (const number of numbers) ranked.note(number);
    for (const number of numbers.slice(3)) mixed.note(number);
    ranked.rank();
    mixed.rank();
    expect(ranked.listsOf(numbers)).toEqual(unranked.listsOf(numbers));
    expect(mixed.listsOf(numbers)).toEqual(unranked.listsOf(numbers));
    mixed.rank();
    expect(mixed.listsOf(numbers)).toEqual(unranked.listsOf(numbers));
  });

  it('keep their numbers apart and their fragments right through growth, release and moving', () => {
    const randomList = fc
      .uniqueArray(fc.nat(999), { maxLength: 30 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(randomList, { maxLength: 60, size: 'max' }), (wanted) => {
        const lists = new ShownLists(names(), CHUNK_LOG2);
        const fresh = names();
        const held = wanted.map((numbers) => lists.hold(numbers));
        held.slice(0, 20).forEach((list) => {
          lists.release(list);
        });
        for (const _ of lists.compact());
        for (const [index, list] of held.entries()) {
          if (index < 20) continue;
          const expected = new ShownLists(fresh);
          const numbers = wanted[index] ?? [];
          expect(textOf(lists, list)).toBe(textOf(expected, expected.hold(numbers)));
          expect(lists.hold(numbers)).toBe(list);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('give their memory back when nobody holds them', () => {
    const lists = new ShownLists(names(), CHUNK_LOG2);
    const before = lists.bytes;
    for (let round = 0; round < 100; round += 1) {
      const held = Array.from({ length: 20 }, (_, index) => lists.hold([round, 500 + index]));
      for (const list of held) lists.fragmentLength(list);
      for (const list of held) lists.release(list);
    }
    expect(lists.count).toBe(0);
    expect(lists.bytes).toBeLessThanOrEqual(before + 2 * CHUNK_BYTES);
  });
});

it('writes the risk of a row as JSON.stringify does', () => {
  const count = fc.nat(100_000);
  const risk = fc.record({
    scanTime: fc.nat(4_102_444_800_000),
    severityLevel: fc.constantFrom(
      '' as const,
      'High' as const,
      'Medium' as const,
      'Low' as const,
      'Security' as const,
    ),
    score: fc.option(fc.nat(100), { nil: undefined }),
    handleStatus: fc.constantFrom('handled' as const, 'unhandled' as const),
    counts: fc.record({ critical: count, high: count, medium: count, low: count }),
  });
  fc.assert(
    fc.property(risk, (row) => {
      const bytes = Buffer.alloc(RISK_BYTES_MAX + 1, 0x7e);
      const end = writeRisk(row, bytes, 1);
      expect(bytes.toString('latin1', 1, end)).toBe(`,${fieldsJson(riskFields(row))}`);
      expect(bytes[end]).toBe(0x7e);
    }),
  );
});

it('uses the memory of an answer again once it has been given back, and not before', () => {
  const buffers = new BodyBuffers();
  const first = buffers.take(100_000);
  const second = buffers.take(100_000);
  expect(second.buffer).not.toBe(first.buffer);
  buffers.give(first);
  const third = buffers.take(90_000);
  expect(third.buffer).toBe(first.buffer);
  expect(third.length).toBe(90_000);
  // An answer may have turned out shorter than there was room for.
  buffers.give(third.subarray(0, 5_000));
  expect(buffers.take(100_000).buffer).toBe(first.buffer);
  const short = buffers.take(100);
  buffers.give(short);
  expect(buffers.take(5_000).buffer).not.toBe(short.buffer);
});
