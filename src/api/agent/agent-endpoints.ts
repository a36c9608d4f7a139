/** What the agent asks for: its own installation, its enrolment, and to be heard. */
import { KnownLines } from '../../inventory/known-lines.ts';
import { REPORTS_ALONE_MAX, reportsTogether } from '../../jobs/accept-reports.ts';
import { KnownMatches } from '../../jobs/known-matches.ts';
import { unchangedReports } from '../../jobs/note-unchanged-report.ts';
import { createTurns } from '../../jobs/turns.ts';
import type { Endpoint } from '../endpoint.ts';
import { createAgentLimits } from './agent-limits.ts';
import type { AgentParts } from './agent-parts.ts';
import { enrolEndpoint } from './enrol.ts';
import { installScriptEndpoint } from './install-script.ts';
import { reportEndpoint } from './report.ts';
import { unchangedEndpoint } from './unchanged.ts';

export interface AgentEndpointParts
  extends Pick<AgentParts, 'database' | 'clock' | 'forgetAgents' | 'countReport'> {
  readonly publicUrl: () => string;
  readonly publicUrlIsConfigured: boolean;
  /** Told of reports that could not be taken in together and go one by one, which is slower. */
  readonly batchFailed: (kind: 'whole' | 'unchanged', cause: unknown, reports: number) => void;
}

export function agentEndpoints(given: AgentEndpointParts): readonly Endpoint[] {
  const { database, clock, batchFailed } = given;
  const known = new KnownMatches();
  const parts: AgentParts = {
    ...given,
    known,
    limits: createAgentLimits(() => clock().now),
    lines: new KnownLines(),
    acceptTogether: reportsTogether({
      ...{ database, clock, known },
      onFailure: (cause, reports) => batchFailed('whole', cause, reports),
    }),
    reading: createTurns({ room: 1, each: 1 }),
    alone: createTurns({ room: REPORTS_ALONE_MAX, each: 1 }),
    noteUnchanged: unchangedReports(database, clock, (cause, reports) =>
      batchFailed('unchanged', cause, reports),
    ),
  };
  return [
    installScriptEndpoint(given),
    enrolEndpoint(parts),
    unchangedEndpoint(parts),
    reportEndpoint(parts),
  ];
}
