import type { TextReportFormat } from '../other-report.ts';

/** `CVE-2023-1393 xserver-common (remotely exploitable, medium urgency, fixed)`; `TEMP-0000000-000000` before a CVE exists. */
const SUMMARY = /^((?:CVE-\d{4}-\d{4,}|TEMP-\d+-[0-9A-F]+)) ([^\s(]\S*)(?: \([^()]*\))?$/;
/** `debsecan --format detail`: a head of the id and its flags, lines of its own below. */
const DETAIL_HEAD = /^((?:CVE-\d{4}-\d{4,}|TEMP-\d+-[0-9A-F]+))(?: \([^()]*\))?$/;
const DETAIL_PACKAGE = /^ {2}installed: (\S+) (\S+)$/;
/** Lines of the head of a text by which it is recognised. */
const LINES_ASKED = 50;

/** What `debsecan` prints: `--format summary`, `simple` or `detail`. */
export const DEBSECAN_TEXT: TextReportFormat = {
  name: 'the text that debsecan prints',
  recognises: (text) => {
    const lines = text
      .slice(0, 64 * 1024)
      .split('\n', LINES_ASKED)
      .map((line) => line.trimEnd());
    const first = lines.find((line) => line !== '') ?? '';
    return (
      SUMMARY.test(first) || (DETAIL_HEAD.test(first) && lines.some((line) => DETAIL_PACKAGE.test(line)))
    );
  },
  read: (text, findings) => {
    let id = '';
    for (const line of text.split('\n')) {
      const trimmed = line.trimEnd();
      const summary = SUMMARY.exec(trimmed);
      if (summary?.[1] !== undefined && summary[2] !== undefined) {
        findings.add([summary[1]], { package: summary[2] });
        continue;
      }
      id = DETAIL_HEAD.exec(trimmed)?.[1] ?? id;
      const installed = DETAIL_PACKAGE.exec(trimmed);
      if (installed?.[1] !== undefined && installed[2] !== undefined && id !== '') {
        findings.add([id], { package: installed[1], version: installed[2] });
      }
    }
    return { scanner: 'debsecan', system: undefined };
  },
};
