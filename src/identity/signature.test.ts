import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import {
  canonicalRequest,
  checkSignatureDate,
  isSignatureRight,
  parseAuthorization,
  quotedCanonicalRequest,
  type SignedRequest,
} from './signature.ts';

// The test vectors of the contract, chapter 5.2: checked there against the vendor's own signer.
const SECRET_KEY = 'exampleSecretKey0123456789abcdefABCDEF00';
const PROJECT = '9a1c5e7f0b3d4a6e8c2f1d0b7e6a5c4d';
const SIGNED_HEADERS = 'content-type;host;x-project-id;x-sdk-date';
const HEADERS = {
  'content-type': 'application/json',
  host: 'hss.example.test:8443',
  'x-project-id': PROJECT,
  'x-sdk-date': '20260102T030405Z',
};
const SIGNED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function vector(method: string, target: string, body = ''): SignedRequest {
  return {
    method,
    target: `/v5/${PROJECT}/vulnerability${target}`,
    headers: HEADERS,
    body: Buffer.from(body),
  };
}

function authorization(signature: string, signedHeaders = SIGNED_HEADERS): string {
  return `SDK-HMAC-SHA256 Access=EXAMPLEAK00000000001, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

const HOSTS_SIGNATURE = '1bf63634245d282923b7b5e98654b666f4df20edd07fb28fa07aeee083a5e952';
const HOSTS_CANONICAL =
  '/host/hosts?handle_status=unhandled&host_name=web%20a%2Bb%2F%C3%BC%2A~&limit=10&offset=0';
const STATUS_BODY =
  '{"operate_type":"ignore","type":"linux_vul","data_list":[{"vul_id":"EXA-2026-0001","host_id_list":["h-1"]}]}';

const VECTORS: readonly (readonly [string, SignedRequest, string])[] = [
  ['the server view in canonical order', vector('GET', HOSTS_CANONICAL), HOSTS_SIGNATURE],
  [
    'the server view as the Node client sends it: another order, characters raw that the signature encodes',
    vector('GET', '/host/hosts?limit=10&offset=0&host_name=web%20a%2Bb%2F%C3%BC*~&handle_status=unhandled'),
    HOSTS_SIGNATURE,
  ],
  [
    'the server view with a plus for the space',
    vector('GET', '/host/hosts?limit=10&offset=0&host_name=web+a%2bb%2f%c3%bc*~&handle_status=unhandled'),
    HOSTS_SIGNATURE,
  ],
  [
    'repeated parameters in any order',
    vector('GET', '/statistics/affected?is_container=false&host_ids=h-2&host_ids=h-1'),
    '99c2dbfdc4bc55e8c24246c5eba5fa47c44734c8cb09ae810e2d6f0379d4ea26',
  ],
  [
    'a body',
    vector('PUT', '/status?enterprise_project_id=all_granted_eps', STATUS_BODY),
    '905605cae7094a50520d971775fa9d966d9ae5d0f6c5d0a5f2ddc58d9de1a4d2',
  ],
];

describe('a signed request', () => {
  it.each(VECTORS)('is accepted: %s', (_name, request, signature) => {
    const parts = parseAuthorization(authorization(signature));
    expect(isSignatureRight(request, parts, SECRET_KEY)).toBe(true);
  });

  it.each(VECTORS)('is refused under another key: %s', (_name, request, signature) => {
    expect(isSignatureRight(request, parseAuthorization(authorization(signature)), `${SECRET_KEY}1`)).toBe(
      false,
    );
  });

  it('is refused when method, path, query, header or body differ from what was signed', () => {
    const parts = parseAuthorization(authorization(HOSTS_SIGNATURE));
    const request = vector('GET', HOSTS_CANONICAL);
    for (const changed of [
      { ...request, method: 'PUT' },
      { ...request, target: request.target.replace('host/hosts', 'hosts') },
      { ...request, target: `${request.target}&refresh=true` },
      { ...request, headers: { ...HEADERS, host: 'hss.example.test' } },
      { ...request, headers: { ...HEADERS, 'x-sdk-date': '20260102T030406Z' } },
      { ...request, body: Buffer.from('{}') },
    ]) {
      expect(isSignatureRight(changed, parts, SECRET_KEY)).toBe(false);
    }
  });

  it('may declare the hash of its body, which must then be the hash of what arrived', () => {
    const declared = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
    const request: SignedRequest = {
      ...vector('GET', '/hosts', '{}'),
      headers: { ...HEADERS, 'x-sdk-content-sha256': declared },
    };
    const parts = parseAuthorization(authorization(sign(request, SIGNED_HEADERS)));
    expect(isSignatureRight(request, parts, SECRET_KEY)).toBe(true);
    expect(isSignatureRight({ ...request, body: Buffer.from('{"a":1}') }, parts, SECRET_KEY)).toBe(false);
  });

  it('may leave its body unsigned when it says so', () => {
    const request: SignedRequest = {
      ...vector('PUT', '/status', 'any'),
      headers: { ...HEADERS, 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' },
    };
    const parts = parseAuthorization(authorization(sign(request, SIGNED_HEADERS)));
    expect(isSignatureRight({ ...request, body: Buffer.from('other') }, parts, SECRET_KEY)).toBe(true);
  });

  it('covers header values as the bytes that were sent', () => {
    const request: SignedRequest = {
      ...vector('GET', '/hosts'),
      headers: { ...HEADERS, 'user-agent': Buffer.from('agent-ü', 'utf8').toString('latin1') },
    };
    const signedHeaders = `${SIGNED_HEADERS};user-agent`;
    const canonical = canonicalRequest(request, signedHeaders.split(';'));
    expect(Buffer.from(canonical, 'latin1').toString('utf8')).toContain('user-agent:agent-ü\n');
  });

  it('quotes its canonical request on one line, cut to a bounded length', () => {
    const quoted = quotedCanonicalRequest(vector('GET', HOSTS_CANONICAL), SIGNED_HEADERS.split(';'));
    expect(quoted.startsWith(`GET|/v5/${PROJECT}/vulnerability/host/hosts/|handle_status=unhandled&`)).toBe(
      true,
    );
    expect(quoted).not.toContain('\n');
    const long = quotedCanonicalRequest(vector('GET', `/hosts?a=${'x'.repeat(20_000)}`), ['host']);
    expect(long.length).toBeLessThan(10_000);
  });

  it('never makes the verification throw, whatever stands in its target', () => {
    const parts = parseAuthorization(authorization(HOSTS_SIGNATURE));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        const request = { ...vector('GET', ''), target };
        return isSignatureRight(request, parts, SECRET_KEY) === false;
      }),
    );
  });
});

describe('an Authorization header', () => {
  it.each([
    [
      'another algorithm',
      `V11-HMAC-SHA256 Credential=EXAMPLEAK/20260102/r/s, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ],
    ['a bearer token', 'Bearer abc'],
    ['nothing', ''],
    ['a short signature', authorization('abc')],
    ['an unsigned date', authorization('0'.repeat(64), 'host')],
    ['an unsigned host', authorization('0'.repeat(64), 'x-sdk-date')],
    ['a line break in the key', authorization('0'.repeat(64)).replace('EXAMPLE', 'EX\nAMPLE')],
  ])('with %s is refused as malformed', (_name, value) => {
    expect(thrownBy(() => parseAuthorization(value))).toBe('credentials-malformed');
  });
});

