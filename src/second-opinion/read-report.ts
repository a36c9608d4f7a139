import { parseJson } from '../archive/json-guard.ts';
import { appError } from '../errors.ts';
import { shownText } from '../inventory/shown-text.ts';
import { decodeText, unpack } from '../inventory/unpack.ts';
import { DEBSECAN_TEXT } from './formats/debsecan-text.ts';
import { GRYPE_REPORT } from './formats/grype-report.ts';
import { OVAL_RESULTS } from './formats/oval-results.ts';
import { TRIVY_REPORT } from './formats/trivy-report.ts';
import { VULS_REPORT } from './formats/vuls-report.ts';
import {
  FindingList,
  type JsonReportFormat,
  type OtherReport,
  REPORT_BYTES_MAX,
  type TextReportFormat,
} from './other-report.ts';

const JSON_FORMATS: readonly JsonReportFormat[] = [VULS_REPORT, TRIVY_REPORT, GRYPE_REPORT];
const TEXT_FORMATS: readonly TextReportFormat[] = [OVAL_RESULTS, DEBSECAN_TEXT];

/** Every format understood, as named to people. */
export const REPORT_FORMATS: readonly string[] = [...JSON_FORMATS, ...TEXT_FORMATS].map(({ name }) => name);

/**
 * Reads another scanner's report of one server, plain or gzip, recognised by its content; `file` is how messages call it.
 * Pure; bounded by `REPORT_BYTES_MAX` and `REPORT_FINDINGS_MAX`. Throws `report-unrecognised` for a file of another kind,
 * `report-unreadable` for a broken one, `report-too-large` past the limit. A bad record costs itself: see `problems`.
 */
export function readReport(bytes: Uint8Array, file: string): OtherReport {
  const text = decodeText(unpacked(bytes, file));
  const start = /^\s*(\S?)/.exec(text.slice(0, 4096))?.[1] ?? '';
  if (start === '') throw unrecognised(file, 'it is empty');
  const findings = new FindingList(file);
  const about = start === '{' || start === '[' ? readJson(text, findings) : readText(text, findings);
  return { ...about, findings: findings.findings(), problems: findings.problems() };
}

function unpacked(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return unpack(bytes, { file, bytesMax: REPORT_BYTES_MAX });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'inventory-too-large';
    if (isTooLarge) throw appError('report-too-large', { file, bytesMax: REPORT_BYTES_MAX }, error);
    throw appError('report-unreadable', { file, problem: 'its gzip data is broken or cut short' }, error);
  }
}

function readJson(text: string, findings: FindingList): ReturnType<JsonReportFormat['read']> {
  const { file } = findings;
  const parsed = parseJson(text);
  if (!parsed.ok)
    throw appError('report-unreadable', { file, problem: `it ${shownText(parsed.problem, 300)}` });
  const format = JSON_FORMATS.find((item) => item.recognises(parsed.value));
  if (format === undefined) throw unrecognised(file, 'its JSON is in no known form');
  return format.read(parsed.value, findings);
}

function readText(text: string, findings: FindingList): ReturnType<TextReportFormat['read']> {
  const format = TEXT_FORMATS.find((item) => item.recognises(text));
  if (format === undefined) throw unrecognised(findings.file, 'its text is in no known form');
  return format.read(text, findings);
}

function unrecognised(file: string, problem: string): Error {
  return appError('report-unrecognised', { file, problem, understood: REPORT_FORMATS.join('; ') });
}
