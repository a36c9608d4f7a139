import { type Client, escapeIdentifier } from 'pg';
import { translateDatabaseError } from './database-errors.ts';

const RECONNECT_DELAY_MS = 100;
const RECONNECT_DELAY_MS_MAX = 5_000;
/** PostgreSQL cuts longer identifiers off, so that two channels could become one. */
const CHANNEL = /^[a-z_][a-z0-9_]{0,62}$/;

/** A message on a channel, or a gap: the connection was lost and is back, and messages may have been missed. */
export type NotificationEvent =
  | { readonly kind: 'message'; readonly payload: string }
  | { readonly kind: 'gap' };

/** Hears the events of a channel, in order. It must not throw. */
export type NotificationHandler = (event: NotificationEvent) => void;

export interface Listener {
  close(): Promise<void>;
}

/**
 * Listens to `channel` with clients made by `newClient`, one at a time: when the connection is lost another is made,
 * after 0.1 to 5 seconds. Resolves when it listens; throws `database-unavailable` where the first connection fails.
 */
export async function startListener(
  newClient: () => Client,
  channel: string,
  handler: NotificationHandler,
): Promise<Listener> {
  if (!CHANNEL.test(channel)) throw new Error(`no channel name: ${channel}`);
  const loop = new ListenLoop(newClient, channel, handler);
  await loop.connect();
  return { close: () => loop.close() };
}

class ListenLoop {
  readonly #newClient: () => Client;
  readonly #channel: string;
  readonly #handler: NotificationHandler;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = RECONNECT_DELAY_MS;
  #isClosed = false;

  constructor(newClient: () => Client, channel: string, handler: NotificationHandler) {
    this.#newClient = newClient;
    this.#channel = channel;
    this.#handler = handler;
  }

  async connect(): Promise<void> {
    const client = this.#newClient();
    let isListening = false;
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => this.#handler({ kind: 'message', payload: payload ?? '' }));
    client.on('end', () => {
      if (isListening) this.#reconnectLater();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${escapeIdentifier(this.#channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw translateDatabaseError(error);
    }
    isListening = true;
    this.#client = client;
    this.#delayMs = RECONNECT_DELAY_MS;
    // Closed while connecting: nobody else would end this client.
    if (this.#isClosed) await client.end();
  }

  #reconnectLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(async () => {
      try {
        await this.connect();
        if (!this.#isClosed) this.#handler({ kind: 'gap' });
      } catch {
        this.#reconnectLater();
      }
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, RECONNECT_DELAY_MS_MAX);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => undefined);
  }
}
