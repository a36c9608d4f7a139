/**
 * Why something could not be fetched, in words for people: the sentence stands after the name of the feed. It is kept as
 * the state of the feed and shown by status, doctor and coverage, so it never holds credentials.
 */
export class DownloadFailure extends Error {
  /** Whether the same may work in a moment: the network, a busy or broken server. */
  readonly isTransient: boolean;
  /** How long the server asked to be left alone, in milliseconds; undefined where it did not. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status where an answer was no file. */
  readonly status: number | undefined;

  constructor(
    message: string,
    kind: {
      readonly isTransient: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly status?: number;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DownloadFailure';
    this.isTransient = kind.isTransient;
    this.retryAfterMs = kind.retryAfterMs;
    this.status = kind.status;
  }
}

/** A failure that trying again does not mend. */
export function lastingFailure(message: string, cause?: unknown): DownloadFailure {
  return new DownloadFailure(message, { isTransient: false }, cause === undefined ? undefined : { cause });
}

/** A failure that may be gone in a moment. */
export function passingFailure(message: string, cause?: unknown): DownloadFailure {
  return new DownloadFailure(message, { isTransient: true }, cause === undefined ? undefined : { cause });
}
