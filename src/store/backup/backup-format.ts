/**
 * The form of a backup: lines of JSON, which the command line packs with gzip. It holds every table of Parapet's own at
 * one moment, independent of PostgreSQL's version and of how the tables lie on disk:
 *
 *     {"parapet_backup":1,"schema":2,"made_at":"2026-11-24T09:00:00.000Z"}
 *     {"table":"domain","columns":["id","name","created_at"]}
 *     ["9a1c…","parapet","1764000000000"]
 *     …
 *     {"table":"vulnerability","columns":["number",…],"next":{"number":4711}}
 *     …
 *     {"end":true,"rows":12345,"sha256":"5f0c…"}
 *
 * A row is a list of values in PostgreSQL's text form, null for NULL, in the order of the columns named before it. `next`
 * says where the numbering of an identity column goes on. The last line counts the rows and carries the SHA-256 of every
 * line before it, line feeds included; a file without it was cut short.
 */
import { createHash } from 'node:crypto';
import { appError } from '../../errors.ts';

export const BACKUP_VERSION = 1;
/** Longest line of a backup, in bytes: a server's row with 200,000 packages and their paths is some 30 MB. */
export const BACKUP_LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Every table with data of ours, each after those that it refers to. `schema_migration` is made by the migrations. */
export const BACKUP_TABLES = [
  'secret_key_fingerprint',
  'domain',
  'project',
  'enterprise_project',
  'app_user',
  'role_grant',
  'token',
  'access_key',
  'enrolment_token',
  'agent_credential',
  'advisory_set',
  'feed',
  'feed_coverage',
  'feed_source',
  'feed_file',
  'imported_export',
  'advisory',
  'advisory_affected',
  'advisory_vulnerability',
  'known_exploited',
  'exploit_probability',
  'vulnerability',
  'server_group',
  'package',
  'urgent_item',
  'urgent_event',
  'package_set',
  'finding_set',
  'server',
  'decision',
  'finding_event',
  'project_setting',
  'rematch_package',
  'reassess',
  'priority_clock',
] as const;

export type BackupTable = (typeof BACKUP_TABLES)[number];

/** The other tables: what they hold means something only in the database in which it was written. A restore empties them. */
export const TABLES_NOT_KEPT = ['server_view_change', 'server_view_horizon'] as const;

export interface BackupHeader {
  /** Number of the last migration of the schema it was made from. */
  readonly schema: number;
  /** ISO 8601. */
  readonly madeAt: string;
}

export interface TableStart {
  readonly table: BackupTable;
  readonly columns: readonly string[];
  /** The next number of each identity column. */
  readonly next: Readonly<Record<string, number>>;
}

export type BackupRow = readonly (string | null)[];

export type BackupItem =
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'table'; readonly start: TableStart }
  | { readonly kind: 'row'; readonly row: BackupRow; readonly bytes: number };

/** Writes the lines of a backup one after the other and keeps what the last line needs. */
export class BackupWriter {
  readonly #hash = createHash('sha256');
  #rows = 0;

  header({ schema, madeAt }: BackupHeader): string {
    return this.#line({ parapet_backup: BACKUP_VERSION, schema, made_at: madeAt });
  }

  table({ table, columns, next }: TableStart): string {
    return this.#line({ table, columns, ...(Object.keys(next).length === 0 ? {} : { next }) });
  }

  row(row: BackupRow): string {
    this.#rows += 1;
    return this.#line(row);
  }

  end(): string {
    return `${JSON.stringify({ end: true, rows: this.#rows, sha256: this.#hash.digest('hex') })}\n`;
  }

  #line(value: unknown): string {
    const line = `${JSON.stringify(value)}\n`;
    this.#hash.update(line);
    return line;
  }
}

/**
 * Reads the lines of a backup, in batches, and checks as it goes: version, order, tables, the number of values, and at the
 * end count and checksum. Throws `backup-unreadable` for a file that is none, is damaged or was cut short.
 */
