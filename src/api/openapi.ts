/**
 * The OpenAPI 3.1 document of the application, made from what the endpoints declare: nothing is said twice, so the
 * document cannot differ from what is served. `docs/openapi.json` is its committed form (`npm run openapi`).
 */
import Type, { type TSchema } from 'typebox';
import type { Endpoint } from './endpoint.ts';

const TOKEN = 'token';
const SIGNATURE = 'signature';
const AGENT_CREDENTIAL = 'agentCredential';
const METRICS_TOKEN = 'metricsToken';

const text = Type.String();

const gatewayError = Type.Object({ error_code: text, error_msg: text, request_id: text });
const serviceError = Type.Object({ error_code: text, error_msg: text, error_description: text });
const keystoneError = Type.Object({
  error: Type.Object({ code: Type.Integer(), message: text, title: text }),
  error_code: text,
  error_msg: text,
});

const SECURITY_SCHEMES = {
  [TOKEN]: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Auth-Token',
    description: 'A token of `POST /v3/auth/tokens`; it lives 24 hours.',
  },
  [SIGNATURE]: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'A request signed with an access key: SDK-HMAC-SHA256, together with the header X-Sdk-Date.',
  },
  [AGENT_CREDENTIAL]: {
    type: 'http',
    scheme: 'bearer',
    description: 'The credential that a server got when its agent enrolled.',
  },
  [METRICS_TOKEN]: {
    type: 'http',
    scheme: 'bearer',
    description: 'What the file holds that `PARAPET_METRICS_TOKEN_FILE` names.',
  },
} as const;

const SECURITY_OF_AUTH: Readonly<
  Record<Endpoint['auth'], readonly Readonly<Record<string, readonly string[]>>[]>
> = {
  project: [{ [TOKEN]: [] }, { [SIGNATURE]: [] }],
  account: [{ [TOKEN]: [] }, { [SIGNATURE]: [] }],
  agent: [{ [AGENT_CREDENTIAL]: [] }],
  operator: [{ [METRICS_TOKEN]: [] }],
  none: [],
};

/** The document of `endpoints`, in their order, as a plain JSON value. */
export function openApiDocument(
  endpoints: readonly Endpoint[],
  info: { readonly title: string; readonly version: string; readonly description: string },
): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: { GatewayError: gatewayError, ServiceError: serviceError, KeystoneError: keystoneError },
    },
  };
}

function operationOf(endpoint: Endpoint): Readonly<Record<string, unknown>> {
  const parameters = [...pathParameters(endpoint), ...queryParameters(endpoint)];
  return {
    operationId: endpoint.operation,
    tags: [tagOf(endpoint)],
    summary: endpoint.summary,
    ...(endpoint.right === undefined
      ? {}
      : { description: `Needs the right \`${endpoint.right}\` in the project.` }),
    security: SECURITY_OF_AUTH[endpoint.auth],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body === undefined ? {} : { requestBody: bodyOf(endpoint.body, endpoint.bodyBytesMax) }),
    responses: responsesOf(endpoint),
  };
}

function tagOf({ url }: Endpoint): string {
  if (url.startsWith('/v5/')) return 'vulnerabilities';
  if (url.startsWith('/v3/') || url.startsWith('/v3.0/')) return 'identity';
  return url.startsWith('/parapet/') || url.startsWith('/agent/') ? 'parapet' : 'operation';
}

function pathParameters({ url }: Endpoint): readonly object[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
}

function queryParameters({ query }: Endpoint): readonly object[] {
  return Object.entries(query).map(([name, { schema, required, repeatable }]) => ({
    name,
    in: 'query',
    required,
    ...(repeatable ? { description: 'Several values: joined by commas, or the parameter repeated.' } : {}),
    schema,
  }));
}

function bodyOf(schema: TSchema, bytesMax: number): object {
  return {
    required: true,
    description: `At most ${bytesMax} bytes.`,
    content: { 'application/json': { schema } },
  };
}

function responsesOf({ method, response, url }: Endpoint): object {
  const errors =
    tagOfErrors(url) === 'keystone'
      ? [reference('KeystoneError')]
      : [reference('ServiceError'), reference('GatewayError')];
  const failure = {
    description: 'Refused or failed; the message names the thing, the limit and the way out.',
    content: { 'application/json': { schema: errors.length === 1 ? errors[0] : { oneOf: errors } } },
  };
  const isDescribed = response !== undefined && method !== 'HEAD';
  return {
    '2XX': {
      description: 'Done.',
      ...(isDescribed ? { content: { 'application/json': { schema: response } } } : {}),
    },
    ...(url === '/healthz' ? {} : { '4XX': failure, '5XX': failure }),
  };
}

function tagOfErrors(url: string): 'keystone' | 'service' {
  return url.startsWith('/v3/') || url.startsWith('/v3.0/') ? 'keystone' : 'service';
}

function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}
