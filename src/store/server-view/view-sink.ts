/** What the change feed fills: the read model, as the feed sees it. Calls come one after the other, never at once. */
import type { VulnerabilityName } from '../vulnerability-dictionary.ts';
import type { ViewRow } from './view-row.ts';

export interface ServerKey {
  readonly projectId: string;
  readonly id: string;
}

export interface ServerVersion extends ServerKey {
  readonly version: number;
}

export interface NumberedVulnerability extends VulnerabilityName {
  readonly number: number;
}

/** Undefined name: there is no such group any more. */
export interface NamedGroup extends ServerKey {
  readonly name: string | undefined;
}

/** What is to be applied at once. Applying it again changes nothing. */
export interface ViewChanges {
  /** Numbers that `servers` use and that were not told before. */
  readonly vulnerabilities: readonly NumberedVulnerability[];
  readonly groups: readonly NamedGroup[];
  /** New or in place of what was there under the same key. */
  readonly servers: readonly ViewRow[];
  readonly removed: readonly ServerKey[];
}

export interface ViewSink {
  /** Forgets everything; `servers` is how many rows are going to come. */
  beginLoad(servers: number): void;
  /** In bulk, before `finishLoad`; each server comes once. */
  add(changes: ViewChanges): void;
  finishLoad(): void;
  apply(changes: ViewChanges): void;
  /** From now on notes which servers are named by `compare` or applied. */
  beginComparing(): void;
  /** The keys among `rows` that it does not hold in that version. */
  compare(rows: readonly ServerVersion[]): readonly ServerKey[];
  /** At most `limit` servers that it holds and that were neither compared nor applied since `beginComparing`. */
  uncompared(limit: number): readonly ServerKey[];
}
