import fc from 'fast-check';
import { expect, it } from 'vitest';
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
      const { stems, column, positions } = built(texts);
      const ranges = positions.rangesOf(sought, stems);
      const found =
        ranges === undefined
          ? column.find(Buffer.from(sought))
          : positions.select(ranges, column, Buffer.from(sought));
      const expected = texts.flatMap((one, at) => (one.includes(sought) ? [at] : []));
      expect(texts.flatMap((_one, at) => (found.has(at) ? [at] : []))).toEqual(expected);
      expect(found.count).toBe(expected.length);
    }),
    { numRuns: 500 },
  );
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
