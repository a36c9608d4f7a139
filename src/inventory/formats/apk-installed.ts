import type { PackageList } from '../package-list.ts';
import type { TextFormat } from './format.ts';

/** The database of apk, `/lib/apk/db/installed`: records of `letter:value` lines, parted by an empty line. */
export const APK_INSTALLED: TextFormat = {
  name: 'apk installed (/lib/apk/db/installed)',
  recognises: (text) => /^(?:[A-Za-z]:[^\n]*\n){0,40}P:\S/.test(text.slice(0, 20_000)),
  read: (text, list) => {
    readApkInstalled(text, list);
    return {};
  },
};

/** Reads every record into `list`: `P` name, `V` version, `A` architecture, `o` origin (the source package). */
export function readApkInstalled(text: string, list: PackageList): void {
  let line = 1;
  for (const record of text.split(/\r?\n(?:\r?\n)+/)) {
    const lines = record.split(/\r?\n/);
    const fields = new Map<string, string>();
    for (const item of lines) {
      const letter = item.slice(0, 2);
      // `a:` and later `F:`/`R:` lines repeat for every file; only the four that count are kept.
      if (letter === 'P:' || letter === 'V:' || letter === 'A:' || letter === 'o:')
        fields.set(letter, item.slice(2));
    }
    if (record.trim() !== '') {
      list.addSystemPackage(
        {
          name: fields.get('P:') ?? '',
          version: fields.get('V:') ?? '',
          arch: fields.get('A:') ?? '',
          source: fields.get('o:') ?? '',
        },
        `record near line ${line}`,
      );
    }
    line += lines.length + 1;
  }
}
