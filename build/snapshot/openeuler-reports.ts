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

const RELEASE_OF_TAG: ReadonlyMap<string, string> = new Map([
  ['oe2003sp4', '20.03-LTS-SP4'],
  ['oe2203sp1', '22.03-LTS-SP1'],
  ['oe2203sp3', '22.03-LTS-SP3'],
  ['oe2203sp4', '22.03-LTS-SP4'],
  ['oe2403lts', '24.03-LTS'],
  ['oe2403sp1', '24.03-LTS-SP1'],
]);

const ROW =
  /^\| \d+ \| (\S+) \| \[(openEuler-SA-\d{4}-\d+)\]\([^)]*\) \| (CRITICAL|HIGH|MEDIUM|LOW) \| fixed \| (\S+) \| (\S+) \|/;

/**
 * The rows of the reports in a tar of Markdown tables (`YYYY-MM/<registry>/<repository>/<tag>.md`). A report whose tag
 * does not tell the release (`latest`) is left out, as is one that only tells of a scan that failed.
 */
export function readOpenEulerReports(tarGz: Uint8Array): readonly OpenEulerRow[] {
  return [...tarEntriesOf(tarGz)].flatMap(({ path, text }) => rowsOf(path, text));
}

function rowsOf(path: string, text: string): readonly OpenEulerRow[] {
  const image = /\/([^/]+)\.md$/.exec(path)?.[1] ?? '';
  const release = RELEASE_OF_TAG.get(image.split('-').at(-1) ?? '');
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

function wordOf(text: string): OpenEulerRow['word'] {
  if (text === 'CRITICAL') return 'critical';
  if (text === 'HIGH') return 'high';
  return text === 'MEDIUM' ? 'medium' : 'low';
}
