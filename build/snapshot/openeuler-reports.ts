import { tarEntriesOf } from './tar-texts.ts';

/** One row of a scan report of an openEuler container image. */
export interface OpenEulerRow {
  /** Repository tag of the image, e.g. `7.2.4-oe2203sp3`. */
  readonly image: string;
  /** System key: `openeuler:22.03-LTS-SP3`. */
  readonly system: string;
  /** When the image was scanned, in ms since 1970. */
  readonly scannedAt: number;
  readonly package: string;
  readonly advisory: string;
  readonly word: 'critical' | 'high' | 'medium' | 'low';
  readonly installed: string;
  readonly fixed: string;
}

const ROW =
  /^\| \d+ \| (\S+) \| \[(openEuler-SA-\d{4}-\d+)\]\([^)]*\) \| (CRITICAL|HIGH|MEDIUM|LOW) \| fixed \| (\S+) \| (\S+) \|/;

/**
 * The rows of the reports in a tar of Markdown tables (`YYYY-MM/<registry>/<repository>/<tag>.md`). A report whose tag
 * does not tell the release (`latest`) is left out, as is one that only tells of a scan that failed.
 */
export function readOpenEulerReports(tarGz: Uint8Array): readonly OpenEulerRow[] {
  return [...tarEntriesOf(tarGz)].flatMap(({ path, text }) => rowsOf(path, text));
}

/** The rows of one report; none where its name does not tell the release. */
export function rowsOf(path: string, text: string): readonly OpenEulerRow[] {
  const image = /\/([^/]+)\.md$/.exec(path)?.[1] ?? '';
  const release = releaseOfTag(image.split('-').at(-1) ?? '');
  const scanned = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})/.exec(text);
  if (release === undefined || scanned === null) return [];
  const scannedAt = Date.parse(`${scanned[1]}T${scanned[2]}+08:00`);
  return text.split('\n').flatMap((line) => {
    const [, name, advisory, word, installed, fixed] = ROW.exec(line) ?? [];
    if (name === undefined || advisory === undefined || installed === undefined || fixed === undefined) {
      return [];
    }
    const common = { image, system: `openeuler:${release}`, scannedAt, package: name, advisory };
    return [{ ...common, word: wordOf(word ?? ''), installed, fixed }];
  });
}

/** `oe2203sp3` is 22.03-LTS-SP3, `oe2403lts` 24.03-LTS. */
function releaseOfTag(tag: string): string | undefined {
  const [, year, month, pack] = /^oe(\d{2})(\d{2})(?:lts)?(sp\d+)?$/.exec(tag) ?? [];
  if (year === undefined || month === undefined) return undefined;
  return `${year}.${month}-LTS${pack === undefined ? '' : `-${pack.toUpperCase()}`}`;
}

function wordOf(text: string): OpenEulerRow['word'] {
  if (text === 'CRITICAL') return 'critical';
  if (text === 'HIGH') return 'high';
  return text === 'MEDIUM' ? 'medium' : 'low';
}
