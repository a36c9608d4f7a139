/** What the agent asks for: its own installation, its enrolment, and to be heard. */
import { KnownLines } from '../../inventory/known-lines.ts';
import { KnownMatches } from '../../jobs/known-matches.ts';
import { unchangedReports } from '../../jobs/note-unchanged-report.ts';
import type { Endpoint } from '../endpoint.ts';
import { createAgentLimits } from './agent-limits.ts';
import type { AgentParts } from './agent-parts.ts';
import { enrolEndpoint } from './enrol.ts';
import { installScriptEndpoint } from './install-script.ts';
import { reportEndpoint } from './report.ts';
import { unchangedEndpoint } from './unchanged.ts';

export interface AgentEndpointParts extends Omit<AgentParts, 'limits' | 'lines' | 'known' | 'noteUnchanged'> {
  readonly publicUrl: () => string;
  readonly publicUrlIsConfigured: boolean;
}

export function agentEndpoints(given: AgentEndpointParts): readonly Endpoint[] {
  const parts: AgentParts = {
    ...given,
    limits: createAgentLimits(() => given.clock().now),
    lines: new KnownLines(),
    known: new KnownMatches(),
    noteUnchanged: unchangedReports(given.database, given.clock),
  };
  return [
    installScriptEndpoint(given),
    enrolEndpoint(parts),
    unchangedEndpoint(parts),
    reportEndpoint(parts),
  ];
}
