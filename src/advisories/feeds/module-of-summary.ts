/**
 * AlmaLinux and Rocky Linux name the stream only in the summary: `Moderate: nodejs:18 security update`. Where it names
 * two (`idm:DL1 and idm:client`), which package belongs to which is not said, and the answer is
 * empty.
 */
export function moduleOfSummary(summary: string): string {
  const text = summary.replace(/^(?:Critical|Important|Moderate|Low): /, '');
  const streams = text.match(/(?<![\w:./+-])[A-Za-z][\w.+-]*:[\w.+-]+/g);
  return streams?.length === 1 ? (streams[0] ?? '') : '';
}
