/**
 * The error catalogue: every failure Parapet reports, with its HTTP status and its sentence. A sentence names the
 * thing, the limit and the way out. `api/error-handler.ts` (HTTP) and `cli/main.ts` (command line) are the only
 * places that turn an error into an answer; the wire codes of the compatible surface are mapped in `api/hss/errors.ts`.
 *
 * `status` says whose fault it is: 4xx the caller's (shown in full), 503 the world's (try again), 500 ours.
 * To add one: an entry here, whose function takes the fields of the message; throw it with `appError`.
 */
const CATALOGUE = {
  'config-invalid': {
    status: 400,
    message: (f: { readonly name: string; readonly problem: string }) => `${f.name}: ${f.problem}`,
  },
  'parameter-invalid': {
    status: 400,
    message: (f: { readonly name: string; readonly problem: string }) => `${f.name}: ${f.problem}`,
  },
  'body-unreadable': {
    status: 400,
    message: (f: { readonly problem: string }) => `The request body could not be read: ${f.problem}`,
  },
} as const satisfies Record<string, { readonly status: number; readonly message: (fields: never) => string }>;

type Catalogue = typeof CATALOGUE;

export type ErrorCode = keyof Catalogue;
type FieldsOf<C extends ErrorCode> = Parameters<Catalogue[C]['message']>[0];

/** A failure from the catalogue. `message` is the whole sentence; `fields` are what it was made of. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    fields: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.status = CATALOGUE[code].status;
    this.fields = fields;
  }
}

/** Makes (does not throw) the error `code` with the fields of its message, and the cause where context is gained. */
export function appError<C extends ErrorCode>(code: C, fields: FieldsOf<C>, cause?: unknown): AppError {
  const message: (fields: FieldsOf<C>) => string = CATALOGUE[code].message as (fields: FieldsOf<C>) => string;
  return new AppError(code, message(fields), { ...fields }, cause === undefined ? undefined : { cause });
}

/** Whether `error` is a failure from the catalogue, and with `code`, this one. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
