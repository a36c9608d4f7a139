/** The bounds of an HTTP exchange. Sizes are those of contract 5.4; times keep a slow client from holding a connection. */

export const URI_CHARACTERS_MAX = 32 * 1024;
export const HEADER_BYTES_MAX = 32 * 1024;
export const ALL_HEADERS_BYTES_MAX = 128 * 1024;
/** What Node reads at most before it refuses: request line and headers at their limits, so that ours is the finer check. */
export const REQUEST_HEAD_BYTES_MAX = URI_CHARACTERS_MAX + ALL_HEADERS_BYTES_MAX + 8 * 1024;
export const BODY_BYTES_MAX = 12 * 1024 * 1024;
/** Deepest nesting of arrays and objects in a JSON body. */
export const BODY_DEPTH_MAX = 64;
/** How much of a refused body is read and thrown away, so that the client gets to see the answer, before the connection is cut. */
export const REFUSED_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** How long a refused connection is kept for the client to read the answer. */
export const REFUSED_CONNECTION_KEPT_MS = 5_000;

/** For the request line and headers. */
export const HEADERS_TIMEOUT_MS = 15_000;
/** For the whole request. */
export const REQUEST_TIMEOUT_MS = 120_000;
/** Idle connections are kept longer than the usual 60 s of a load balancer, so that it is the one to close them. */
export const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How often Node looks for requests that are too slow. */
export const CONNECTION_CHECK_INTERVAL_MS = 5_000;
export const CONNECTIONS_MAX = 10_000;

/** Longest value of one path parameter, percent-encoded. */
export const PATH_PARAMETER_CHARACTERS_MAX = 4_096;
