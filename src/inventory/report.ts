/**
 * The report of Parapet's agent: plain text, because a POSIX shell has to write it and a person has to be able to read
 * it. UTF-8, lines end in LF. A head of three lines, then the body of sections:
 *
 *     parapet-report 1
 *     collected-at 1764000000
 *     digest sha256:5f0c…
 *     [server]
 *     name web-01
 *     machine-id 0f3c…
 *     agent 0.1.0
 *     address 10.0.0.5
 *     public-address 203.0.113.7
 *     [os-release]
 *     PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
 *     …
 *     [kernel]
 *     6.1.0-18-amd64
 *     #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)
 *     Ubuntu 5.15.0-69.76-generic 5.15.87
 *     [restart]
 *     linux-image-5.15.0-71-generic
 *     [windows]
 *     version 10.0.17763.6054
 *     …
 *     [windows updates]
 *     KB5040430<TAB>installed
 *     [packages dpkg]
 *     …
 *     [packages rpm]
 *     …
 *     [packages apk]
 *     …
 *     [applications]
 *     npm<TAB>express<TAB>4.18.2<TAB>/srv/app/node_modules/express
 *     [sbom]
 *     file /var/lib/sbom/web.cdx.json
 *     H4sIAAAAAAAAA…
 *     [problems]
 *     rpm: the database is locked
 *     [end]
 *
 * **Head.** `collected-at` is in seconds since 1970. `digest` is `sha256:` and the hexadecimal SHA-256 of the body: of
 * the exact bytes from the `[` of `[server]` to the line feed after `[end]`, as `sha256sum` prints for a file that holds
 * the body alone. It may be `digest -` where a machine has no `sha256sum`; then the service computes it.
 *
 * **Body.** Sections come in the order above; every one but `[server]` and `[end]` may be missing. `[end]` must be the
 * last line: without it the report was cut short. The agent sorts the lines of the package, application and problem
 * sections with `LC_ALL=C sort -u`, so that the same set gives the same digest, in whatever order the package manager
 * lists it; nothing that changes from one run to the next (times, loads) may stand in the body. A report whose digest
 * equals that of the last one accepted need not be sent: asking with the digest alone is enough.
 *
 * **[server]** `name` (`uname -n`), `machine-id` (`/etc/machine-id`; empty where there is none), `agent` (its
 * version), `address` and `public-address`, as many lines as there are.
 * **[os-release]** the file as it is, without empty lines; a line that begins with `[` is left out.
 * **[kernel]** `uname -r`, then `uname -v`, then, where it exists, `/proc/version_signature`.
 * **[restart]** only where the machine waits for a restart: the packages it names, one a line (`/run/reboot-required.pkgs`,
 * `needs-restarting -r`), or the one line `unnamed` where it names none.
 * **[windows]** instead of os-release and kernel: `version` (with its revision), `type` (`server` or `client`),
 * `architecture` (`x64`, `x86`, `arm64`), `installation` (`core` or `full`), `service-pack` (a digit, before Windows 8),
 * `name` (as it names itself), `restart-required` (`yes` or `no`: component servicing or Windows Update waits for one).
 * **[windows updates]** `NUMBER<TAB>STATE`, the state `installed`, or `pending` where a restart puts it into effect.
 * **[packages dpkg]** one line a package, from
 * `dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Status}\n'`.
 * **[packages rpm]** one line a package, from `rpm -qa --queryformat` with `RPM_QUERY_FORMAT` (formats/rpm-list.ts);
 * an rpm that does not know `MODULARITYLABEL` gets the same format with nothing in the seventh column.
 * **[packages apk]** `NAME<TAB>VERSION<TAB>ARCH<TAB>ORIGIN`, the `P:`, `V:`, `A:` and `o:` of
 * `/lib/apk/db/installed`.
 * **[applications]** `ECOSYSTEM<TAB>NAME<TAB>VERSION<TAB>PATH`, ecosystems spelled as in package.ts.
 * **[sbom]** an SBOM that lay on the server, as many sections as there are: `file` and its path, then its bytes in lines of
 * base64 (JSON of CycloneDX, SPDX or Syft, plain or gzip). Only its applications count.
 * **[problems]** what the agent could not look into, one line each.
 */
import { createHash } from 'node:crypto';
import { appError } from '../errors.ts';
import { atOnce } from '../in-slices.ts';
import type { FoundServer, TextFormat } from './formats/format.ts';
import { LINE_READERS } from './formats/report-lines.ts';
import { addReportSbom, REPORT_SBOMS_MAX, type ReportSbom } from './formats/report-sbom.ts';
import { readWindowsSections } from './formats/report-windows.ts';
import type { Inventory } from './inventory.ts';
import { inventoryInSteps } from './inventory-of.ts';
import { runningKernelOf, waitingIn, withWaiting } from './kernel.ts';
import { KnownLines } from './known-lines.ts';
import { parseOsRelease } from './os-release.ts';
import { PackageList } from './package-list.ts';
import { shownText } from './shown-text.ts';
import { decodeText, unpack } from './unpack.ts';

