/** `GET /metrics`: the figures of this process, for whoever runs it. */
import { timingSafeEqual } from 'node:crypto';
import { appError } from '../errors.ts';
import { hashSecret } from '../identity/token.ts';
import { type Endpoint, operatorEndpoint } from './endpoint.ts';

export interface MetricsParts {
  /** The token of PARAPET_METRICS_TOKEN_FILE; undefined: nobody may ask. */
  readonly token: string | undefined;
  /** In OpenMetrics 1.0. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/**
 * Answers whoever has the token, as a bearer. No user's token opens it: the figures are those of all projects and of the
 * machine. Throws `metrics-off` where there is no token, and `metrics-token-wrong`.
 */
export function metricsEndpoint({ token, text, contentType }: MetricsParts): Endpoint {
  const expected = token === undefined ? undefined : hashSecret(token);
  return operatorEndpoint({
    operation: 'ShowMetrics',
    method: 'GET',
    url: '/metrics',
    summary: 'The figures of this process in OpenMetrics text (docs/metrics.md).',
    identify: (authorization) => {
      if (expected === undefined) throw appError('metrics-off', {});
      const [, given] = /^Bearer +([^ ]+)$/i.exec(authorization ?? '') ?? [];
      // Digests have one length and tell nothing of what they are of: comparing takes the same time for every token.
      if (given === undefined || !timingSafeEqual(hashSecret(given), expected))
        throw appError('metrics-token-wrong', {});
    },
    handler: async () => ({ bytes: await text(), contentType }),
  });
}