export async function* readBackupLines(
  lines: AsyncIterable<readonly string[]>,
  file: string,
): AsyncGenerator<readonly BackupItem[]> {
  const reader = new BackupReader(file);
  for await (const batch of lines) {
    const items: BackupItem[] = [];
    for (const line of batch) {
      const item = reader.read(line);
      if (item !== undefined) items.push(item);
    }
    if (items.length > 0) yield items;
  }
  reader.finish();
}

class BackupReader {
  readonly #file: string;
  readonly #hash = createHash('sha256');
  readonly #seen = new Set<string>();
  #line = 0;
  #rows = 0;
  #columns: number | undefined;
  #isEnded = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The item of the next line; undefined for the last line of all. */
  read(line: string): BackupItem | undefined {
    this.#line += 1;
    if (this.#isEnded) throw this.#unreadable('something follows its last line');
    const value = this.#parse(line);
    if (this.#line === 1) {
      this.#hash.update(`${line}\n`);
      return { kind: 'header', header: this.#headerOf(value) };
    }
    if (isObject(value) && value['end'] === true) {
      this.#end(value);
      return undefined;
    }
    this.#hash.update(`${line}\n`);
    if (Array.isArray(value)) return { kind: 'row', row: this.#rowOf(value), bytes: line.length };
    return { kind: 'table', start: this.#tableOf(value) };
  }

  finish(): void {
    if (this.#line === 0) throw this.#unreadable('it is empty');
    if (!this.#isEnded) throw this.#unreadable('it was cut short: its last line is missing');
  }

  #headerOf(value: unknown): BackupHeader {
    const version = isObject(value) ? value['parapet_backup'] : undefined;
    if (!isObject(value) || typeof version !== 'number') {
      throw this.#unreadable('it is no backup of Parapet');
    }
    if (version !== BACKUP_VERSION) {
      throw this.#unreadable(`its form has version ${version}, and this Parapet reads ${BACKUP_VERSION}`);
    }
    const { schema, made_at: madeAt } = value;
    if (!isCount(schema) || schema < 1 || typeof madeAt !== 'string') {
      throw this.#unreadable('its first line is incomplete');
    }
    return { schema, madeAt };
  }

  #tableOf(value: unknown): TableStart {
    const { table: name, columns, next = {} } = isObject(value) ? value : {};
    const table = BACKUP_TABLES.find((one) => one === name);
    if (table === undefined) throw this.#unreadable('it names a table that Parapet does not have');
    if (this.#seen.has(table)) throw this.#unreadable(`it has table ${table} twice`);
    if (!Array.isArray(columns) || columns.length === 0 || !columns.every((one) => typeof one === 'string')) {
      throw this.#unreadable(`table ${table} has no list of columns`);
    }
    if (!isObject(next) || !Object.values(next).every(isCount)) {
      throw this.#unreadable(`the numbering of table ${table} is no number`);
    }
    this.#seen.add(table);
    this.#columns = columns.length;
    return { table, columns, next: next as Readonly<Record<string, number>> };
  }

  #rowOf(values: readonly unknown[]): BackupRow {
    if (this.#columns === undefined) throw this.#unreadable('a row stands before any table');
    const isRow = values.every(
      (value): value is string | null => value === null || typeof value === 'string',
    );
    if (!isRow || values.length !== this.#columns) {
      throw this.#unreadable(`a row does not have ${this.#columns} values`);
    }
    this.#rows += 1;
    return values;
  }

  #end(value: Readonly<Record<string, unknown>>): void {
    this.#isEnded = true;
    if (value['rows'] !== this.#rows || value['sha256'] !== this.#hash.digest('hex')) {
      throw this.#unreadable('it is damaged: its checksum does not fit');
    }
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      throw this.#unreadable(this.#line === 1 ? 'it is no backup of Parapet' : 'it is damaged: no JSON');
    }
  }

  #unreadable(problem: string): Error {
    const where = this.#line > 1 ? ` (line ${this.#line})` : '';
    return appError('backup-unreadable', { file: this.#file, problem: `${problem}${where}` });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