/** The first line of a report, and its version. */
export const REPORT_FIRST_LINE = 'parapet-report 1';
/** Largest report, unpacked: 200,000 packages in lines of some 100 bytes are 20 MB. */
export const REPORT_BYTES_MAX = 32 * 1024 * 1024;
/** Longest line of a report that is read, in characters. */
export const REPORT_LINE_LENGTH_MAX_CHARS = 8192;
/** After so many lines the work may pause. */
const LINES_PER_STEP = 500;
/** Most problems of the agent's own that are kept. */
export const REPORT_PROBLEMS_MAX = 100;

/** A report, read and checked. */
export interface ParapetReport {
  /** `/etc/machine-id`, or empty: two of them under one enrolment are two servers. */
  readonly machineId: string;
  readonly agentVersion: string;
  /** `sha256:` and 64 hexadecimal digits: of the body's exact bytes. */
  readonly digest: string;
  readonly inventory: Inventory;
}

interface ReadReport extends Omit<ParapetReport, 'inventory'> {
  readonly found: FoundServer;
}

/** The agent's report as an inventory file among others. */
export const PARAPET_REPORT: TextFormat = {
  name: "Parapet's report",
  recognises: (text) => /^parapet-report \d/.test(text),
  read: (_text, list, bytes) => atOnce(readReport(bytes, list, new KnownLines())).found,
};

/**
 * Reads a report, plain or gzip, as the agent sends it. Throws `inventory-unreadable` where it is no whole report of
 * version 1 or its digest does not fit, `inventory-too-large` past a limit, `inventory-system-unknown` where its
 * os-release names no system. A bad line costs only itself. Who reads many gives `lines`: what most of them have alike is
 * then read once, and its packages are the same objects.
 */
export function parseReport(bytes: Uint8Array, lines: KnownLines = new KnownLines()): ParapetReport {
  return atOnce(parseReportInSteps(bytes, lines));
}

/** The same in steps: the largest report takes a second, in which a service has other things to do. */
export function* parseReportInSteps(bytes: Uint8Array, lines: KnownLines): Generator<void, ParapetReport> {
  const list = new PackageList('report');
  const unpacked = unpack(bytes, { file: list.file, bytesMax: REPORT_BYTES_MAX });
  yield;
  const { found, ...head } = yield* readReport(unpacked, list, lines);
  return { ...head, inventory: yield* inventoryInSteps(found, list, { mayBeEmpty: true }) };
}

/** The digest of a body's bytes as a report states it. */
export function digestOfBody(body: Uint8Array): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

