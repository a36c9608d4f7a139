import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonElements } from './json-elements.ts';
import { isJsonObject, JSON_DEPTH_MAX, parseJson, stringField } from './json-guard.ts';
import { readLines } from './lines.ts';

async function* inPieces(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(text: string | Buffer, size: number, lineBytesMax = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of readLines(inPieces(text, size), { lineBytesMax })) {
    lines.push(...batch.map((line) => `${line.number}:${line.isTooLong ? 'too long' : line.text}`));
  }
  return lines;
}

async function elementsOf(text: string, size: number, elementBytesMax = 1_000): Promise<string[]> {
  const elements: string[] = [];
  for await (const batch of readJsonElements(inPieces(text, size), { elementBytesMax })) {
    elements.push(...batch.map((found) => `${found.line}:${found.isTooLong ? 'too long' : found.text}`));
  }
  return elements;
}

describe('readLines', () => {
  it('numbers lines, ends them at LF or CRLF, drops the byte order mark and keeps the last line without an ending', async () => {
    expect(await linesOf('\ufeffa\r\n\nc', 2)).toEqual(['1:a', '2:', '3:c']);
    expect(await linesOf('a\n', 9)).toEqual(['1:a']);
    expect(await linesOf('', 1)).toEqual([]);
  });

  it('passes over a line beyond the bound and goes on with the next', async () => {
    expect(await linesOf(`${'x'.repeat(5_000)}\nshort`, 100)).toEqual(['1:too long', '2:short']);
  });

  it('gives the same lines however the bytes are cut, characters of several bytes included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 1, max: 9 }),
        async (parts, size) => {
          const text = parts.map((part) => part.replaceAll(/[\r\n\ufeff]/g, '')).join('\n');
          const whole = text.split('\n').map((line, index) => `${index + 1}:${line}`);
          if (whole.at(-1)?.endsWith(':') === true) whole.pop();
          expect(await linesOf(text, size, 1e6)).toEqual(whole);
        },
      ),
    );
  });
});

describe('readJsonElements', () => {
  it('splits a list at its own commas only', async () => {
    expect(await elementsOf('[ {"a":[1,2]},\n"x,]\\"", 3 ]\n', 1)).toEqual([
      '1:{"a":[1,2]}',
      '2:"x,]\\""',
      '2:3',
    ]);
    expect(await elementsOf('[]', 1)).toEqual([]);
  });

  it('passes over an element beyond the bound, and yields the cut end of a list that is cut short', async () => {
    expect(await elementsOf(`["${'x'.repeat(3_000)}",1]`, 100)).toEqual(['1:too long', '1:1']);
    expect(await elementsOf('[1,{"a"', 3)).toEqual(['1:1', '1:{"a"']);
  });

  it('gives what the parser gives for any list, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(2),
        async (list, size, indent) => {
          const elements: unknown[] = [];
          const source = inPieces(JSON.stringify(list, null, indent), size);
          for await (const batch of readJsonElements(source, { elementBytesMax: 1e6 })) {
            elements.push(...batch.map((found): unknown => JSON.parse(found.text)));
          }
          expect(JSON.stringify(elements)).toEqual(JSON.stringify(list));
        },
      ),
    );
  });

  it('never throws on arbitrary bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        for await (const _ of readJsonElements(inPieces(Buffer.from(bytes), 7), { elementBytesMax: 20 }));
      }),
    );
  });
});

describe('parseJson', () => {
  it('refuses what is nested too deep before parsing it, and does not count brackets in strings', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(parseJson(deep)).toEqual({
      ok: false,
      problem: `is nested more than ${JSON_DEPTH_MAX} levels deep`,
    });
    expect(parseJson(JSON.stringify({ text: '[{"'.repeat(1_000) })).ok).toBe(true);
    expect(parseJson('"unclosed \\').ok).toBe(false);
  });

  it('keeps the prototype of every object out of reach of the document', () => {
    const parsed = parseJson('{"__proto__":{"id":"evil"},"constructor":1,"id":"good"}');
    expect(parsed.ok && isJsonObject(parsed.value) && stringField(parsed.value, 'id')).toBe('good');
    expect(Object.hasOwn(Object.prototype, 'id')).toBe(false);
    const inherited = parseJson('{"__proto__":{"id":"evil"}}');
    expect(inherited.ok && isJsonObject(inherited.value) && stringField(inherited.value, 'id')).toBe('');
  });

  it('agrees with the parser on arbitrary text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const isJson = parseJson(text).ok;
        let isParsed = true;
        try {
          JSON.parse(text);
        } catch {
          isParsed = false;
        }
        expect(isJson).toBe(isParsed);
      }),
    );
  });
});
