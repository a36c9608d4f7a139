/** Every endpoint of the application, wired to what it needs. The order is that of the documents. */
import type { IdentityStore } from '../identity/identity-store.ts';
import { createLoginLimiter } from '../identity/login-limiter.ts';
import type { SecretKey } from '../identity/secret-key.ts';
import { decideFindings } from '../jobs/decide-findings.ts';
import type { CoverageClock } from '../jobs/refresh-unknown.ts';
import type { Page, ServerFilter, ServerPageBytes } from '../server-view/server-view.ts';
import type { Database } from '../store/database.ts';
import { serversWithVulnerability } from '../store/findings/servers-with-vulnerability.ts';
import { listServerGroups } from '../store/fleet/server-groups.ts';
import { listServersInSql } from '../store/server-view/list-servers.ts';
import type { VulnerabilityDictionary } from '../store/vulnerability-dictionary.ts';
import { showCoverage } from './admin/coverage.ts';
import { explainFindingEndpoint } from './admin/explain-finding.ts';
import { serverGroupEndpoints } from './admin/server-groups.ts';
import { serverEndpoints } from './admin/servers.ts';
import { urgentEndpoints } from './admin/urgent.ts';
import { type AgentEndpointParts, agentEndpoints } from './agent/agent-endpoints.ts';
import type { Authenticator } from './authenticate.ts';
import type { Endpoint } from './endpoint.ts';
import { changeVulStatus } from './hss/change-vul-status.ts';
import { listVulHostHosts } from './hss/list-vul-host-hosts.ts';
import { iamEndpoints } from './iam/iam-endpoints.ts';
import type { IamParts } from './iam/iam-parts.ts';
import { type MetricsParts, metricsEndpoint } from './metrics-endpoint.ts';

export interface EndpointParts {
  readonly database: Database;
  readonly identity: IdentityStore;
  readonly authenticator: Authenticator;
  readonly secretKey: SecretKey;
  readonly clock: () => CoverageClock;
  /** Under which others reach this service: `PARAPET_PUBLIC_URL`, or the address listened on. */
  readonly publicUrl: () => string;
  /** Whether that is what the operator configured: only then is it right for every machine that asks. */
  readonly publicUrlIsConfigured: boolean;
  readonly vulnerabilities: VulnerabilityDictionary;
  readonly metrics: MetricsParts;
  readonly countReport: AgentEndpointParts['countReport'];
  readonly batchFailed: AgentEndpointParts['batchFailed'];
  /** Answers the view from memory; undefined while it cannot, and then the store is asked. */
  readonly answerFromMemory: (filter: ServerFilter, page: Page) => ServerPageBytes | undefined;
}

export function allEndpoints(parts: EndpointParts): readonly Endpoint[] {
  return [
    ...hssEndpoints(parts),
    ...iamEndpoints(iamPartsOf(parts)),
    ...adminEndpoints(parts),
    ...agentEndpoints({ ...parts, forgetAgents: parts.authenticator.forget }),
    metricsEndpoint(parts.metrics),
  ];
}

function hssEndpoints(parts: EndpointParts): readonly Endpoint[] {
  const { database, clock, answerFromMemory } = parts;
  const listServers = listServersInSql(database, parts.vulnerabilities);
  return [
    listVulHostHosts(
      async (filter, page) => answerFromMemory(filter, page) ?? (await listServers(filter, page)),
    ),
    changeVulStatus({
      decideFindings: (request) => decideFindings(database, request),
      serversWithVulnerability: (scope, id) => serversWithVulnerability(database, scope, id),
      now: () => clock().now,
    }),
  ];
}

function iamPartsOf({ identity, authenticator, secretKey, clock, publicUrl }: EndpointParts): IamParts {
  const now = (): number => clock().now;
  return { identity, authenticator, secretKey, publicUrl, now, loginLimiter: createLoginLimiter(now) };
}

function adminEndpoints({ database, identity, clock }: EndpointParts): readonly Endpoint[] {
  return [
    ...serverEndpoints({
      database,
      enterpriseProjectExists: async (domainId, id) =>
        (await identity.listEnterpriseProjects(domainId)).some((one) => one.id === id),
      groupExists: async (projectId, id) =>
        (await listServerGroups(database, { projectId, enterpriseProjects: 'all' })).some(
          (one) => one.id === id,
        ),
      clock,
    }),
    explainFindingEndpoint(database, clock),
    ...serverGroupEndpoints(database),
    showCoverage(database, clock),
    ...urgentEndpoints(database, clock),
  ];
}
