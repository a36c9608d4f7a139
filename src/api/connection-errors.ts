/**
 * Failures that Node finds before there is a request: headers beyond every bound, a request too slow, bytes that are not
 * HTTP. They are answered on the bare socket, in the same form as every other failure, and the connection ends.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type AppError, appError } from '../errors.ts';
import { errorAnswer } from './error-handler.ts';
import {
  REFUSED_BODY_BYTES_MAX,
  REFUSED_CONNECTION_KEPT_MS,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
} from './http-limits.ts';
import { newRequestId, type RequestLine, standingHeaders } from './request-context.ts';

/** Makes the server's `clientError` handler. */
export function connectionErrorHandler(log: (line: RequestLine) => void) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = newRequestId();
    const answer = errorAnswer(failureOf(error.code), { target: '', requestId });
    log({
      requestId,
      method: '',
      path: '',
      status: answer.status,
      durationMs: 0,
      remoteAddress: socket.remoteAddress ?? '',
      error: answer.code,
    });
    const headers = Object.entries({
      ...standingHeaders(requestId),
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(answer.body)),
      Connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const reason = STATUS_CODES[answer.status] ?? 'Bad Request';
    endGently(socket, `HTTP/1.1 ${answer.status} ${reason}\r\n${headers.join('')}\r\n${answer.body}`);
  };
}

/**
 * Answers and ends, and for a while throws away what still comes: a socket that is closed over unread bytes is reset, and
 * the client never gets to see the answer.
 */
function endGently(socket: Socket, answer: string): void {
  let bytes = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > REFUSED_BODY_BYTES_MAX) socket.destroy();
  });
  const giveUp = setTimeout(() => socket.destroy(), REFUSED_CONNECTION_KEPT_MS);
  socket.once('close', () => clearTimeout(giveUp));
  socket.once('end', () => socket.destroySoon());
  socket.end(answer);
}

function failureOf(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return appError('headers-too-large', {
      name: 'The URI and the headers together',
      bytesMax: REQUEST_HEAD_BYTES_MAX,
    });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return appError('request-timeout', { seconds: REQUEST_TIMEOUT_MS / 1_000 });
  return appError('request-unreadable', { problem: 'it is not HTTP/1.1' });
}
