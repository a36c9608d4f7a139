import type { AffectedPackage, SeverityWord } from './advisory.ts';
import type { VulnerabilityId } from './vulnerability-id.ts';

/** What every copy of a record has to keep: its publisher's copyright notice and licence, and the address of the record. */
export interface RecordNotice {
  readonly text: string;
  readonly url: string;
}

/** What a record says whatever the package: what naming and rating a vulnerability reads. */
export interface RecordFacts {
  readonly id: string;
  readonly cves: readonly string[];
  readonly summary: string;
  /** Milliseconds since 1970. */
  readonly published: number | undefined;
  /** Highest CVSS base score, 0..10; undefined: the record is not scored. */
  readonly cvss: number | undefined;
  readonly word: SeverityWord | undefined;
  readonly notice?: RecordNotice;
}

/**
 * One thing that one record says of one package, with everything that matching, rating and naming the result need. It is a
 * `Candidate` of matching and more.
 */
export interface FiledCandidate {
  /** The name it is filed under, see `filedName` in matching/candidate.ts. */
  readonly filedName: string;
  readonly feed: string;
  readonly advisoryId: string;
  readonly cves: readonly string[];
  /** Type and id under which the API lists it. */
  readonly vulnerabilities: readonly Pick<VulnerabilityId, 'type' | 'id'>[];
  readonly affected: AffectedPackage;
  readonly facts: RecordFacts;
  readonly notice?: RecordNotice;
  /** Those of `cves` that are in the known-exploited catalogue. */
  readonly knownExploited: readonly string[];
  /** EPSS of those of `cves` that have 0.1 or more. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** CVSS of those of `cves` that a record about the CVE alone scores, where that is more than this record's own. */
  readonly worth: Readonly<Record<string, number>>;
}
