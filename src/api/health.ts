/** Whether the process lives, and whether it can answer; asked without a token by whatever watches it. */
import { type Endpoint, openEndpoint } from './endpoint.ts';

/** Something that must be there before requests can be answered. */
export interface ReadinessPart {
  readonly name: string;
  /** Told, but no reason to send requests elsewhere: the answers are right all the same. */
  readonly informs?: true;
  /** Undefined when ready, else in words what is missing; a throw counts as not ready. */
  readonly check: () => Promise<string | undefined> | string | undefined;
}

/** `/healthz` (always 200) and `/readyz` (503 until every part is ready), each for GET and HEAD. */
export function healthEndpoints(parts: readonly ReadinessPart[]): readonly Endpoint[] {
  return (['GET', 'HEAD'] as const).flatMap((method) => [
    openEndpoint({
      operation: method === 'GET' ? 'ShowHealth' : 'CheckHealth',
      method,
      url: '/healthz',
      summary: 'Whether the process lives.',
      handler: () => ({ json: { status: 'ok' } }),
    }),
    openEndpoint({
      operation: method === 'GET' ? 'ShowReadiness' : 'CheckReadiness',
      method,
      url: '/readyz',
      summary: 'Whether requests can be answered, part by part.',
      handler: async () => {
        const states = await Promise.all(parts.map(stateOf));
        const ready = states.every(({ state }, index) => state === 'ready' || parts[index]?.informs === true);
        return {
          status: ready ? 200 : 503,
          json: { status: ready ? 'ready' : 'not ready', parts: states },
        };
      },
    }),
  ]);
}

async function stateOf(part: ReadinessPart): Promise<{ readonly name: string; readonly state: string }> {
  try {
    return { name: part.name, state: (await part.check()) ?? 'ready' };
  } catch {
    return { name: part.name, state: 'not ready' };
  }
}
