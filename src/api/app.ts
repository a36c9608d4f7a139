/**
 * The HTTP application, built from the parts it is given; it never listens and reads no configuration. Every endpoint
 * is in the list it gets: nothing is discovered. The way of a request: `request-context.ts` (id, sizes), then
 * `serve-endpoint.ts` (who asks, query, body, the endpoint's handler), and on failure `error-handler.ts`.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { appError } from '../errors.ts';
import type { Authenticator } from './authenticate.ts';
import { connectionErrorHandler } from './connection-errors.ts';
import type { Endpoint } from './endpoint.ts';
import { errorAnswer } from './error-handler.ts';
import { healthEndpoints, type ReadinessPart } from './health.ts';
import {
  CONNECTION_CHECK_INTERVAL_MS,
  CONNECTIONS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  PATH_PARAMETER_CHARACTERS_MAX,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
} from './http-limits.ts';
import {
  addRequestContext,
  newRequestId,
  noteOf,
  type RequestLine,
  type RequestObserver,
  standingHeaders,
} from './request-context.ts';
import { type AfterWrite, serveEndpoint } from './serve-endpoint.ts';

export interface AppParts {
  readonly authenticator: Authenticator;
  readonly endpoints: readonly Endpoint[];
  readonly readiness: readonly ReadinessPart[];
  readonly log: (line: RequestLine) => void;
  readonly observer?: RequestObserver;
  /** Awaited before a change of the fleet is acknowledged; without it nothing is. */
  readonly afterWrite?: AfterWrite;
  /** PEM texts; without them the application speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Shorter ones for tests; the defaults are those of http-limits.ts. */
  readonly timeouts?: { readonly headersMs: number; readonly requestMs: number; readonly checkMs: number };
}

export function buildApp(parts: AppParts): FastifyInstance {
  const app = createFramework(parts);
  // Bodies are read by the endpoints themselves, raw and bounded; the framework is to leave them alone.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  addRequestContext(app, parts.log, parts.observer);
  endConnectionsOnClose(app);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request) => {
    const path = (request.raw.url ?? '').split('?', 1)[0] ?? '';
    throw appError('api-unknown', { method: request.method, path });
  });
  for (const endpoint of [...healthEndpoints(parts.readiness), ...parts.endpoints]) {
    const { method, url } = endpoint;
    const handler = serveEndpoint(endpoint, parts.authenticator, parts.afterWrite ?? nothingAfterWrite);
    app.route({ method, url, exposeHeadRoute: false, handler });
  }
  return app;
}

/** A connection that has had its answer would otherwise hold up the end of the process for KEEP_ALIVE_TIMEOUT_MS. */
function endConnectionsOnClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('Connection', 'close');
  });
}

function createFramework(parts: AppParts): FastifyInstance {
  return fastify({
    logger: false,
    genReqId: newRequestId,
    requestIdHeader: false,
    serverFactory: (listener) => createHttpServer(parts, listener),
    // While it closes, what comes over open connections is still answered; new connections are not taken.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      reply.headers(standingHeaders(request.id));
      answerError(error, request, reply);
    },
    clientErrorHandler: connectionErrorHandler(parts.log),
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: PATH_PARAMETER_CHARACTERS_MAX,
      // Queries are read strictly, by strict-query.ts, from the raw request target.
      querystringParser: () => ({}),
    },
  });
}

function createHttpServer(parts: AppParts, listener: RequestListener): Server {
  const options = {
    maxHeaderSize: REQUEST_HEAD_BYTES_MAX,
    headersTimeout: parts.timeouts?.headersMs ?? HEADERS_TIMEOUT_MS,
    requestTimeout: parts.timeouts?.requestMs ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: parts.timeouts?.checkMs ?? CONNECTION_CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  const server =
    parts.tls === undefined
      ? createServer(options, listener)
      : createSecureServer({ ...options, ...parts.tls }, listener);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswer(error, { target: request.raw.url ?? '', requestId: request.id });
  const note = noteOf(request);
  note.error = answer.code;
  if (answer.cause !== undefined) note.cause = answer.cause;
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .header('Content-Type', 'application/json')
    .send(Buffer.from(answer.body, 'utf8'));
}

async function nothingAfterWrite(): Promise<void> {}
