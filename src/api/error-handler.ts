/**
 * The only place of the HTTP application that turns a failure into an answer. Three forms (contract 5.4): the gateway's,
 * the service's, and Keystone's under `/v3`; texts are never empty. A failure that is not from the catalogue is ours:
 * 500, its text never shown, its cause logged.
 */
import { STATUS_CODES } from 'node:http';
import { AppError, appError } from '../errors.ts';
import { wireErrorOf } from './hss/errors.ts';
import { BODY_BYTES_MAX } from './http-limits.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the log line names. */
  readonly code: string;
  /** The failure itself, where it is ours and the log must have it. */
  readonly cause?: unknown;
}

/** How long a client should wait before it asks again when the world is at fault. */
const RETRY_AFTER_SECONDS = 5;

/** The answer to a failure of a request for `target` (path with query). */
export function errorAnswer(
  error: unknown,
  request: { readonly target: string; readonly requestId: string },
): ErrorAnswer {
  const failure = toAppError(error);
  const status = failure?.status ?? 500;
  const code = failure?.code ?? 'internal';
  const shown = failure !== undefined && status !== 500;
  const message = shown ? failure.message : 'Internal server error; the request id leads to it in the log';
  const body = isKeystone(request.target)
    ? keystoneBody(failure, { status, message })
    : serviceBody(failure, { status, message, requestId: request.requestId });
  return {
    status,
    headers: retryHeaders(failure, status),
    body: JSON.stringify(body),
    code,
    ...(shown ? {} : { cause: error }),
  };
}

function serviceBody(
  failure: AppError | undefined,
  shown: { readonly status: number; readonly message: string; readonly requestId: string },
): object {
  const wire = failure === undefined ? undefined : wireErrorOf(failure.code, shown.status);
  if (wire === undefined || wire.form === 'gateway') {
    return { error_code: wire?.code ?? 'APIGW.0601', error_msg: shown.message, request_id: shown.requestId };
  }
  return { error_code: wire.code, error_msg: shown.message, error_description: shown.message };
}

// Keystone's form, and beside it the two strings that the Go and Python clients look for: Go loses a numeric code.
function keystoneBody(
  failure: AppError | undefined,
  shown: { readonly status: number; readonly message: string },
): object {
  const code = failure === undefined ? 'APIGW.0601' : wireErrorOf(failure.code, shown.status).code;
  return {
    error: { code: shown.status, message: shown.message, title: STATUS_CODES[shown.status] ?? 'Error' },
    error_code: code,
    error_msg: shown.message,
  };
}

function isKeystone(target: string): boolean {
  return target.startsWith('/v3/') || target.startsWith('/v3.0/');
}

function retryHeaders(failure: AppError | undefined, status: number): Readonly<Record<string, string>> {
  if (failure?.code === 'login-throttled' || failure?.code === 'agent-throttled') {
    return { 'Retry-After': String(failure.fields['seconds']) };
  }
  return status === 503 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {};
}

/** A failure of the catalogue for whatever was thrown; undefined where it is ours. */
function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (code === 'FST_ERR_BAD_URL')
    return appError('request-unreadable', { problem: 'broken percent-encoding in the path' });
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return appError('request-unreadable', { problem: 'a part of the path is too long' });
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return appError('body-too-large', { bytesMax: BODY_BYTES_MAX });
  if (code.startsWith('FST_ERR_CTP_')) return appError('request-unreadable', { problem: 'Content-Type' });
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
