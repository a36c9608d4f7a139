/** A number with its noun, as a sentence says it: `1 package`, `2 packages`. `many` where an s does not do. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
