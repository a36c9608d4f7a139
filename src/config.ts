/**
 * Configuration: read once, at the start, into one frozen object that is handed to whoever needs it. This is the only
 * file that knows the process's environment. Values come from a JSON file and from environment variables; the
 * environment wins. `CONFIG_FIELDS` is the one table of all settings: the file's keys, the variables, the defaults and
 * the rules come from it, and `docs/config.md` is checked against it.
 */
import { readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, resolve } from 'node:path';
import { FEED_CONFIG_FIELDS } from './config-feeds.ts';
import {
  type ConfigField,
  PROJECT_NAME_LENGTH_MAX,
  parseDatabaseUrl,
  parseHost,
  parseInteger,
  parseProjectName,
  parsePublicUrl,
  parseText,
} from './config-values.ts';
import { appError, isAppError } from './errors.ts';
import { closestName } from './nearest-name.ts';

export type { ConfigField } from './config-values.ts';

export const CONFIG_FILE_NAME = 'parapet.json';
export const CONFIG_FILE_VARIABLE = 'PARAPET_CONFIG';
export const CONFIG_FILE_BYTES_MAX = 65_536;
export const CONFIG_VALUE_LENGTH_MAX = 4_096;
export const ADMIN_PASSWORD_LENGTH_MAX = 256;
export const STALE_DAYS_MAX = 3_650;
export const DATABASE_CONNECTIONS_MIN = 2;
export const DATABASE_CONNECTIONS_LIMIT_MAX = 150;
const PORT_MAX = 65_535;
/** More characters than this of a refused value say nothing more. */
const SHOWN_VALUE_LENGTH_MAX = 80;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every setting. The key is its name in the configuration file and in `Config`. */
export const CONFIG_FIELDS = {
  host: {
    variable: 'PARAPET_HOST',
    default: '127.0.0.1',
    limit: 'an IP address or a host name',
    meaning: 'The address to listen on. `0.0.0.0` or `::` is every address of the machine.',
    parse: parseHost,
  },
  port: {
    variable: 'PARAPET_PORT',
    default: '8080',
    limit: `a whole number from 0 to ${PORT_MAX}`,
    meaning: 'The TCP port to listen on; 0 lets the system choose a free one.',
    parse: (text) => parseInteger(text, 0, PORT_MAX),
  },
  dataDir: {
    variable: 'PARAPET_DATA_DIR',
    default: './data',
    path: true,
    limit: 'a path',
    meaning:
      'The data folder: the private PostgreSQL, keys made by Parapet, compiled advisories. When Parapet runs as root and the account its PostgreSQL runs under cannot reach the default folder, `/var/lib/parapet` takes its place.',
    parse: parseText,
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    secret: true,
    limit: 'a URL that begins with `postgres://` or `postgresql://`',
    meaning: 'The PostgreSQL (15 or later) to use. Without it Parapet runs a private one in the data folder.',
    parse: parseDatabaseUrl,
  },
  databaseConnectionsMax: {
    variable: 'PARAPET_DATABASE_CONNECTIONS_MAX',
    default: '10',
    limit: `a whole number from ${DATABASE_CONNECTIONS_MIN} to ${DATABASE_CONNECTIONS_LIMIT_MAX}`,
    meaning:
      'How many connections this process shares among its queries. Reports, following the server view, notifications, locks and background jobs use some ten more.',
    parse: (text) => parseInteger(text, DATABASE_CONNECTIONS_MIN, DATABASE_CONNECTIONS_LIMIT_MAX),
  },
  postgresBin: {
    variable: 'PARAPET_POSTGRES_BIN',
    path: true,
    limit: 'the path of a folder that holds `postgres` and `initdb`',
    meaning:
      'The PostgreSQL programs to use for the private PostgreSQL, before those of the system and those that npm brought along.',
    parse: parseText,
  },
  adminPassword: {
    variable: 'PARAPET_ADMIN_PASSWORD',
    secret: true,
    limit: `1 to ${ADMIN_PASSWORD_LENGTH_MAX} characters`,
    meaning:
      'The password that user `admin` of domain `parapet` gets at the first start. Without it one is generated and printed once.',
    parse: (text) => (text.length <= ADMIN_PASSWORD_LENGTH_MAX ? parseText(text) : undefined),
  },
  projectName: {
    variable: 'PARAPET_PROJECT_NAME',
    default: 'default',
    limit: `1 to ${PROJECT_NAME_LENGTH_MAX} letters, digits, \`_\`, \`-\` and \`.\``,
    meaning: 'The name of the first project, which is also the name of its region.',
    parse: parseProjectName,
  },
  publicUrl: {
    variable: 'PARAPET_PUBLIC_URL',
    limit: 'a URL that begins with `http://` or `https://`, without user, query or fragment',
    meaning:
      "The address under which others reach Parapet: used in links and in the agent's script. Without it, the address it listens on.",
    parse: parsePublicUrl,
  },
  tlsCert: {
    variable: 'PARAPET_TLS_CERT',
    path: true,
    limit: 'the path of a PEM file, given together with PARAPET_TLS_KEY',
    meaning: 'The certificate (with its chain) to serve HTTPS with.',
    parse: parseText,
  },
  tlsKey: {
    variable: 'PARAPET_TLS_KEY',
    path: true,
    limit: 'the path of a PEM file, given together with PARAPET_TLS_CERT',
    meaning: 'The private key of the certificate.',
    parse: parseText,
  },
  secretKeyFile: {
    variable: 'PARAPET_SECRET_KEY_FILE',
    path: true,
    limit: 'the path of a file',
    meaning:
      'The key that seals access keys in the database. Without it one is made in the data folder; every node on the same database needs the same key.',
    parse: parseText,
  },
  metricsTokenFile: {
    variable: 'PARAPET_METRICS_TOKEN_FILE',
    path: true,
    limit: 'the path of a file that holds 32 to 512 characters without spaces',
    meaning:
      'The token with which `/metrics` may be read, as a bearer ([metrics.md](metrics.md)). Without it nobody may. It is read at the start.',
    parse: parseText,
  },
  feedStaleDays: {
    variable: 'PARAPET_FEED_STALE_DAYS',
    default: '30',
    limit: `a whole number from 1 to ${STALE_DAYS_MAX}`,
    meaning: 'Days after which an advisory feed counts as stale.',
    parse: (text) => parseInteger(text, 1, STALE_DAYS_MAX),
  },
  serverSilentDays: {
    variable: 'PARAPET_SERVER_SILENT_DAYS',
    default: '7',
    limit: `a whole number from 1 to ${STALE_DAYS_MAX}`,
    meaning: 'Days without a report after which a server counts as silent.',
    parse: (text) => parseInteger(text, 1, STALE_DAYS_MAX),
  },
  ...FEED_CONFIG_FIELDS,
  logLevel: {
    variable: 'PARAPET_LOG_LEVEL',
    default: 'info',
    limit: `one of ${LOG_LEVELS.join(', ')}`,
    meaning: 'The least level of the lines that are logged.',
    parse: (text) => LOG_LEVELS.find((level) => level === text),
  },
} as const satisfies Record<string, ConfigField<unknown>>;

