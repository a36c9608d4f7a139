/**
 * Updates of Windows by their number in Microsoft's Knowledge Base, in one spelling: `KB5053594`.
 */

/** The number as listed (`KB5053594`, `5053594`, `Q147222`, `KB893803v2`), in the one spelling; undefined: none. */
export function updateNumberOf(text: string): string | undefined {
  const number = /^\s*(?:KB|Q)?(\d{6,7})(?:[-_ ]?v\d{1,2})?\s*$/i.exec(text)?.[1];
  return number === undefined ? undefined : `KB${number}`;
}
