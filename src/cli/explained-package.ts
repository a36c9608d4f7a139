/** How `parapet explain` writes what it says of one package, whether the package is this machine's or a stored server's. */
import type { RecordVerdict, Verdict } from '../matching/explain.ts';

export interface ExplainedLines extends Pick<Verdict, 'package' | 'decision' | 'reason'> {
  /** Of an affected package that raises no finding, that it does not; empty: nothing. */
  readonly silence: string;
  readonly records: readonly (RecordVerdict & { readonly revision?: number | null })[];
}

/** The lines: what it comes to, then each record with what it says beyond that. */
export function explainedLines({
  package: { name, version, ecosystem },
  decision,
  reason,
  silence,
  records,
}: ExplainedLines): readonly string[] {
  const note = silence === '' ? '' : ` (${silence})`;
  return [
    `${name} ${version} (${ecosystem}): ${decision}${note}`,
    `  ${reason}`,
    ...records.flatMap((record) => {
      const revision = record.revision === undefined ? '' : `, revision ${record.revision ?? 'unknown'}`;
      // Of the record that decided, the reason is the package's own and stands above.
      const own = record.reason === reason ? '' : ` ${record.reason}`;
      return [
        `  - ${record.advisory_id} (${record.feed}${revision}): ${record.decision} by ${record.rule}.${own}`,
        ...(record.comparison === '' ? [] : [`    ${record.comparison}`]),
      ];
    }),
  ];
}
