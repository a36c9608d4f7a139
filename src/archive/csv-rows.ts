import type { ByteStream } from './byte-stream.ts';
import { readLines } from './lines.ts';

/** One row: its fields without their quotes. Empty where the row is longer than the bound. */
export interface CsvRow {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  readonly isTooLong: boolean;
}

/**
 * Reads comma-separated values (RFC 4180) as they arrive, in batches: fields may stand in quotes, quotes in them are
 * doubled, and quoted text may go over several lines. Empty lines are passed over. A row of more than `rowBytesMax` bytes
 * is marked and not held, and so is what follows a quote that is never closed.
 */
export async function* readCsvRows(
  source: ByteStream,
  { rowBytesMax }: { readonly rowBytesMax: number },
): AsyncGenerator<readonly CsvRow[]> {
  let open: { readonly line: number; text: string; isTooLong: boolean } | undefined;
  for await (const lines of readLines(source, { lineBytesMax: rowBytesMax })) {
    const rows: CsvRow[] = [];
    for (const { number, text, isTooLong } of lines) {
      if (open === undefined) {
        if (text === '' && !isTooLong) continue;
        open = { line: number, text, isTooLong };
      } else {
        open.text = `${open.text}\n${text}`;
        open.isTooLong ||= isTooLong || open.text.length > rowBytesMax;
      }
      if (!open.isTooLong && hasOpenQuote(open.text)) continue;
      rows.push({ line: open.line, ...fieldsOf(open) });
      open = undefined;
    }
    if (rows.length > 0) yield rows;
  }
  if (open !== undefined) yield [{ line: open.line, fields: [], isTooLong: true }];
}

function fieldsOf({ text, isTooLong }: { readonly text: string; readonly isTooLong: boolean }): {
  readonly fields: readonly string[];
  readonly isTooLong: boolean;
} {
  return isTooLong ? { fields: [], isTooLong } : { fields: splitRow(text), isTooLong };
}

function hasOpenQuote(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 1;
}

function splitRow(text: string): readonly string[] {
  const fields: string[] = [];
  let start = 0;
  while (start <= text.length) {
    if (text[start] !== '"') {
      const comma = text.indexOf(',', start);
      const end = comma < 0 ? text.length : comma;
      fields.push(text.slice(start, end));
      start = end + 1;
      continue;
    }
    let close = text.indexOf('"', start + 1);
    while (text[close + 1] === '"') close = text.indexOf('"', close + 2);
    fields.push(text.slice(start + 1, close).replaceAll('""', '"'));
    const comma = text.indexOf(',', close + 1);
    start = comma < 0 ? text.length + 1 : comma + 1;
  }
  return fields;
}