function* readReport(bytes: Uint8Array, list: PackageList, known: KnownLines): Generator<void, ReadReport> {
  const unreadable = (problem: string): Error =>
    appError('inventory-unreadable', { file: list.file, problem });
  if (bytes.byteLength > REPORT_BYTES_MAX) {
    throw appError('inventory-too-large', { file: list.file, what: 'bytes', limit: REPORT_BYTES_MAX });
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = buffer.indexOf('\n[') + 1;
  if (start === 0) throw unreadable('a report without sections');
  const headLines = decodeText(buffer.subarray(0, start)).split('\n');
  if (headLines[0] !== REPORT_FIRST_LINE) {
    throw unreadable(
      `it begins with "${shownText(headLines[0] ?? '', 50)}" instead of "${REPORT_FIRST_LINE}"`,
    );
  }
  const body = buffer.subarray(start);
  if (!body.subarray(-7).equals(Buffer.from('\n[end]\n'))) {
    throw unreadable('it does not end in the line [end]: it was cut short, send it again');
  }
  const digest = digestOfBody(body);
  const stated = firstValueOf(headLines, 'digest');
  if (stated !== '-' && stated !== digest) {
    throw unreadable(`its digest is ${digest}, not ${shownText(stated, 80)} as it says: send it again`);
  }
  yield;
  const collectedAt = timeOfSeconds(firstValueOf(headLines, 'collected-at'));
  return { digest, ...(yield* readBody(decodeText(body), list, { collectedAt, known })) };
}

function* readBody(
  text: string,
  list: PackageList,
  { collectedAt, known }: { readonly collectedAt: number | undefined; readonly known: KnownLines },
): Generator<void, Omit<ReadReport, 'digest'>> {
  const server: string[] = [];
  const osRelease: string[] = [];
  const kernel: string[] = [];
  const restart: string[] = [];
  const windows: { readonly windows: string[]; readonly updates: string[] } = { windows: [], updates: [] };
  const keptLines: ReadonlyMap<string, string[]> = new Map([
    ['server', server],
    ['os-release', osRelease],
    ['kernel', kernel],
    ['restart', restart],
    ['windows', windows.windows],
    ['windows updates', windows.updates],
  ]);
  const sboms: { file: string; readonly lines: string[] }[] = [];
  yield* readLines(text, { keptLines, sboms, list, known });
  yield* addSboms(sboms, list);
  const ofWindows = readWindowsSections(windows, list);
  return {
    machineId: shownText(firstValueOf(server, 'machine-id'), 64),
    agentVersion: shownText(firstValueOf(server, 'agent'), 64),
    found: {
      system: ofWindows?.system ?? parseOsRelease(osRelease.join('\n')),
      windows: ofWindows?.windows,
      name: firstValueOf(server, 'name'),
      // A public address as the agent knows it comes first, so that it is taken for the public one.
      addresses: [...valuesOf(server, 'public-address'), ...valuesOf(server, 'address')],
      runningKernel: withWaiting(
        runningKernelOf({
          release: kernel[0] ?? '',
          unameVersion: kernel[1] ?? '',
          signature: kernel[2] ?? '',
        }),
        waitingIn(restart.join('\n')),
      ),
      collectedAt,
    },
  };
}

/** Where the lines of sections go. */
interface SectionLines {
  readonly keptLines: ReadonlyMap<string, string[]>;
  readonly sboms: { file: string; readonly lines: string[] }[];
  readonly list: PackageList;
  readonly known: KnownLines;
}

/** Where reading has come to. */
interface ReadingPlace {
  start: number;
  number: number;
  section: string;
  agentProblems: number;
}

function* readLines(text: string, into: SectionLines): Generator<void, void> {
  const place: ReadingPlace = { start: 0, number: 0, section: '', agentProblems: 0 };
  while (place.start < text.length) {
    readSomeLines(text, into, place);
    yield;
  }
}

/** LINES_PER_STEP of them at most: in a function of its own, because a generator's runs a tenth slower. */
function readSomeLines(
  text: string,
  { keptLines, sboms, list, known }: SectionLines,
  place: ReadingPlace,
): void {
  let { section, agentProblems, number, start } = place;
  let reader = LINE_READERS.get(section);
  const until = number + LINES_PER_STEP;
  const where = (): string => `line ${number} of the body, [${section}]`;
  // Line by line: an array of all of them takes as long to make as the lines that are known to be read.
  for (let end = 0; start < text.length && number < until; start = end + 1) {
    end = lineEndOf(text, start);
    number += 1;
    const line = text.slice(start, end);
    if (line.startsWith('[') && line.endsWith(']')) {
      section = line.slice(1, -1);
      reader = LINE_READERS.get(section);
      if (section === 'sbom') sboms.push({ file: '', lines: [] });
      const isKnown =
        reader !== undefined || ['end', 'problems', 'sbom'].includes(section) || keptLines.has(section);
      if (!isKnown) list.addProblem(`section [${shownText(section, 50)}] is not known and was passed over`);
    } else if (line.length > REPORT_LINE_LENGTH_MAX_CHARS) {
      list.addProblem(`${where()}: longer than ${REPORT_LINE_LENGTH_MAX_CHARS} characters`);
    } else if (reader !== undefined) {
      if (line !== '') known.read(reader, line, list, where);
    } else if (section === 'problems') {
      agentProblems += 1;
      if (line !== '' && agentProblems <= REPORT_PROBLEMS_MAX) list.addProblem(`agent: ${line}`);
    } else if (section === 'sbom') {
      addSbomLine(line, sboms);
    } else {
      keptLines.get(section)?.push(line);
    }
  }
  Object.assign(place, { section, agentProblems, number, start });
}

function lineEndOf(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function addSbomLine(line: string, sboms: { file: string; readonly lines: string[] }[]): void {
  const sbom = sboms.at(-1);
  if (sbom === undefined) return;
  if (line.startsWith('file ') && sbom.lines.length === 0) sbom.file = line.slice('file '.length);
  else sbom.lines.push(line.trim());
}

function* addSboms(sboms: readonly ReportSbom[], list: PackageList): Generator<void, void> {
  for (const sbom of sboms.slice(0, REPORT_SBOMS_MAX)) {
    yield;
    addReportSbom(sbom, list);
  }
  if (sboms.length > REPORT_SBOMS_MAX) {
    list.addProblem(`${sboms.length} SBOMs; only the first ${REPORT_SBOMS_MAX} were read`);
  }
}

/** The values of the lines `key value`. */
function valuesOf(lines: readonly string[], key: string): readonly string[] {
  return lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1).trim());
}

function firstValueOf(lines: readonly string[], key: string): string {
  return valuesOf(lines, key)[0] ?? '';
}

function timeOfSeconds(text: string): number | undefined {
  return /^\d{1,11}$/.test(text) ? Number(text) * 1000 : undefined;
}
