/**
 * The moments of a server's findings, apart from the findings, which many servers share: one moment that holds for most of
 * them, and triples (vulnerability, first seen, status since) for the others. Of a vulnerability the last triple counts, so
 * what changes is appended, without reading what is there; `UNCHANGED` leaves the moment that held before.
 */
import type { Finding } from './finding.ts';
import type { UndatedFinding } from './finding-columns.ts';

export const UNCHANGED = -1;

/** Numbers in `dates` from which on they are written anew, each finding once, instead of appended to. */
export const DATES_LENGTH_MAX = 3 * 1024;

export interface FindingDates {
  /** First seen and status since of every finding that `dates` does not name; ms since 1970. */
  readonly since: number;
  readonly dates: readonly number[];
}

/** The findings with their moments. */
export function datedFindings(
  findings: readonly UndatedFinding[],
  { since, dates }: FindingDates,
): readonly Finding[] {
  const moments = new Map<number, { firstSeenAt: number; statusSince: number }>();
  for (let at = 0; at + 2 < dates.length; at += 3) {
    const vulnerability = dates[at] ?? 0;
    const firstSeenAt = dates[at + 1] ?? UNCHANGED;
    const statusSince = dates[at + 2] ?? UNCHANGED;
    const before = moments.get(vulnerability) ?? { firstSeenAt: since, statusSince: since };
    moments.set(vulnerability, {
      firstSeenAt: firstSeenAt === UNCHANGED ? before.firstSeenAt : firstSeenAt,
      statusSince: statusSince === UNCHANGED ? before.statusSince : statusSince,
    });
  }
  return findings.map((finding) => ({
    ...finding,
    ...(moments.get(finding.vulnerability) ?? { firstSeenAt: since, statusSince: since }),
  }));
}

/** What is to be appended to the dates of `before` so that they are those of `after`. */
export function datesToAppend(before: readonly Finding[], after: readonly Finding[]): readonly number[] {
  const held = new Map(before.map((finding) => [finding.vulnerability, finding]));
  return after.flatMap(({ vulnerability, firstSeenAt, statusSince }) => {
    const old = held.get(vulnerability);
    const isSeen = old?.firstSeenAt === firstSeenAt;
    const isSince = old?.statusSince === statusSince;
    if (isSeen && isSince) return [];
    return [vulnerability, isSeen ? UNCHANGED : firstSeenAt, isSince ? UNCHANGED : statusSince];
  });
}

/** The dates of `findings` from nothing: as few triples as can be. */
export function datesAnew(findings: readonly Finding[]): FindingDates {
  const uses = new Map<number, number>();
  let since = 0;
  for (const { firstSeenAt, statusSince } of findings) {
    if (firstSeenAt !== statusSince) continue;
    const count = (uses.get(firstSeenAt) ?? 0) + 1;
    uses.set(firstSeenAt, count);
    if (count > (uses.get(since) ?? 0) || since === 0) since = firstSeenAt;
  }
  return {
    since,
    dates: findings
      .filter((finding) => finding.firstSeenAt !== since || finding.statusSince !== since)
      .flatMap((finding) => [finding.vulnerability, finding.firstSeenAt, finding.statusSince]),
  };
}

/** `since` undefined: `dates` are to be appended to those that are there; else both replace them. */
export interface DatesToWrite extends Pick<FindingDates, 'dates'> {
  readonly since?: number;
}

/**
 * How to write that `before` became `after`. Where the moments were read, or there were no findings yet, they are written anew,
 * so that they never grow; else what changed is appended.
 */
export function datesToWrite(
  { isDated, isFirst }: { readonly isDated: boolean; readonly isFirst: boolean },
  before: readonly Finding[],
  after: readonly Finding[],
): DatesToWrite {
  return isDated || isFirst ? datesAnew(after) : { dates: datesToAppend(before, after) };
}
