import { describe, expect, it } from 'vitest';
import { appError } from '../errors.ts';
import { errorAnswer } from './error-handler.ts';

const REQUEST = { target: '/v5/p/vulnerability/host/hosts?limit=0', requestId: 'r1' };

function bodyOf(error: unknown, target = REQUEST.target): unknown {
  return JSON.parse(errorAnswer(error, { ...REQUEST, target }).body);
}

describe('a failure', () => {
  it('of the service has its code and two texts, none empty', () => {
    const error = appError('parameter-invalid', {
      name: 'limit',
      problem: 'must be a whole number from 1 to 200',
    });
    const text = 'limit: must be a whole number from 1 to 200';
    expect(errorAnswer(error, REQUEST).status).toBe(400);
    expect(bodyOf(error)).toEqual({ error_code: 'HSS.0001', error_msg: text, error_description: text });
  });

  it('of the gateway bears the request id', () => {
    expect(bodyOf(appError('token-missing', {}))).toEqual({
      error_code: 'APIGW.0301',
      error_msg: 'Incorrect IAM authentication information: x-auth-token not found',
      request_id: 'r1',
    });
  });

  it('under /v3 has the form of Keystone, and beside it the strings that the Go client reads', () => {
    expect(bodyOf(appError('login-failed', {}), '/v3/auth/tokens')).toEqual({
      error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
      error_code: 'APIGW.0301',
      error_msg: 'The username or password is wrong.',
    });
  });

  it('that is ours is 500, keeps its text to itself and hands its cause to the log', () => {
    const cause = new TypeError('secret detail');
    const answer = errorAnswer(cause, REQUEST);
    expect(answer).toMatchObject({ status: 500, code: 'internal', cause });
    expect(answer.body).not.toContain('secret detail');
    expect(JSON.parse(answer.body)).toMatchObject({ error_code: 'APIGW.0601', request_id: 'r1' });
  });

  it('of the world says when to try again', () => {
    expect(errorAnswer(appError('agent-reports-busy', {}), REQUEST)).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
    });
    expect(errorAnswer(appError('login-throttled', { seconds: 12 }), REQUEST)).toMatchObject({
      status: 429,
      headers: { 'Retry-After': '12' },
    });
  });
});
