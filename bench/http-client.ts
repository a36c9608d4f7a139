/** Requests of the load processes, over connections that are kept alive. */
import { Agent, request } from 'node:http';

export interface Asked {
  readonly status: number;
  readonly bytes: number;
  /** The beginning of the body, or all of it with `whole`. */
  readonly text: string;
}

export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With it the request is a POST. */
  readonly body?: Buffer | undefined;
  readonly whole?: true;
}

const HEAD_BYTES = 40;

export interface HttpClient {
  readonly ask: (question: Question) => Promise<Asked>;
  readonly close: () => void;
}

export function httpClient(port: number, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    close: () => agent.destroy(),
    ask: ({ path, headers, body, whole }) =>
      new Promise((resolve, reject) => {
        const method = body === undefined ? 'GET' : 'POST';
        const sent = request({ port, host: '127.0.0.1', path, agent, headers, method }, (response) => {
          let bytes = 0;
          const kept: Buffer[] = [];
          // Of a page only the first bytes are looked at: counting is for the server, not for the load.
          response.on('data', (chunk: Buffer) => {
            if (whole === true || bytes === 0)
              kept.push(whole === true ? chunk : chunk.subarray(0, HEAD_BYTES));
            bytes += chunk.length;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, bytes, text: Buffer.concat(kept).toString() }),
          );
        });
        sent.on('error', reject);
        sent.end(body);
      }),
  };
}
