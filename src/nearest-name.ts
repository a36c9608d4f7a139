/** A name further away than this many edits is no likely typing error. */
const EDITS_MAX = 3;
const NAME_LENGTH_MAX = 100;

/** The one of `known` that `name` was most likely meant to be (case aside, at most 3 edits away), or undefined. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  let closest: string | undefined;
  let editsMin = EDITS_MAX + 1;
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < editsMin) {
      editsMin = edits;
      closest = candidate;
    }
  }
  return closest;
}

/** Levenshtein distance: inserted, removed and replaced characters. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
