import { updateNumberOf } from '../../windows/update-number.ts';
import { hasField, textField } from '../json-fields.ts';
import type { FoundWindows, JsonFormat, TextFormat } from './format.ts';

/** How much of a text is looked at for the heading, in characters: a Get-HotFix table has it in its first lines. */
const HEADING_WITHIN_CHARS = 4_000;

/**
 * Installed updates alone, as `Get-HotFix` and `wmic qfe` write them: a table, a list of properties (`Format-List`) or
 * comma-separated. No language translates the property names. Such a list does not name its system: that is to be given.
 */
export const HOTFIX_LIST: TextFormat = {
  name: 'Get-HotFix or wmic qfe (with --system)',
  recognises: (text) => /\bHotFixID\b/i.test(text.slice(0, HEADING_WITHIN_CHARS)),
  read: (text) => ({ windows: updatesAlone(listedUpdates(text)) }),
};

/** `Get-HotFix | ConvertTo-Json`. */
export const HOTFIX_JSON: JsonFormat = {
  name: 'Get-HotFix as JSON (with --system)',
  recognises: (document) => itemsOf(document).some((item) => hasField(item, 'HotFixID')),
  read: (document) => {
    const numbers = itemsOf(document).flatMap((item) => updateNumberOf(textField(item, 'HotFixID')) ?? []);
    return { windows: updatesAlone(numbers) };
  },
};

/**
 * The numbers of a list of updates in `text`: in the column under `HotFixID`, where there are numbers without letters too,
 * and wherever else a number stands with its letters.
 */
export function listedUpdates(text: string): readonly string[] {
  const numbers: string[] = [];
  let column: { readonly from: number; readonly to: number } | undefined;
  let isHeaded = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /\bHotFixID\s*/i.exec(line);
    const isHeading = heading !== null && !/[=:]/.test(line.slice(heading.index));
    if (isHeading) {
      column = { from: heading.index, to: heading.index + heading[0].length };
      isHeaded = true;
      continue;
    }
    isHeaded ||= heading !== null;
    if (!isHeaded) continue;
    const inColumn = column === undefined ? undefined : updateNumberOf(line.slice(column.from, column.to));
    const found = inColumn === undefined ? line.match(/\bKB\d{6,7}\b/gi) : [inColumn];
    for (const number of found ?? []) numbers.push(number.toUpperCase());
  }
  return numbers;
}

function updatesAlone(installed: readonly string[]): FoundWindows {
  return { build: '', installed, pending: [], restartRequired: false };
}

function itemsOf(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}
