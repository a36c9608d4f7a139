/**
 * What the store tells the read model: the contract between loading and the change feed (store) and the model itself.
 * Plain data; the model keeps none of these objects beyond the call.
 */
import type { ServerRow } from './server-view.ts';

/** One server as the view shows it. Everything of `ServerRow`, but for the lists: numbers instead of names. */
export interface ViewRecord extends Omit<ServerRow, 'vulnerabilityIds'> {
  readonly projectId: string;
  /** Of the row in the store: another number, 32 bits, whenever it was written again. */
  readonly version: number;
  readonly enterpriseProjectId: string;
  /** Bit `n`: a listed finding has the status numbered `n` (findings/finding.ts). */
  readonly statusBits: number;
  readonly clusterId: string;
  /** Column `sort_rank`: twice the score, 199 where unknown. */
  readonly sortRank: number;
  /** Whether the view lists it at all: it has reported, and its edition is not `hss.version.null`. */
  readonly isListed: boolean;
  /** The store's name of what the row lists: records with the same key list the same. */
  readonly shownKey: number;
  /**
   * Numbers of the vulnerabilities that the row counts and lists, ascending, each once. Undefined: the model knows the key,
   * because another record or `ShownVulnerabilities` came with it.
   */
  readonly shownVulnerabilities: ArrayLike<number> | undefined;
}

/** What an assessment changes of a record, where everything else of it stays; the model knows `shownKey`. */
export type FindingsRecord = Pick<
  ViewRecord,
  | 'projectId'
  | 'id'
  | 'version'
  | 'severityLevel'
  | 'score'
  | 'handleStatus'
  | 'counts'
  | 'statusBits'
  | 'sortRank'
  | 'shownKey'
>;

/** What a key stands for, told before the records that name it. */
export interface ShownVulnerabilities {
  readonly projectId: string;
  readonly shownKey: number;
  readonly numbers: ArrayLike<number>;
}

export type VulnerabilityKind = keyof ServerRow['vulnerabilityIds'];

/** What a number stands for; undefined: nothing is known of it, and rows leave it out. */
export type VulnerabilityLookup = (
  number: number,
) => { readonly type: VulnerabilityKind; readonly id: string } | undefined;

/** What one or more transactions changed. Upserts come in full; an id in both is an upsert. */
export interface ViewChanges {
  readonly upserts: readonly ViewRecord[];
  /** Ids of servers that are gone. */
  readonly removals: readonly string[];
}

/** A server's row in the store by its version: what healing compares. */
export interface ServerVersion {
  readonly id: string;
  readonly version: number;
}
