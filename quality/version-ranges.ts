/** Version ranges as other databases write them. */

export interface WrittenRange {
  readonly introduced: string;
  readonly fixed?: string;
  readonly lastAffected?: string;
}

/** `>= 2.0.0, <= 2.9.10.3`, `>= 6.2.0 < 6.2.10`, `< v2.8.0`, `[2.9.0,2.9.10.7)`. What is no range at all is everything. */
export function writtenRange(text: string): WrittenRange {
  const bracket = /^[[(]([^,]*),([^\])]*)([\])])$/.exec(text.trim());
  if (bracket !== null) {
    const [, from = '', to = '', end] = bracket;
    const introduced = from.trim() || '0';
    return end === ')' ? { introduced, fixed: to.trim() } : { introduced, lastAffected: to.trim() };
  }
  let range: WrittenRange = { introduced: '0' };
  for (const [, operator, version = ''] of text.matchAll(/(>=|<=|<|>|=)\s*v?([^\s,]+)/g)) {
    if (operator === '>=' || operator === '>') range = { ...range, introduced: version };
    else if (operator === '<') range = { ...range, fixed: version };
    else if (operator === '<=') range = { ...range, lastAffected: version };
    else range = { introduced: version, lastAffected: version };
  }
  return range;
}

/** The `ranges` of an OSV record. */
export function osvRanges(ranges: readonly WrittenRange[]): readonly object[] {
  return ranges.map(({ introduced, fixed, lastAffected }) => ({
    type: 'ECOSYSTEM',
    events: [
      { introduced },
      ...(fixed === undefined ? [] : [{ fixed }]),
      ...(lastAffected === undefined ? [] : [{ last_affected: lastAffected }]),
    ],
  }));
}
