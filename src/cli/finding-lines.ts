/** The findings of one server, for `parapet server show`: a row of a table for each, its packages on lines below it. */
import type { FindingPackage } from '../store/fleet/finding-packages.ts';
import type { NamedFinding } from '../store/fleet/show-server.ts';
import { shownTime } from './shown-time.ts';
import { alignedTable, fitted } from './table.ts';

/** Widest line about a package, in columns of the terminal; the places at its end give way. */
const PACKAGE_LINE_WIDTH_MAX_COLUMNS = 160;
const INDENT = '            ';

export interface ShownFinding extends NamedFinding {
  readonly packages: readonly Omit<FindingPackage, 'type' | 'id'>[];
}

/** The lines, none wider than 200 columns whatever the names are. */
export function findingLines(findings: readonly ShownFinding[]): readonly string[] {
  if (findings.length === 0) return ['No findings.'];
  const [header = '', ...rows] = alignedTable(
    ['priority', 'vulnerability', 'status', 'published', 'fetched', 'matched', 'title'],
    findings.map((finding) => [
      finding.priority,
      finding.id,
      finding.status.replace('vul_status_', ''),
      shownDay(finding.publishedAt),
      shownDay(finding.fetchedAt),
      shownDay(finding.firstSeenAt),
      finding.title,
    ]),
  );
  const lines = findings.flatMap((finding, at) => [rows[at] ?? '', ...packageLines(finding)]);
  return [header, ...lines];
}

/** The day of one of the clocks, in the time zone of whoever reads it; empty where it is not known. */
function shownDay(ms: number | null): string {
  return ms === null ? '' : shownTime(ms).slice(0, 'yyyy-mm-dd'.length);
}

function packageLines({ packages, fixable }: ShownFinding): readonly string[] {
  // Nothing of the server matches a finding that was fixed.
  if (packages.length === 0) return fixable ? [] : [`${INDENT}no fix yet`];
  return packages.map(({ name, version, fixedVersion, paths }) => {
    const [path, ...others] = paths;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const fix = fixedVersion === undefined ? 'no fix yet' : `fixed in ${fitted(fixedVersion)}`;
    const where = path === undefined ? '' : `, at ${path}${more}`;
    return fitted(
      `${INDENT}${fitted(name)} ${fitted(version)}, ${fix}${where}`,
      PACKAGE_LINE_WIDTH_MAX_COLUMNS,
    );
  });
}
