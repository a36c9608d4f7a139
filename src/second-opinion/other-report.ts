import type { System } from '../inventory/system.ts';

/** What another scanner says of a server, whatever the form of its report. */

/** Largest report that is read, unpacked. */
export const REPORT_BYTES_MAX = 128 * 1024 * 1024;
/** Most findings taken of one report; the rest is counted. */
export const REPORT_FINDINGS_MAX = 200_000;
/** Most ids of one finding. */
const FINDING_IDS_MAX = 1_000;
/** Longest id, name or version that is kept, in characters. */
const TEXT_LENGTH_MAX_CHARS = 512;

export interface OtherFinding {
  /** How the scanner calls it: a CVE, or an advisory of a vendor or a database. */
  readonly id: string;
  /** CVEs that the report gives for it; empty where it gives none. */
  readonly cves: readonly string[];
  /** Empty where the report names no package (OVAL results). */
  readonly package: string;
  /** Empty where the report does not say. */
  readonly version: string;
  readonly fixedVersion: string;
}

export interface OtherReport {
  /** The scanner's name, for people. */
  readonly scanner: string;
  /** The system it saw; undefined where the report does not say. */
  readonly system: System | undefined;
  readonly findings: readonly OtherFinding[];
  /** Records that were left out, in words. */
  readonly problems: readonly string[];
}

/** What a format is told by: its mark in the parsed JSON, or in the text. */
export interface JsonReportFormat {
  readonly name: string;
  readonly recognises: (document: unknown) => boolean;
  readonly read: (document: unknown, findings: FindingList) => Omit<OtherReport, 'findings' | 'problems'>;
}

export interface TextReportFormat {
  readonly name: string;
  readonly recognises: (text: string) => boolean;
  /** Throws `report-unreadable` where the text breaks off its own form. */
  readonly read: (text: string, findings: FindingList) => Omit<OtherReport, 'findings' | 'problems'>;
}

const CVE = /^CVE-\d{4}-\d{4,}$/;

/** Gathers what a format finds, checks it and leaves out repeats. Lives as long as one report is read. */
export class FindingList {
  readonly file: string;
  readonly #findings = new Map<string, OtherFinding>();
  #unusable = 0;
  #omitted = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** `ids`: the scanner's own first, then every other name of the same problem; those that are CVEs are told apart. */
  add(
    ids: readonly string[],
    found: Partial<Pick<OtherFinding, 'package' | 'version' | 'fixedVersion'>>,
  ): void {
    const [id = ''] = ids;
    const finding = {
      id,
      cves: [...new Set(ids.slice(0, FINDING_IDS_MAX).filter((one) => CVE.test(one)))],
      package: found.package ?? '',
      version: found.version ?? '',
      fixedVersion: found.fixedVersion ?? '',
    };
    const texts = [finding.id, finding.package, finding.version, finding.fixedVersion];
    if (id === '' || texts.some((text) => !isUsable(text))) {
      this.#unusable += 1;
      return;
    }
    const key = [finding.id, finding.package, finding.version].join('\n');
    if (this.#findings.has(key)) return;
    if (this.#findings.size >= REPORT_FINDINGS_MAX) this.#omitted += 1;
    else this.#findings.set(key, finding);
  }

  findings(): readonly OtherFinding[] {
    return [...this.#findings.values()];
  }

  problems(): readonly string[] {
    const problems: string[] = [];
    if (this.#unusable > 0) problems.push(`${this.#unusable} findings without a usable id, name or version`);
    if (this.#omitted > 0)
      problems.push(`${this.#omitted} findings beyond the ${REPORT_FINDINGS_MAX} that are taken`);
    return problems;
  }
}

/** Short enough, and without what would move the cursor of whoever reads it or break a key. */
function isUsable(text: string): boolean {
  return (
    text.length <= TEXT_LENGTH_MAX_CHARS && !/[\u0000-\u001f\u007f-\u009f]/.test(text) && text.isWellFormed()
  );
}
