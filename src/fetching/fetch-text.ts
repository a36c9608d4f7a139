import { lastingFailure } from './download-failure.ts';
import { failureOf, type HttpClient } from './http-client.ts';
import { statusFailure } from './status-failure.ts';
import { withRetries } from './with-retries.ts';

/** Fetches a small text: an index, a checksum file. Rejects with a `DownloadFailure` in words. */
export async function fetchText(
  client: HttpClient,
  wanted: { readonly url: string; readonly bytesMax: number },
  signal: AbortSignal,
): Promise<string> {
  return await withRetries(client.settings.limits, signal, (inTime) => attemptFetch(client, wanted, inTime));
}

async function attemptFetch(
  client: HttpClient,
  { url, bytesMax }: { readonly url: string; readonly bytesMax: number },
  signal: AbortSignal,
): Promise<string> {
  const answer = await client.get(url, {}, signal);
  try {
    if (answer.status !== 200) throw statusFailure(answer);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw lastingFailure(`${url} is larger than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, new URL(url));
  } finally {
    answer.body.destroy();
  }
}
