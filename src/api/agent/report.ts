/** `POST /parapet/v1/agent/report`: a whole report, plain or gzip. The answer comes when it is on disk and in the view. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import Type from 'typebox';
import type { AgentIdentity } from '../../identity/identity-store.ts';
import { inSlices } from '../../in-slices.ts';
import { type ParapetReport, parseReportInSteps, REPORT_BYTES_MAX } from '../../inventory/report.ts';
import { type AcceptedInventory, acceptInventory } from '../../jobs/accept-inventory.ts';
import { keptDigest } from '../../jobs/note-unchanged-report.ts';
import { agentEndpoint, type Endpoint } from '../endpoint.ts';
import { type AgentParts, MACHINE_ID } from './agent-parts.ts';
import { newIdentityOf, serverOfAgent } from './agent-server.ts';

/** An ordinary report is read in one slice; the largest takes hundreds of them, and what else is asked waits for one. */
const READING_SLICE_MS = 5;

const accepted = Type.Object({
  server_id: Type.String(),
  packages: Type.Integer(),
  /** How many records were skipped or could not be looked into; they are told with the server. */
  problems: Type.Integer(),
  digest: Type.String(),
  credential: Type.Optional(Type.String()),
});

export function reportEndpoint(parts: AgentParts): Endpoint {
  return agentEndpoint({
    operation: 'AcceptReport',
    method: 'POST',
    url: '/parapet/v1/agent/report',
    summary: "Takes a server's whole report in: stored, matched and summarised when the answer comes",
    response: accepted,
    bodyBytesMax: REPORT_BYTES_MAX,
    handler: async ({ agent, header, rawBody }) => {
      parts.limits.countRequest(agent.serverId);
      const json = await parts.limits.takeReport(
        bytesDeclared(header('content-length')),
        rawBody,
        async (bytes, holds) => {
          const report = await readReport(parts, bytes);
          holds(report.inventory.packages.length);
          return await acceptReport(parts, agent, report);
        },
      );
      parts.countReport('accepted');
      return { json };
    },
  });
}

/** Reading takes about a millisecond and may take a second: neither many that arrive at once nor a large one keep all else waiting. */
async function readReport(parts: AgentParts, bytes: Buffer): Promise<ParapetReport> {
  return await parts.reading(async () => {
    await nextTurn();
    return await inSlices(parseReportInSteps(bytes, parts.lines), READING_SLICE_MS);
  });
}

async function acceptReport(parts: AgentParts, agent: AgentIdentity, report: ParapetReport): Promise<object> {
  const machineId = MACHINE_ID.test(report.machineId) ? report.machineId : '';
  const { inventory } = report;
  const digest = keptDigest(report.digest);
  const together = await parts.acceptTogether({ ...agent, machineId, inventory, digest });
  const { taken, identity } =
    together === undefined
      ? await parts.alone(() => acceptAlone(parts, agent, { ...report, machineId }))
      : { taken: together, identity: {} };
  return {
    ...{ server_id: taken.serverId, packages: taken.packages },
    problems: inventory.problems.length,
    digest: report.digest,
    ...identity,
  };
}

async function acceptAlone(
  parts: AgentParts,
  agent: AgentIdentity,
  { machineId, digest, inventory }: Pick<ParapetReport, 'machineId' | 'digest' | 'inventory'>,
): Promise<{ readonly taken: AcceptedInventory; readonly identity: object }> {
  const found = await serverOfAgent(parts, agent, machineId);
  const { identity, agentId, name, settings } = found.server;
  const { projectId } = agent;
  const taken = await acceptInventory(
    parts.database,
    {
      ...{ projectId, identity, agentId, machineId, inventory, settings },
      name: inventory.server.name || name,
      digest: keptDigest(digest),
      isFromAgent: true,
    },
    parts.clock(),
    parts.known,
  );
  return { taken, identity: newIdentityOf(found) };
}

/** How much room the body may need: what it declares, or the most where it declares nothing (chunked). */
function bytesDeclared(contentLength: string | undefined): number {
  return contentLength === undefined ? REPORT_BYTES_MAX : Math.min(Number(contentLength), REPORT_BYTES_MAX);
}
