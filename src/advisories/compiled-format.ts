import type { VersionScheme } from '../versions/scheme.ts';
import type { WindowsUpdate } from './advisory.ts';
import type { VulnerabilityId } from './vulnerability-id.ts';

/**
 * The compiled advisory file: everything `parapet scan` needs, laid out so that one machine's answer costs a handful of
 * reads. It is derived from the store after each import, replaced whole by a rename, and never edited.
 *
 * Layout, all numbers little-endian:
 *
 * ```
 * 0   8 bytes  magic, which carries the format's version
 * 8   u64      offset of the table of contents
 * 16  u64      its length in bytes; it ends the file
 * 24  sections, one an ecosystem: index, candidates, records
 * ```
 *
 * The table of contents and each index are JSON. Candidates of one name are one JSON text, found by the name's place in
 * the sorted list of names; records (what an advisory says whatever the package) are one JSON text each, found by number.
 */

export const COMPILED_MAGIC = 'PPTADV03';
export const COMPILED_HEADER_BYTES = 24;
/** Name of the file in the data folder. */
export const COMPILED_FILE_NAME = 'advisories.compiled';
/** A table of contents or an index past this size is taken for damage. */
export const COMPILED_INDEX_BYTES_MAX = 256 * 1024 * 1024;

export interface CompiledContents {
  /** The advisory set it was made from. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
  readonly coverage: readonly CompiledCoverage[];
  readonly sections: Readonly<Record<string, CompiledSection>>;
}

/** As `FeedCoverage` in matching/coverage.ts; JSON has no undefined, so absent dates are left out. */
export interface CompiledCoverage {
  readonly feed: string;
  readonly ecosystem: string;
  readonly publishedAt?: number;
  readonly newestAt?: number;
  readonly records: number;
}

export interface CompiledSection {
  readonly offset: number;
  readonly indexBytes: number;
  readonly candidateBytes: number;
  readonly recordBytes: number;
}

export interface CompiledIndex {
  /** Sorted by UTF-16 code units, without repeats. */
  readonly names: readonly string[];
  /** Start of each name's candidates; one more at the end. */
  readonly starts: readonly number[];
  /** Start of each record; one more at the end. */
  readonly recordStarts: readonly number[];
  readonly feeds: readonly string[];
  /** Notices that records have to keep, each once. */
  readonly notices: readonly string[];
}

/** One record, as stored: feed number, id, CVEs, summary, published (ms, -1: unknown), CVSS (-1: none), word, known-exploited CVEs, EPSS of CVEs at 0.1 or more, CVSS that others give its CVEs, and for a record that has to keep a notice the notice's number and the record's address. */
export type CompiledRecord = readonly [
  feed: number,
  id: string,
  cves: readonly string[],
  summary: string,
  published: number,
  cvss: number,
  word: string,
  knownExploited: readonly string[],
  probabilities: Readonly<Record<string, number>>,
  worth: Readonly<Record<string, number>>,
  notice?: readonly [number: number, url: string],
];

/** One candidate, as stored. `ranges` is flat: introduced, fixed, lastAffected, three texts a range. */
export type CompiledCandidate = readonly [
  record: number,
  onSource: 0 | 1,
  name: string,
  scheme: VersionScheme,
  ranges: readonly string[],
  versions: readonly string[],
  architectures: readonly string[],
  module: string,
  pocket: string,
  vulnerabilities: readonly (readonly [type: VulnerabilityId['type'], id: string])[],
  update?: WindowsUpdate,
];
