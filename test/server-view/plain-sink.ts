import type { FindingsRecord, ShownVulnerabilities, ViewRecord } from '../../src/server-view/view-record.ts';
import type { ServerKey, ServerVersion, ViewSink } from '../../src/store/server-view/view-sink.ts';

/** A read model in the obvious way: a map. What the change feed fills it with is compared with the store. */
export class PlainSink implements ViewSink {
  readonly records = new Map<string, ViewRecord>();
  /** Records that were told: to see that nothing is read twice. */
  told = 0;
  /** What `failure` tells, until it is loaded anew. */
  broken: unknown;
  #compared = new Set<string>();
  readonly #shown = new Map<string, ArrayLike<number>>();

  beginLoad(): void {
    this.records.clear();
    this.#shown.clear();
    this.broken = undefined;
  }

  failure(): unknown {
    return this.broken;
  }

  learn(shown: readonly ShownVulnerabilities[]): void {
    for (const { projectId, shownKey, numbers } of shown)
      this.#shown.set(keyOf({ projectId, id: String(shownKey) }), numbers);
  }

  knows(projectId: string, shownKey: number): boolean {
    return this.#shown.has(keyOf({ projectId, id: String(shownKey) }));
  }

  add(records: readonly ViewRecord[]): void {
    for (const record of records) {
      const key = keyOf(record);
      if (this.records.has(key)) throw new Error(`server ${record.id} came twice`);
      this.records.set(key, this.#whole(record));
    }
  }

  finishLoad(): void {}

  apply(changes: Parameters<ViewSink['apply']>[0]): void {
    this.told += changes.upserts.length + changes.removals.length;
    for (const record of changes.upserts) this.records.set(keyOf(record), this.#whole(record));
    for (const key of changes.removals) this.records.delete(keyOf(key));
    for (const key of [...changes.upserts, ...changes.removals]) this.#compared.add(keyOf(key));
  }

  applyFindings(records: readonly FindingsRecord[]): readonly ServerKey[] {
    this.told += records.length;
    const unknown: ServerKey[] = [];
    for (const record of records) {
      const held = this.records.get(keyOf(record));
      if (held === undefined) unknown.push({ projectId: record.projectId, id: record.id });
      else
        this.records.set(keyOf(record), this.#whole({ ...held, ...record, shownVulnerabilities: undefined }));
      this.#compared.add(keyOf(record));
    }
    return unknown;
  }

  rest(): void {}

  beginComparing(): void {
    this.#compared = new Set();
  }

  compare(versions: readonly ServerVersion[]): readonly ServerKey[] {
    for (const one of versions) this.#compared.add(keyOf(one));
    return versions.filter((one) => this.records.get(keyOf(one))?.version !== one.version);
  }

  uncompared(limit: number): readonly ServerKey[] {
    return [...this.records.values()].filter((one) => !this.#compared.has(keyOf(one))).slice(0, limit);
  }

  /** The record with its vulnerabilities; those that came with a key are remembered. */
  #whole(record: ViewRecord): ViewRecord {
    const key = keyOf({ projectId: record.projectId, id: String(record.shownKey) });
    const shownVulnerabilities = record.shownVulnerabilities ?? this.#shown.get(key);
    if (shownVulnerabilities === undefined) throw new Error(`server ${record.id} names an unknown key`);
    this.#shown.set(key, shownVulnerabilities);
    return { ...record, shownVulnerabilities };
  }

  /** The records in the order of their keys. */
  sorted(): readonly ViewRecord[] {
    return [...this.records.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
  }

  get(id: string): ViewRecord | undefined {
    return [...this.records.values()].find((record) => record.id === id);
  }
}

export function keyOf({ projectId, id }: ServerKey): string {
  return `${projectId}\n${id}`;
}