type Fields = typeof CONFIG_FIELDS;
export type ConfigKey = keyof Fields;
type ValueOf<K extends ConfigKey> = Exclude<ReturnType<Fields[K]['parse']>, undefined>;

/** The settings of this process. Paths are absolute. A setting without a default is undefined unless it was given. */
export type Config = {
  readonly [K in ConfigKey]: Fields[K] extends { readonly default: string }
    ? ValueOf<K>
    : ValueOf<K> | undefined;
} & {
  /** Whether nobody chose the data folder: only then may another take its place. */
  readonly dataDirIsDefault: boolean;
  /** The folders in which the system looks for programs (PATH), absolute. */
  readonly searchPath: readonly string[];
  /** The proxies of the environment: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, or the same in small letters, which win. */
  readonly proxy: {
    readonly http: string | undefined;
    readonly https: string | undefined;
    readonly none: string | undefined;
  };
};

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The configuration file, before the one that PARAPET_CONFIG names and before `parapet.json` in `cwd`. */
  readonly file?: string;
}

interface Given {
  readonly text: string;
  /** What the error calls it: a variable, or a key of a file. */
  readonly name: string;
  readonly folder: string;
}

/** The settings of the running process: `readConfig` over its environment and working folder. Throws `config-invalid`. */
export function readProcessConfig(file?: string): Config {
  const source = { env: process.env, cwd: process.cwd() };
  return readConfig(file === undefined ? source : { ...source, file });
}

/**
 * Reads, checks and freezes the settings. Throws `config-invalid`, naming the variable or key, the value (never a
 * secret's), the limit and the way out: for a bad value, an unknown PARAPET_ variable, an unknown key of the file, and
 * a file that cannot be read. An empty variable counts as not given, as compose files write it.
 */
export function readConfig(source: ConfigSource): Config {
  const given = new Map<string, Given>([...readFile(source), ...readEnvironment(source)]);
  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<ConfigField<unknown>>(CONFIG_FIELDS)) {
    values[key] = readField(field, given.get(key), source.cwd);
  }
  if (given.has('tlsCert') !== given.has('tlsKey')) {
    const [present, missing] = given.has('tlsCert')
      ? (['PARAPET_TLS_CERT', 'PARAPET_TLS_KEY'] as const)
      : (['PARAPET_TLS_KEY', 'PARAPET_TLS_CERT'] as const);
    throw invalid(missing, `is missing while ${present} is given. HTTPS needs both: give both, or neither.`);
  }
  values['dataDirIsDefault'] = !given.has('dataDir');
  values['searchPath'] = Object.freeze((source.env['PATH'] ?? '').split(delimiter).filter(isAbsolute));
  values['proxy'] = Object.freeze({
    http: proxyOf(source.env, 'http_proxy'),
    https: proxyOf(source.env, 'https_proxy'),
    none: proxyOf(source.env, 'no_proxy'),
  });
  // Every key was filled above from the same table that the type is derived from.
  return Object.freeze(values) as Config;
}

