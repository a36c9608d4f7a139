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
  'parameter-missing': {
    status: 400,
    message: (f: { readonly name: string }) => `${f.name}: missing, but required`,
  },
  'list-too-long': {
    status: 400,
    message: (f: { readonly name: string; readonly max: number }) =>
      `${f.name}: more than ${f.max} elements; send them in several requests`,
  },
  'query-unreadable': {
    status: 400,
    message: (f: { readonly problem: string }) => `The query string could not be read: ${f.problem}`,
  },
  'body-too-large': {
    status: 413,
    message: (f: { readonly bytesMax: number }) => `The request body is larger than ${f.bytesMax} bytes`,
  },
  'uri-too-long': {
    status: 414,
    message: (f: { readonly charactersMax: number }) =>
      `The request URI is longer than ${f.charactersMax} characters`,
  },
  'headers-too-large': {
    status: 494,
    message: (f: { readonly name: string; readonly bytesMax: number }) =>
      `${f.name} of the request: larger than ${f.bytesMax} bytes`,
  },
  'request-unreadable': {
    status: 400,
    message: (f: { readonly problem: string }) => `The request could not be read: ${f.problem}`,
  },
  'request-timeout': {
    status: 408,
    message: (f: { readonly seconds: number }) => `The request did not arrive within ${f.seconds} seconds`,
  },
  'api-unknown': {
    status: 404,
    message: (f: { readonly method: string; readonly path: string }) =>
      `The API does not exist or has not been published in the environment: ${f.method} ${f.path}`,
  },
  'token-missing': {
    status: 401,
    message: () => 'Incorrect IAM authentication information: x-auth-token not found',
  },
  'token-unknown': {
    status: 401,
    message: () => 'Incorrect IAM authentication information: decrypt token fail',
  },
  'token-expired': {
    status: 401,
    message: (f: { readonly expiresAt: string }) =>
      `Incorrect IAM authentication information: token expires, expires_at: ${f.expiresAt}`,
  },
  'token-revoked': {
    status: 401,
    message: () => 'The token must be updated: it was revoked; obtain a new one',
  },
  'credentials-malformed': {
    status: 401,
    message: (f: { readonly problem: string }) => `Incorrect authentication information: ${f.problem}`,
  },
  'signature-mismatch': {
    status: 401,
    message: (f: { readonly canonicalRequest: string }) =>
      `Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:${f.canonicalRequest}`,
  },
  'signature-expired': {
    status: 401,
    message: (f: { readonly minutesMax: number }) =>
      `Incorrect IAM authentication information: signature expired, X-Sdk-Date differs from the time of the server by more than ${f.minutesMax} minutes`,
  },
  'access-key-unknown': {
    status: 401,
    message: (f: { readonly accessKey: string }) =>
      `Incorrect IAM authentication information: Get secretKey failed,ak:${f.accessKey},err:ak not exist`,
  },
  'access-key-locked': {
    status: 401,
    message: () =>
      'Incorrect IAM authentication information: AK access failed to reach the limit,forbidden; wait five minutes',
  },
  'metrics-off': {
    status: 403,
    message: () =>
      'Metrics are not served: write a token to a file and name it in PARAPET_METRICS_TOKEN_FILE (docs/metrics.md)',
  },
  'metrics-token-wrong': {
    status: 401,
    message: () =>
      'Incorrect authentication information: send "Authorization: Bearer TOKEN" with what the file of PARAPET_METRICS_TOKEN_FILE holds',
  },
  'project-forbidden': {
    status: 403,
    message: () => 'The IAM user is not authorized to access the API: no right in this project',
  },
  'right-missing': {
    status: 403,
    message: (f: { readonly right: string }) =>
      `Insufficient permissions: the user lacks the right ${f.right} here`,
  },
  'enterprise-project-unnamed': {
    status: 403,
    message: () =>
      'Insufficient permissions in the default enterprise project; name yours in enterprise_project_id, or all_granted_eps',
  },
  'enterprise-project-unknown': {
    status: 400,
    message: (f: { readonly id: string }) =>
      `enterprise_project_id: no enterprise project ${f.id} among those granted to the user`,
  },
  'login-failed': {
    status: 401,
    message: () => 'The username or password is wrong.',
  },
  'login-throttled': {
    status: 429,
    message: (f: { readonly seconds: number }) =>
      `The throttling threshold has been reached: too many failed logins; try again in ${f.seconds} seconds`,
  },
  'scope-forbidden': {
    status: 403,
    message: (f: { readonly scope: string }) => `The user has no right in ${f.scope}, or it does not exist`,
  },
  'identity-not-found': {
    status: 404,
    message: (f: { readonly kind: string; readonly name: string }) => `No ${f.kind} ${f.name}`,
  },
  'identity-exists': {
    status: 409,
    message: (f: { readonly kind: string; readonly name: string }) => `Taken already: ${f.kind} ${f.name}`,
  },
  'identity-limit': {
    status: 400,
    message: (f: { readonly kind: string; readonly max: number }) =>
      `Too many ${f.kind}: at most ${f.max}; delete one first`,
  },
  'project-creation-refused': {
    status: 403,
    message: () => 'Projects are made with the command `parapet project`, not over this API.',
  },
  'agent-credential-unknown': {
    status: 401,
    message: () => 'The agent credential is unknown or was revoked; enrol the server again',
  },
  'enrolment-token-unusable': {
    status: 401,
    message: () => 'The enrolment token is unknown, expired or used up; ask for a new one',
  },
  'agent-throttled': {
    status: 429,
    message: (f: { readonly seconds: number }) =>
      `Too many requests from this agent: try again in ${f.seconds} seconds`,
  },
  'agent-reports-busy': {
    status: 503,
    message: () => 'Too many reports are arriving at once: try again in a moment',
  },
  'agent-clones-limit': {
    status: 409,
    message: (f: { readonly max: number }) =>
      `More than ${f.max} machines use one enrolment: enrol this one with a token (parapet-agent enrol --again)`,
  },
  'secret-key-unusable': {
    status: 500,
    message: (f: { readonly path: string; readonly problem: string }) => `Secret key ${f.path}: ${f.problem}`,
  },
  'secret-key-differs': {
    status: 500,
    message: (f: { readonly path: string; readonly problem: string }) =>
      `Secret key ${f.path} ${f.problem}: access keys could not be read. Copy the key file of the first node here, or point PARAPET_SECRET_KEY_FILE at it`,
  },
  'inventory-unreadable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The inventory ${f.file} could not be read: ${f.problem}`,
  },
  'inventory-unrecognised': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string; readonly understood: string }) =>
      `${f.file} is not an inventory: ${f.problem}. Understood, plain or gzip: ${f.understood}.`,
  },
  'inventory-system-unknown': {
    status: 400,
    message: (f: { readonly file: string; readonly packages: number }) =>
      `The inventory ${f.file} holds ${f.packages} system packages but does not say of which system: ` +
      "give the server's /etc/os-release with --os-release FILE, or its name with --system, e.g. --system debian:12",
  },
  'inventory-too-large': {
    status: 413,
    message: (f: { readonly file: string; readonly what: string; readonly limit: number }) =>
      `The inventory ${f.file} holds more than ${f.limit} ${f.what}; split it by server`,
  },
  'inventory-empty': {
    status: 400,
    message: (f: { readonly file: string; readonly reason: string }) =>
      `The inventory ${f.file} holds no package that any advisory source speaks of${f.reason === '' ? '' : ` (${f.reason})`}, ` +
      'so nothing could be said about the server. Make it so that it lists every package: for Trivy with --list-all-pkgs, ' +
      'for SBOM tools with package URLs.',
  },
  'report-unreadable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The report ${f.file} could not be read: ${f.problem}`,
  },
  'report-unrecognised': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string; readonly understood: string }) =>
      `${f.file} is no report of a scanner that can be compared: ${f.problem}. Understood, plain or gzip: ${f.understood}.`,
  },
  'report-too-large': {
    status: 413,
    message: (f: { readonly file: string; readonly bytesMax: number }) =>
      `The report ${f.file} is larger than ${f.bytesMax} bytes, the most that is read of one; compare one server at a time`,
  },
  'system-name-invalid': {
    status: 400,
    message: (f: { readonly name: string }) =>
      `${f.name} names no system: write family:release, e.g. debian:12, ubuntu:22.04, almalinux:8, openeuler:22.03-LTS-SP1`,
  },
  'database-unavailable': {
    status: 503,
    message: (f: { readonly problem: string }) =>
      `The database cannot be reached: ${f.problem}. Parapet connects again by itself as soon as the database is back; try again then.`,
  },
  'database-refused': {
    status: 503,
    message: (f: { readonly problem: string }) =>
      `The database refused Parapet: ${f.problem}. Check the user, the password, the database name and the rights in DATABASE_URL.`,
  },
  'database-full': {
    status: 503,
    message: (f: { readonly problem: string }) =>
      `The database has no space left: ${f.problem}. Nothing of this request was stored. Free space on the disk of the database, then try again.`,
  },
  'database-read-only': {
    status: 503,
    message: (f: { readonly problem: string }) =>
      `The database can only be read: ${f.problem}. Nothing of this request was stored. Point DATABASE_URL at the primary server, or make the database's folder writable, then try again.`,
  },
  'database-slow': {
    status: 503,
    message: (f: { readonly problem: string }) =>
      `The database did not answer in time: ${f.problem}. Nothing of this request was stored. Try again; if it stays so, look at the load of the database.`,
  },
  'database-unsuitable': {
    status: 503,
    message: (f: { readonly problem: string }) => `The database does not suit: ${f.problem}`,
  },
  'schema-newer': {
    status: 503,
    message: (f: { readonly found: number; readonly known: number }) =>
      `The database has schema ${f.found}, made by a newer Parapet; this one knows schemas up to ${f.known}. Run the newer Parapet again, or restore a backup made before it.`,
  },
  'schema-edited': {
    status: 503,
    message: (f: { readonly migration: string; readonly problem: string }) =>
      `Migration ${f.migration} ${f.problem}. An applied migration never changes: restore the file as released, or the backup that belongs to this Parapet.`,
  },
  'data-folder-in-use': {
    status: 503,
    message: (f: { readonly folder: string; readonly by: string }) =>
      `The data folder ${f.folder} is in use by ${f.by}. Stop that one, or choose another folder with PARAPET_DATA_DIR.`,
  },
  'data-folder-unusable': {
    status: 503,
    message: (f: { readonly folder: string; readonly problem: string; readonly way: string }) =>
      `The data folder ${f.folder} cannot be used: ${f.problem}. ${f.way}`,
  },
  'postgres-missing': {
    status: 503,
    message: (f: { readonly wanted: string; readonly looked: readonly string[] }) =>
      `No PostgreSQL programs found: ${f.wanted}. Looked at: ${f.looked.join('; ')}. Install PostgreSQL, name the folder of its programs with PARAPET_POSTGRES_BIN, or give a running database with DATABASE_URL.`,
  },
  'postgres-failed': {
    status: 503,
    message: (f: { readonly problem: string }) => `The private PostgreSQL ${f.problem}`,
  },
  'compiled-unwritable': {
    status: 503,
    message: (f: { readonly path: string; readonly problem: string }) =>
      `The advisories are in force, but the compiled advisory file ${f.path} could not be written: ${f.problem}. Import again to make it.`,
  },
  'compiled-missing': {
    status: 404,
    message: (f: { readonly path: string }) =>
      `There is no compiled advisory file at ${f.path}. Import advisories first (parapet advisories import PATH), or name advisory files with --advisories PATH.`,
  },
  'compiled-unreadable': {
    status: 500,
    message: (f: { readonly path: string; readonly problem: string }) =>
      `The compiled advisory file ${f.path} cannot be read: ${f.problem}. Import any advisories again (parapet advisories import PATH): that writes it anew.`,
  },
  'feed-unknown': {
    status: 400,
    message: (f: {
      readonly name: string;
      readonly near: string | undefined;
      readonly names: readonly string[];
    }) =>
      `There is no feed ${f.name}. ${
        f.near === undefined ? `Known are ${f.names.join(', ')}` : `Did you mean ${f.near}?`
      } A feed of your own is written name=URL.`,
  },
  'feed-name-taken': {
    status: 400,
    message: (f: { readonly name: string }) =>
      `A feed of your own cannot be called ${f.name}: the catalogue has that name. Choose another, or use a mirror (PARAPET_FEEDS_MIRRORS).`,
  },
  'feed-shrunk': {
    status: 409,
    message: (f: { readonly feed: string; readonly before: number; readonly after: number }) =>
      `The list ${f.feed} would shrink from ${f.before} records to ${f.after}, so the old one stays in force. If that is right, fetch the file yourself and import it: parapet advisories import FILE`,
  },
  'feeds-none': {
    status: 400,
    message: () =>
      'No feed is to be updated: name feeds with --feed or in PARAPET_FEEDS. `parapet advisories feeds` lists them.',
  },
  'feeds-update-running': {
    status: 409,
    message: () =>
      'Another update of feeds is running on this database. It goes on by itself; try again when it has ended (parapet advisories status).',
  },
  'export-key-unusable': {
    status: 400,
    message: (f: { readonly path: string; readonly problem: string }) =>
      `The key for signing exports, ${f.path}: ${f.problem}.`,
  },
  'export-unwritable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The export ${f.file} cannot be written: ${f.problem}. Nothing was left there. Name a folder that this user may write in, with enough space.`,
  },
  'export-unreadable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The export ${f.file} cannot be used: ${f.problem}. Nothing was changed. Carry it over again, or make another.`,
  },
  'export-untrusted': {
    status: 400,
    message: (f: { readonly file: string; readonly key: string }) =>
      `The export ${f.file} is signed with ${f.key}, which is not trusted here. Nothing was changed. If that is the key of your own Parapet, name it in PARAPET_TRUSTED_KEYS or with --trust.`,
  },
  'export-older': {
    status: 409,
    message: (f: { readonly file: string; readonly created: string; readonly last: string }) =>
      `The export ${f.file} was made at ${f.created}, before the one that was imported last (${f.last}). Nothing was changed. Give --older to go back to it.`,
  },
  'archive-unreadable': {
    status: 400,
    message: (f: { readonly name: string; readonly problem: string }) => `${f.name} ${f.problem}`,
  },
  'backup-unreadable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The backup ${f.file} cannot be used: ${f.problem}. The database was not changed. Take another copy of it, or an older backup.`,
  },
  'backup-newer': {
    status: 400,
    message: (f: { readonly file: string; readonly found: number; readonly known: number }) =>
      `The backup ${f.file} has schema ${f.found}, made by a newer Parapet; this one knows schemas up to ${f.known}. The database was not changed. Restore it with the newer Parapet.`,
  },
  'backup-unwritable': {
    status: 400,
    message: (f: { readonly file: string; readonly problem: string }) =>
      `The backup ${f.file} cannot be written: ${f.problem}. Nothing was left there. Name a folder that this user may write in, with enough space.`,
  },
  'restore-database-in-use': {
    status: 409,
    message: (f: { readonly others: number }) =>
      `The database is in use: it has ${f.others} other connections of the same user. Stop every \`parapet serve\` on it, then restore again. Nothing was changed.`,
  },
  'restore-database-not-empty': {
    status: 409,
    message: (f: { readonly table: string }) =>
      `The database is not empty (table ${f.table}). Nothing was changed. Restore into a new one, or give --force to replace everything that it holds.`,
  },
  usage: {
    status: 400,
    message: (f: { readonly command: string; readonly problem: string }) =>
      `${f.command}: ${f.problem}. See: parapet ${f.command} --help`,
  },
  'option-invalid': {
    status: 400,
    message: (f: { readonly name: string; readonly problem: string }) => `${f.name}: ${f.problem}`,
  },
  'cannot-listen': {
    status: 503,
    message: (f: { readonly host: string; readonly port: number; readonly problem: string }) =>
      `Cannot listen on ${f.host} port ${f.port}: ${f.problem}.`,
  },
  'import-nothing-usable': {
    status: 400,
    message: (f: { readonly skipped: number; readonly first: string }) =>
      `Nothing could be imported, and nothing was changed: ${f.skipped} records were skipped. The first: ${f.first}`,
  },
  'operation-not-offered': {
    status: 400,
    message: (f: { readonly operation: string }) =>
      `operate_type: ${f.operation} is not offered by this version; ignore, not_ignore and manual_repair are.`,
  },
  'selection-not-single': {
    status: 400,
    message: () => 'Give exactly one of select_type, data_list and host_data_list.',
  },
  'server-not-found': {
    status: 404,
    message: (f: { readonly wanted: string }) => `No server of this project has the id or name ${f.wanted}.`,
  },
  'server-name-ambiguous': {
    status: 409,
    message: (f: { readonly name: string; readonly ids: readonly string[] }) =>
      `Several servers are called ${f.name}; give the id of one: ${f.ids.join(', ')}.`,
  },
  'inventory-server-unnamed': {
    status: 400,
    message: (f: { readonly file: string }) =>
      `The inventory ${f.file} does not say which server it is of: name the server with --name, or give its id with --server-id.`,
  },
  'inventory-server-twice': {
    status: 400,
    message: (f: { readonly file: string; readonly server: string; readonly before: string }) =>
      `${f.file} is of the same server as ${f.before} (${f.server}) and would replace it. Import it alone with --name or --server-id.`,
  },
  'server-unknown': {
    status: 403,
    message: (f: { readonly serverId: string }) =>
      `Server ${f.serverId} does not exist in this project, or you have no rights in its enterprise project.`,
  },
  'project-unknown': {
    status: 404,
    message: (f: { readonly problem: string; readonly names: readonly string[] }) =>
      `${f.problem}. There ${f.names.length === 1 ? 'is' : 'are'}: ${f.names.join(', ')}.`,
  },
  'urgent-unknown': {
    status: 404,
    message: (f: { readonly id: string }) =>
      `There is no open urgent item ${f.id} in this project. See: parapet urgent list --all`,
  },
  'urgent-limit': {
    status: 409,
    message: (f: { readonly max: number }) =>
      `More than ${f.max} urgent items cannot be open at once in a project: remove what is no longer urgent.`,
  },
  'group-exists': {
    status: 409,
    message: (f: { readonly name: string }) => `There is a server group called ${f.name} already.`,
  },
  'group-unknown': {
    status: 404,
    message: (f: { readonly group: string }) => `There is no server group ${f.group} in this project.`,
  },
  'vulnerability-unknown': {
    status: 400,
    message: (f: { readonly id: string }) =>
      `Vulnerability ${f.id} is not known, or no server in your scope has it.`,
  },
  'finding-unknown': {
    status: 400,
    message: (f: { readonly id: string; readonly serverId: string }) =>
      `Server ${f.serverId} has no vulnerability ${f.id}, or it was handled and is no longer listed.`,
  },
  'demo-snapshot-unreadable': {
    status: 500,
    message: (f: { readonly path: string; readonly problem: string }) =>
      `The demo's snapshot cannot be read: ${f.path}: ${f.problem}. Install Parapet again, or check the file out again.`,
  },
  'demo-database-in-use': {
    status: 400,
    message: (f: { readonly server: string }) =>
      `The demo loads its own servers, and this database already has others (${f.server}). Leave out DATABASE_URL and PARAPET_DATA_DIR for a temporary one, or run parapet serve.`,
  },
  'demo-project-missing': {
    status: 400,
    message: (f: { readonly project: string }) =>
      `This database was first started without the project ${f.project}. Leave out PARAPET_PROJECT_NAME, or name the project it was started with.`,
  },
  'operation-not-allowed': {
    status: 400,
    message: (f: {
      readonly id: string;
      readonly serverId: string;
      readonly operation: string;
      readonly status: string;
    }) => `${f.operation} is not possible for ${f.id} on server ${f.serverId}: its status is ${f.status}.`,
  },
} as const satisfies Record<string, { readonly status: number; readonly message: (fields: never) => string }>;

type Catalogue = typeof CATALOGUE;

export type ErrorCode = keyof Catalogue;

/** Every code, in the order of the catalogue. */
export const ERROR_CODES = Object.keys(CATALOGUE) as readonly ErrorCode[];

type FieldsOf<C extends ErrorCode> =
  Parameters<Catalogue[C]['message']> extends readonly [infer Fields] ? Fields : Record<string, never>;

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
  return new AppError(
    code,
    message(fields),
    { ...(fields as object) },
    cause === undefined ? undefined : { cause },
  );
}

/** Whether `error` is a failure from the catalogue, and with `code`, this one. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
