/** `POST /parapet/v1/agent/unchanged`: the digest of the full set alone, which is all that an unchanged server sends. */
import Type from 'typebox';
import { noteUnchangedReport } from '../../jobs/note-unchanged-report.ts';
import { agentEndpoint, type Endpoint } from '../endpoint.ts';
import { type AgentParts, MACHINE_ID } from './agent-parts.ts';
import { newIdentityOf, serverOfAgent } from './agent-server.ts';

const UNCHANGED_BODY_BYTES_MAX = 4_096;

const digest = Type.Object({
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  machine_id: Type.String({ pattern: MACHINE_ID.source }),
});

const answer = Type.Object({
  full_report_wanted: Type.Boolean(),
  server_id: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
});

export function unchangedEndpoint(parts: AgentParts): Endpoint {
  return agentEndpoint({
    operation: 'NoteUnchangedReport',
    method: 'POST',
    url: '/parapet/v1/agent/unchanged',
    summary: "Notes that a server's inventory has not changed, or answers that its whole report is wanted",
    body: digest,
    response: answer,
    bodyBytesMax: UNCHANGED_BODY_BYTES_MAX,
    handler: async ({ agent, body }) => {
      parts.limits.countRequest(agent.serverId);
      const { projectId, serverId } = agent;
      const own = { projectId, serverId, digest: body.digest, machineId: body.machine_id };
      if (await parts.noteUnchanged(own)) {
        parts.countReport('unchanged');
        return { json: { full_report_wanted: false } };
      }
      const found = await serverOfAgent(parts, agent, body.machine_id);
      const report = { projectId, serverId: found.server.id, digest: body.digest };
      const isNoted = await noteUnchangedReport(parts.database, report, parts.clock());
      parts.countReport(isNoted ? 'unchanged' : 'wanted_in_full');
      return { json: { full_report_wanted: !isNoted, ...newIdentityOf(found) } };
    },
  });
}
