/**
 * What an endpoint file declares: where it listens, who may ask, what it reads, what it answers. One endpoint a file:
 * first its query and body, then `projectEndpoint({…})` (or one of its four siblings) with a handler of a few lines.
 * `app.ts` registers the endpoints it is given; an endpoint knows no Fastify and no SQL.
 *
 * The siblings differ in who asks:
 * - `projectEndpoint`: a user, by token or signature, with a right in the project of the path (`:project_id`)
 * - `accountEndpoint`: a user, without a project
 * - `agentEndpoint`: a server's agent, by its own credential
 * - `operatorEndpoint`: whoever runs this process, by a secret of its configuration
 * - `openEndpoint`: anyone
 */
import type { Static, TSchema, TUnknown } from 'typebox';
import type { AgentIdentity } from '../identity/identity-store.ts';
import type { Caller, EnterpriseProjectScope, Project, Role } from '../identity/rights.ts';
import { BODY_BYTES_MAX } from './http-limits.ts';
import { bodyReader } from './json-body.ts';
import { type QueryOf, type QuerySpec, readQuery } from './strict-query.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler answers: nothing (an empty body), a value to be written as JSON, or bytes that are ready. */
export interface EndpointAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Buffer | string;
  /** Bytes that are ready in several places, one after the other: sent as fast as the client reads them. */
  readonly parts?: readonly Buffer[];
  /** Of `bytes` and `parts`; default application/json. */
  readonly contentType?: string;
  /** Called once when the answer has been handed over to the system or its connection is gone. */
  readonly onSent?: () => void;
}

/** A user in a project, and what they may reach there. */
export interface InProject {
  readonly caller: Caller;
  readonly project: Project;
  /**
   * The enterprise projects that the parameter `enterprise_project_id` stands for, for the right of this endpoint
   * (identity/rights.ts, `resolveEnterpriseProjects`); throws where the caller may not.
   */
  readonly resolveScope: (parameter: string | undefined) => EnterpriseProjectScope;
  /** All enterprise projects in which the caller holds the right of this endpoint; never empty. */
  readonly grantedScope: EnterpriseProjectScope;
}

/** What every handler gets. */
interface Asked<S extends QuerySpec, B extends TSchema> {
  readonly query: QueryOf<S>;
  readonly body: Static<B>;
  readonly path: (name: string) => string;
  readonly header: (name: string) => string | undefined;
  readonly requestId: string;
  readonly remoteAddress: string;
  /** The body as it was sent; its bytes are what digests are taken of. */
  readonly rawBody: () => Promise<Buffer>;
}

/** One request in the middle of being served: what an endpoint can ask of it. Made by `serve-endpoint.ts`. */
export interface Exchange {
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly rawQuery: string;
  readonly path: (name: string) => string;
  readonly header: (name: string) => string | undefined;
  readonly identifyUser: () => Promise<Caller>;
  readonly identifyInProject: (right: Role) => Promise<InProject>;
  readonly identifyAgent: () => Promise<AgentIdentity>;
  /** Reads the body once; later calls get the same bytes. */
  readonly rawBody: () => Promise<Buffer>;
}

/** An endpoint as the application registers and documents it. */
export interface Endpoint {
  /** The operation's name, as the vendor's SDK spells it where it has it. */
  readonly operation: string;
  readonly method: Method;
  /** `/v5/:project_id/…`: a colon begins a parameter. */
  readonly url: string;
  readonly auth: 'project' | 'account' | 'agent' | 'operator' | 'none';
  /** The role needed in the project; only where `auth` is `project`. */
  readonly right?: Role;
  readonly summary: string;
  readonly query: QuerySpec;
  readonly body?: TSchema;
  readonly response?: TSchema;
  readonly bodyBytesMax: number;
  readonly serve: (exchange: Exchange) => Promise<EndpointAnswer>;
}

interface Declared<S extends QuerySpec, B extends TSchema, Who> {
  readonly operation: string;
  readonly method: Method;
  readonly url: string;
  readonly summary: string;
  readonly query?: S;
  readonly body?: B;
  /** Schema of the answer, for the OpenAPI document. */
  readonly response?: TSchema;
  /** Default `BODY_BYTES_MAX`. */
  readonly bodyBytesMax?: number;
  readonly handler: (request: Asked<S, B> & Who) => Promise<EndpointAnswer> | EndpointAnswer;
}

type NoQuery = Record<never, never>;
type NoBody = TUnknown;

/** An endpoint for a user with `right` in the project of the path. */
export function projectEndpoint<S extends QuerySpec = NoQuery, B extends TSchema = NoBody>(
  declared: Declared<S, B, InProject> & { readonly right: Role },
): Endpoint {
  return endpointOf(
    declared,
    'project',
    (exchange) => exchange.identifyInProject(declared.right),
    declared.right,
  );
}

/** An endpoint for any user. */
export function accountEndpoint<S extends QuerySpec = NoQuery, B extends TSchema = NoBody>(
  declared: Declared<S, B, { readonly caller: Caller }>,
): Endpoint {
  return endpointOf(declared, 'account', async (exchange) => ({ caller: await exchange.identifyUser() }));
}

/** An endpoint for the agent of a server. */
export function agentEndpoint<S extends QuerySpec = NoQuery, B extends TSchema = NoBody>(
  declared: Declared<S, B, { readonly agent: AgentIdentity }>,
): Endpoint {
  return endpointOf(declared, 'agent', async (exchange) => ({ agent: await exchange.identifyAgent() }));
}

/** An endpoint for whoever runs this process; `identify` throws for anybody else. */
export function operatorEndpoint<S extends QuerySpec = NoQuery, B extends TSchema = NoBody>(
  declared: Declared<S, B, object> & { readonly identify: (authorization: string | undefined) => void },
): Endpoint {
  return endpointOf(declared, 'operator', async (exchange) => {
    declared.identify(exchange.header('authorization'));
    return {};
  });
}

/** An endpoint for anyone. */
export function openEndpoint<S extends QuerySpec = NoQuery, B extends TSchema = NoBody>(
  declared: Declared<S, B, object>,
): Endpoint {
  return endpointOf(declared, 'none', async () => ({}));
}

function endpointOf<S extends QuerySpec, B extends TSchema, Who extends object>(
  declared: Declared<S, B, Who>,
  auth: Endpoint['auth'],
  identify: (exchange: Exchange) => Promise<Who>,
  right?: Role,
): Endpoint {
  const readBody = declared.body === undefined ? undefined : bodyReader(declared.body);
  return {
    operation: declared.operation,
    method: declared.method,
    url: declared.url,
    auth,
    ...(right === undefined ? {} : { right }),
    summary: declared.summary,
    query: declared.query ?? {},
    ...(declared.body === undefined ? {} : { body: declared.body }),
    ...(declared.response === undefined ? {} : { response: declared.response }),
    bodyBytesMax: declared.bodyBytesMax ?? BODY_BYTES_MAX,
    // Who asks is settled before anything else of the request is looked at.
    serve: async (exchange) => {
      const who = await identify(exchange);
      const query = readQuery(declared.query ?? ({} as S), exchange.rawQuery);
      const body = readBody === undefined ? (undefined as Static<B>) : readBody(await exchange.rawBody());
      const { path, header, requestId, remoteAddress, rawBody } = exchange;
      return declared.handler({ ...who, query, body, path, header, requestId, remoteAddress, rawBody });
    },
  };
}