describe('X-Sdk-Date', () => {
  it('may differ from the clock by 15 minutes, either way', () => {
    for (const minutes of [-15, 0, 15]) {
      expect(() => checkSignatureDate('20260102T030405Z', SIGNED_AT_MS + minutes * 60_000)).not.toThrow();
    }
    for (const differenceMs of [-15 * 60_000 - 1, 15 * 60_000 + 1]) {
      expect(thrownBy(() => checkSignatureDate('20260102T030405Z', SIGNED_AT_MS + differenceMs))).toBe(
        'signature-expired',
      );
    }
  });

  it.each([undefined, '', '2026-01-02T03:04:05Z', '20261302T030405Z', '20260102T030405'])(
    'is malformed as %s',
    (value) => {
      expect(thrownBy(() => checkSignatureDate(value, SIGNED_AT_MS))).toBe('credentials-malformed');
    },
  );
});

function sign(request: SignedRequest, signedHeaders: string): string {
  const hash = createHash('sha256')
    .update(canonicalRequest(request, signedHeaders.split(';')), 'latin1')
    .digest('hex');
  return createHmac('sha256', SECRET_KEY).update(`SDK-HMAC-SHA256\n20260102T030405Z\n${hash}`).digest('hex');
}

function thrownBy(action: () => void): string | undefined {
  try {
    action();
  } catch (error) {
    return isAppError(error) ? error.code : 'not in the catalogue';
  }
  return undefined;
}
