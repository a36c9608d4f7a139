/** The advisory set in force as one signed file, and such a file as the advisory set in force of another machine. */
import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { EXPORT_VERSION, type ExportLine, parseExportLine } from '../advisories/export-lines.ts';
import type { FeedItem } from '../advisories/feed.ts';
import {
  readSignedLines,
  type VerifiedFile,
  verifySignedFile,
  writeSignedFile,
} from '../advisories/signed-file.ts';
import { appError } from '../errors.ts';
import {
  findImportedExport,
  type ImportedExport,
  saveImportedExport,
} from '../store/advisories/imported-export.ts';
import { type ExportProgress, streamExport } from '../store/advisories/stream-export.ts';
import type { Database } from '../store/database.ts';
import { type ImportSummary, importAdvisories } from './import-advisories.ts';

/** Time the reading of the set may take: the largest has some hundred thousand records. */
const EXPORT_STATEMENT_TIMEOUT_MS = 30 * 60 * 1000;

/** Writes everything in force, of one moment, to `path`, signed by `key`. Returns its length in bytes. Throws `export-unwritable`. */
export async function exportAdvisories(
  database: Database,
  path: string,
  options: {
    readonly key: KeyObject;
    readonly now: number;
    readonly onProgress: (progress: ExportProgress) => void;
  },
): Promise<number> {
  return await database.transaction(
    (tx) => writeSignedFile(path, streamExport(tx, options.now, options.onProgress), options.key),
    { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: EXPORT_STATEMENT_TIMEOUT_MS },
  );
}

export interface ImportExportOptions {
  /** The words of the public keys whose exports are taken. */
  readonly trusted: readonly string[];
  readonly now: number;
  /** Takes an export that is older than the one that was imported last. */
  readonly allowOlder: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (state: { readonly bytesRead: number; readonly bytesTotal: number }) => void;
}

/**
 * Imports the export at `path`: every feed that it holds becomes what it was where the export was made, with the same
 * dates; feeds that it does not hold stay. One transaction, as every import. Throws `export-unreadable`, `export-untrusted` or `export-older`, with nothing changed.
 */
export async function importExport(
  database: Database,
  path: string,
  options: ImportExportOptions,
): Promise<{ readonly summary: ImportSummary; readonly exported: ImportedExport }> {
  let bytesRead = 0;
  // Read once to verify and once to import. Where there is no such file, verifying says so.
  const bytesTotal = 2 * ((await stat(path).catch(() => undefined))?.size ?? 0);
  const tell = (bytes: number): void => {
    bytesRead += bytes;
    options.onProgress({ bytesRead, bytesTotal });
  };
  const verified = await verifySignedFile(path, options.trusted, tell);
  const last = options.allowOlder ? undefined : await findImportedExport(database);
  const reading = readExport(verified, tell, options.signal, (createdAt) => {
    if (last !== undefined && createdAt < last.createdAt) {
      throw appError('export-older', {
        file: path,
        created: new Date(createdAt).toISOString(),
        last: new Date(last.createdAt).toISOString(),
      });
    }
  });
  let exported: ImportedExport | undefined;
  const summary = await importAdvisories(database, reading.items, {
    now: options.now,
    datesRead: () => reading.found().dates,
    alongWith: async (tx) => {
      const { createdAt, revision, feeds } = reading.found();
      exported = { createdAt, revision, key: verified.key, importedAt: options.now };
      await saveImportedExport(tx, exported, feeds);
    },
  });
  if (exported === undefined) throw new Error('an import ended without what goes along with it');
  return { summary, exported };
}

interface FoundInExport {
  createdAt: number;
  revision: number;
  readonly feeds: { readonly name: string; readonly importedAt: number }[];
  readonly dates: Extract<ExportLine, { kind: 'coverage' }>[];
}

function readExport(
  file: VerifiedFile,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
  checkAge: (createdAt: number) => void,
): { readonly items: () => AsyncGenerator<FeedItem>; readonly found: () => FoundInExport } {
  const unreadable = (problem: string): Error => appError('export-unreadable', { file: file.path, problem });
  let found: FoundInExport = { createdAt: 0, revision: 0, feeds: [], dates: [] };
  const items = async function* (): AsyncGenerator<FeedItem> {
    found = { createdAt: 0, revision: 0, feeds: [], dates: [] };
    let lines = 0;
    let isEnded = false;
    for await (const batch of readSignedLines(file, onBytes)) {
      signal.throwIfAborted();
      for (const { text, number } of batch) {
        const line = parseExportLine(text);
        if (line === undefined || isEnded)
          throw unreadable(`line ${number} has no form that this Parapet knows`);
        if (lines === 0 && (line.kind !== 'export' || line.version !== EXPORT_VERSION)) {
          throw unreadable('it was made by another version of Parapet: use the same on both machines');
        }
        if (line.kind === 'end') {
          if (line.lines !== lines)
            throw unreadable(`it ends after ${lines} lines where ${line.lines} are meant`);
          isEnded = true;
        } else if (line.kind === 'export') {
          checkAge(line.createdAt);
          Object.assign(found, { createdAt: line.createdAt, revision: line.revision });
        } else if (line.kind === 'feed') {
          found.feeds.push(line);
          yield { kind: 'list', feed: line.name, publishedAt: line.publishedAt };
        } else if (line.kind === 'coverage') found.dates.push(line);
        else yield line.item;
        lines += 1;
      }
    }
    if (!isEnded) throw unreadable('its last line is missing');
  };
  return { items, found: () => found };
}
