import { describe, expect, it } from 'vitest';
import { type CsvRow, readCsvRows } from './csv-rows.ts';

async function rowsOf(text: string, rowBytesMax = 1000, pieceBytes = 7): Promise<readonly CsvRow[]> {
  const bytes = Buffer.from(text);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const rows: CsvRow[] = [];
  for await (const batch of readCsvRows(pieces(), { rowBytesMax })) rows.push(...batch);
  return rows;
}

describe('readCsvRows', () => {
  it('reads quoted and bare fields, empty ones and doubled quotes', async () => {
    const rows = await rowsOf('a,"b, c","say ""hi""",,""\r\n\r\n"x",y\n');
    expect(rows).toEqual([
      { line: 1, fields: ['a', 'b, c', 'say "hi"', '', ''], isTooLong: false },
      { line: 3, fields: ['x', 'y'], isTooLong: false },
    ]);
  });

  it('reads quoted text over several lines and counts on', async () => {
    const rows = await rowsOf('"one\ntwo",2\nnext,3');
    expect(rows).toEqual([
      { line: 1, fields: ['one\ntwo', '2'], isTooLong: false },
      { line: 3, fields: ['next', '3'], isTooLong: false },
    ]);
  });

  it('marks a row past the bound and goes on behind it', async () => {
    const rows = await rowsOf(`"${'x'.repeat(50)}",1\nshort,2\n`, 20);
    expect(rows.map((row) => row.isTooLong)).toEqual([true, false]);
  });

  it('does not hold what follows a quote that is never closed', async () => {
    const rows = await rowsOf(`good,1\n"open,2\n${'line\n'.repeat(20)}`, 40);
    expect(rows[0]).toEqual({ line: 1, fields: ['good', '1'], isTooLong: false });
    expect(rows.some((row) => row.isTooLong)).toBe(true);
  });
});
