/** What the agent's endpoints are made of. */
import type { KnownLines } from '../../inventory/known-lines.ts';
import type { reportsTogether } from '../../jobs/accept-reports.ts';
import type { KnownMatches } from '../../jobs/known-matches.ts';
import type { unchangedReports } from '../../jobs/note-unchanged-report.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import type { InTurn } from '../../jobs/turns.ts';
import type { Database } from '../../store/database.ts';
import type { AgentLimits } from './agent-limits.ts';

export interface AgentParts {
  readonly database: Database;
  readonly clock: () => CoverageClock;
  readonly limits: AgentLimits;
  /** What lines of reports read as, kept from one report to the next. */
  readonly lines: KnownLines;
  /** What packages are affected by, kept from one report to the next. */
  readonly known: KnownMatches;
  /** Takes a whole report in together with others; undefined: it is to go alone. */
  readonly acceptTogether: ReturnType<typeof reportsTogether>;
  /** For reading reports: one after the other, and others get their turn in between. */
  readonly reading: InTurn;
  /** For reports that go alone. */
  readonly alone: InTurn;
  /** Notes an unchanged report together with others; false: something else is to be done about it. */
  readonly noteUnchanged: ReturnType<typeof unchangedReports>;
  /** Drops what is remembered of credentials: to be called after one was replaced. */
  readonly forgetAgents: () => void;
  /** Told what became of each report that was not refused, for counting. */
  readonly countReport: (outcome: 'accepted' | 'unchanged' | 'wanted_in_full') => void;
}

/** A machine id as agents tell it; empty where the machine has none. */
export const MACHINE_ID = /^[0-9A-Za-z-]{0,64}$/;
