import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intersectionOf } from './combine-positions.ts';
import { ListPositions } from './position-set.ts';
import { stemPositions } from './stem-positions.ts';
import { TextColumn } from './text-column.ts';
import { TextStems } from './text-stems.ts';

const text = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', 'a', 'ab-', 'b', 'ü', '10.5.', '9'),
      fc.constantFrom('', '-', '.'),
      fc.nat({ max: 2100 }),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('', 'a', 'ab-', '007', 'x007', '00', 'b٣'),
);
const part = fc.oneof(
  fc.constantFrom('a', 'ab', '-', '-2', 'b-20', '.1', '5.', '7', '20', 'ü', 'b٣', '٣', '-007', 'x0'),
  text.filter((one) => one !== ''),
);

function built(texts: readonly string[]) {
  const stems = new TextStems();
  const column = new TextColumn(texts.length);
  for (const one of texts) column.append(one);
  const words = Uint32Array.from(texts, (one) => stems.hold(one));
  const steps = stemPositions(words, texts.length, stems);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return { stems, column, words, positions: step.value };
}

it('selects exactly the texts that hold a part, whatever of it lies in the digits', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 80 }), part, (texts, sought) => {
      const { column, positions } = built(texts);
      const places = positions.placesOf(sought);
      const found =
        places === undefined
          ? column.find(Buffer.from(sought))
          : positions.select(places, column, Buffer.from(sought));
      const expected = texts.flatMap((one, at) => (one.includes(sought) ? [at] : []));
      expect(texts.flatMap((_one, at) => (found.has(at) ? [at] : []))).toEqual(expected);
      expect(found.count).toBe(expected.length);
    }),
    { numRuns: 500 },
  );
});

it('selects and keeps the same of many texts of many stems', () => {
  const letters = 'abcdefgh';
  const texts = Array.from({ length: 6_000 }, (_, at) => {
    const stem = `${letters[at % 8]}${letters[(at >> 3) % 7]}-${letters[at % 5]}x`;
    return at % 3 === 0 ? `${stem}-${at % 1_000}` : `${stem}${letters[at % 3]}${at % 97}`;
  });
  const { column, positions } = built(texts);
  for (const sought of ['x', 'ax', 'a-', 'xb', 'bb-', '-7', '-77', '-777', 'b9', 'xc96', 'no']) {
    const bytes = Buffer.from(sought);
    const places = positions.placesOf(sought);
    if (places === undefined) throw new Error(`${sought} is all digits`);
    const expected = texts.flatMap((one, at) => (one.includes(sought) ? [at] : []));
    const found = positions.select(places, column, bytes);
    expect(expected.map((_, ordinal) => found.select(ordinal))).toEqual(expected);
    expect(found.select(expected.length)).toBe(-1);
    const few = Uint32Array.from(texts.keys()).filter((at) => at % 50 === 7);
    const kept = positions.keep(new ListPositions(few), places, column, bytes);
    const both = kept ?? intersectionOf([new ListPositions(few), found], texts.length);
    expect([...few].filter((at) => both.has(at))).toEqual(expected.filter((at) => at % 50 === 7));
    expect(both.count).toBe(expected.filter((at) => at % 50 === 7).length);
  }
});

it('gives the number of a stem out again once no row has it', () => {
  const { stems, words } = built(['web-1', 'web-2', 'db-1']);
  const size = stems.size;
  stems.release(words[0] ?? 0);
  expect(stems.where(() => true)).toHaveLength(2);
  stems.release(words[1] ?? 0);
  expect(stems.where(() => true)).toHaveLength(1);
  stems.hold('mail-9');
  expect(stems.size).toBe(size);
  expect(stems.where((stem) => stem === 'mail-')).toHaveLength(1);
});
