/** One request, from the framework to an endpoint and back: the only file beside `app.ts` that sees both. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { splitTarget } from '../identity/signature.ts';
import type { Authenticator, RequestHead } from './authenticate.ts';
import type { Endpoint, EndpointAnswer, Exchange } from './endpoint.ts';
import { discardRest, readRawBody } from './json-body.ts';
import { noteOf } from './request-context.ts';

/** What is done before what was written is acknowledged. */
export type AfterWrite = () => Promise<void>;

/**
 * Makes the framework's handler of an endpoint. What changes the fleet is answered after `afterWrite`: whoever reads next
 * from this process finds it.
 */
export function serveEndpoint(endpoint: Endpoint, authenticator: Authenticator, afterWrite: AfterWrite) {
  const writesFleet =
    !['GET', 'HEAD'].includes(endpoint.method) && ['project', 'agent'].includes(endpoint.auth);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    noteOf(request).operation = endpoint.operation;
    let body: Promise<Buffer> | undefined;
    const rawBody = () => {
      body ??= readRawBody(request.raw, endpoint.bodyBytesMax);
      return body;
    };
    try {
      const answer = await endpoint.serve(exchangeOf(request, authenticator, rawBody));
      if (writesFleet) await afterWrite();
      return send(reply, answer);
    } finally {
      // An answer that did not need the body: what is left of it must not stand in the way of the next request.
      if (body === undefined) discardRest(request.raw);
    }
  };
}

function exchangeOf(
  request: FastifyRequest,
  authenticator: Authenticator,
  rawBody: () => Promise<Buffer>,
): Exchange {
  const target = request.raw.url ?? '';
  const head: RequestHead = {
    method: request.raw.method ?? '',
    target,
    headers: request.raw.headers,
    readBody: rawBody,
  };
  const path = (name: string) => pathParameter(request.params, name);
  return {
    requestId: request.id,
    remoteAddress: request.ip,
    rawQuery: splitTarget(target).query,
    path,
    header: (name) => {
      const value = request.raw.headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    },
    identifyUser: () => authenticator.identifyUser(head),
    identifyInProject: async (right) =>
      authenticator.enterProject(await authenticator.identifyUser(head), path('project_id'), right),
    identifyAgent: () => authenticator.identifyAgent(head),
    rawBody,
  };
}

function pathParameter(params: unknown, name: string): string {
  const values = new Map<string, unknown>(
    Object.entries(typeof params === 'object' && params !== null ? params : {}),
  );
  const value = values.get(name);
  // What cannot be stored names nothing that is stored.
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : '';
}

function send(reply: FastifyReply, answer: EndpointAnswer): FastifyReply {
  reply.code(answer.status ?? 200);
  if (answer.onSent !== undefined) reply.raw.once('close', answer.onSent);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (answer.json !== undefined) {
    return sendBytes(reply, JSON.stringify(answer.json), 'application/json');
  }
  if (answer.bytes !== undefined) {
    return sendBytes(reply, answer.bytes, answer.contentType ?? 'application/json');
  }
  if (answer.parts !== undefined)
    return sendParts(reply, answer.parts, answer.contentType ?? 'application/json');
  return reply.send();
}

/** One part is sent at once; of several the next is handed over when the connection has taken the one before. */
function sendParts(reply: FastifyReply, parts: readonly Buffer[], contentType: string): FastifyReply {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return sendBytes(reply, only, contentType);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return reply
    .headers({ 'Content-Type': contentType, 'Content-Length': String(length) })
    .send(Readable.from(parts));
}

// As bytes, because the framework would add a charset to the type of a text, and clients compare with what is documented.
function sendBytes(reply: FastifyReply, body: Buffer | string, contentType: string): FastifyReply {
  return reply
    .header('Content-Type', contentType)
    .send(typeof body === 'string' ? Buffer.from(body, 'utf8') : body);
}