function readField(field: ConfigField<unknown>, given: Given | undefined, cwd: string): unknown {
  const text = given?.text ?? field.default;
  if (text === undefined) return undefined;
  const value = text.length > CONFIG_VALUE_LENGTH_MAX ? undefined : field.parse(text);
  if (value === undefined) {
    const shown = field.secret === true ? 'its value' : JSON.stringify(text.slice(0, SHOWN_VALUE_LENGTH_MAX));
    const way = `Give ${field.limit}${field.default === undefined ? '' : `, or leave it out for ${field.default}`}.`;
    throw invalid(given?.name ?? field.variable, `${shown} is not ${field.limit}. ${way}`);
  }
  return field.path === true && typeof value === 'string' ? resolve(given?.folder ?? cwd, value) : value;
}

function proxyOf(env: ConfigSource['env'], name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

function invalid(name: string, problem: string): Error {
  return appError('config-invalid', { name, problem });
}

function keyOfVariable(variable: string): string | undefined {
  return Object.entries(CONFIG_FIELDS).find(([, field]) => field.variable === variable)?.[0];
}

/**
 * Variables that Kubernetes and Docker links set by themselves for a service that is called "parapet"; they are no
 * setting of ours. One of them, PARAPET_PORT=tcp://…, has the name of a setting: an explicit value replaces it there,
 * so the address form means that nothing was set.
 */
const SERVICE_LINK =
  /^PARAPET_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /^(?:tcp|udp):\/\//;

function readEnvironment({ env, cwd }: ConfigSource): [string, Given][] {
  const found: [string, Given][] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text === '' || name === CONFIG_FILE_VARIABLE) continue;
    const key = keyOfVariable(name);
    if (key !== undefined) {
      if (name === 'PARAPET_PORT' && SERVICE_LINK_PORT.test(text)) continue;
      found.push([key, { text, name, folder: cwd }]);
    } else if (name.startsWith('PARAPET_') && !SERVICE_LINK.test(name)) {
      const known = Object.values(CONFIG_FIELDS).map((field) => field.variable);
      throw invalid(name, unknownProblem('setting', name, [...known, CONFIG_FILE_VARIABLE]));
    }
  }
  return found;
}

function readFile(source: ConfigSource): [string, Given][] {
  const named = source.file ?? (source.env[CONFIG_FILE_VARIABLE] || undefined);
  const path = resolve(source.cwd, named ?? CONFIG_FILE_NAME);
  const text = readFileText(path, named !== undefined);
  if (text === undefined) return [];
  return Object.entries(parseFileObject(path, text)).map(([key, value]) => {
    const name = `${path}: ${key}`;
    if (!Object.hasOwn(CONFIG_FIELDS, key)) {
      throw invalid(name, unknownProblem('key', key, Object.keys(CONFIG_FIELDS)));
    }
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw invalid(name, 'is neither a text nor a number. Write the value as one of the two.');
    }
    return [key, { text: String(value), name, folder: dirname(path) }];
  });
}

function unknownProblem(kind: string, name: string, known: readonly string[]): string {
  const near = closestName(name, known);
  const way = near === undefined ? `Known ones are ${known.join(', ')}.` : `Did you mean ${near}?`;
  return `is no ${kind} of Parapet. ${way} Correct or remove it.`;
}

function readFileText(path: string, isNamed: boolean): string | undefined {
  try {
    const bytes = statSync(path).size;
    if (bytes > CONFIG_FILE_BYTES_MAX) {
      throw invalid(
        path,
        `has ${bytes} bytes; a configuration file may have at most ${CONFIG_FILE_BYTES_MAX}.`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAppError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT' && !isNamed) return undefined;
    const way = `Correct the path in ${CONFIG_FILE_VARIABLE} or --config, or make the file readable.`;
    throw appError(
      'config-invalid',
      { name: path, problem: `the configuration file cannot be read (${code}). ${way}` },
      error,
    );
  }
}

function parseFileObject(path: string, text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own message quotes the text, which may hold a secret.
    throw appError('config-invalid', { name: path, problem: 'is not valid JSON. Correct the file.' }, error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(path, 'must hold one JSON object of settings, such as {"port": 8080}.');
  }
  return parsed;
}
