/** Columns of text, aligned. */

/** Widest cell shown in full, in columns of the terminal; the rest gives way to an ellipsis. */
export const CELL_WIDTH_MAX_COLUMNS = 60;

// Text of strangers must not move the cursor of whoever reads it.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** What takes no column of its own: marks on the letter before, joiners, selectors. */
const NARROW = /^(?:\p{Mn}|\p{Me}|\u200b|\u200c|\u200d)$/u;
/** What takes two columns: East Asian wide and full-width forms, and pictures (Unicode Standard Annex 11). */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** The lines of a table with its header; the last column is not padded. */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const shown = [header, ...rows].map((row) => row.map((cell) => fitted(cell)));
  const widths = header.map((_, column) =>
    shown.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  );
  return shown.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .join('  '),
  );
}

/** Columns of a terminal that a text takes; exact but for sequences that a font joins into one picture. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** A text as it may go to a terminal: without what moves the cursor or turns the direction of writing. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '?');
}

function columnsOf(character: string): number {
  if (NARROW.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** A text as it may go to a terminal, in so many columns; where it is wider, an ellipsis stands for the rest. */
export function fitted(text: string, columnsMax = CELL_WIDTH_MAX_COLUMNS): string {
  const whole = printable(text);
  if (widthOf(whole) <= columnsMax) return whole;
  let shown = '';
  let width = 0;
  for (const character of whole) {
    width += columnsOf(character);
    if (width > columnsMax - 1) break;
    shown += character;
  }
  return `${shown}…`;
}
