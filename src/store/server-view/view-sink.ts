/** What the store fills: the read model as loading and the change feed see it. Calls come one after the other. */
import type { FindingsRecord, ShownVulnerabilities, ViewRecord } from '../../server-view/view-record.ts';

export interface ServerKey {
  readonly projectId: string;
  readonly id: string;
}

export interface ServerVersion extends ServerKey {
  readonly version: number;
}

/** What is applied at once. Applying it again changes nothing. A server is never in both lists. */
export interface ServerChanges {
  /** New, or in place of what was there under the same key. */
  readonly upserts: readonly ViewRecord[];
  readonly removals: readonly ServerKey[];
}

export interface ViewSink {
  /** Forgets everything; `servers` is how many are going to come, by project. */
  beginLoad(servers: ReadonlyMap<string, number>): void;
  /** What keys stand for that the servers will name; also of a project that comes with them. */
  learn(shown: readonly ShownVulnerabilities[]): Promise<void> | void;
  /** Whether records of the project with this key may leave their vulnerabilities out. */
  knows(projectId: string, shownKey: number): boolean;
  /** Each server once. */
  add(records: readonly ViewRecord[]): void;
  finishLoad(): Promise<void> | void;
  apply(changes: ServerChanges): Promise<void> | void;
  /** Servers of which only findings changed; answers those that it does not hold, which are to be told in full. */
  applyFindings(records: readonly FindingsRecord[]): Promise<readonly ServerKey[]> | readonly ServerKey[];
  /** Little is changing: the time for work that can wait while much is. */
  rest(): void;
  /** From now on notes which servers are named by `compare` or `apply`. */
  beginComparing(): void;
  /** Those of `versions` that it does not hold, or not in that version. */
  compare(versions: readonly ServerVersion[]): readonly ServerKey[];
  /** At most `limit` of the servers that it holds and that were neither compared nor applied since `beginComparing`. */
  uncompared(limit: number): readonly ServerKey[];
  /** What broke it beside these calls, where something did: then it is to be loaded anew. */
  failure(): unknown;
}
