/** Columns of text, aligned. */

/** Longest cell shown in full, in characters; the rest gives way to an ellipsis. */
export const CELL_LENGTH_MAX_CHARS = 60;

const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The lines of a table with its header; the last column is not padded. */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const shown = [header, ...rows].map((row) => row.map(cellOf));
  const widths = header.map((_, column) => Math.max(...shown.map((row) => [...(row[column] ?? '')].length)));
  return shown.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
      )
      .join('  '),
  );
}

function cellOf(text: string): string {
  const characters = [...printable(text)];
  return characters.length <= CELL_LENGTH_MAX_CHARS
    ? characters.join('')
    : `${characters.slice(0, CELL_LENGTH_MAX_CHARS - 1).join('')}…`;
}

/** Text of strangers without what would move the cursor of whoever reads it. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '?');
}
