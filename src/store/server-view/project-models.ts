/** The read models of all projects, as what the store fills: each server goes to the model of its project. */

import type { ModelFigures } from '../../server-view/model-options.ts';
import type { Page, ServerFilter, ServerPageBytes } from '../../server-view/server-view.ts';
import { ServerViewModel } from '../../server-view/server-view-model.ts';
import type {
  FindingsRecord,
  ShownVulnerabilities,
  ViewRecord,
  VulnerabilityLookup,
} from '../../server-view/view-record.ts';
import type { ServerChanges, ServerKey, ServerVersion, ViewSink } from './view-sink.ts';

const NO_SERVERS: ServerPageBytes = {
  total: 0,
  body: [Buffer.from('{"total_num":0,"data_list":[]}')],
  release: () => undefined,
};

const NO_FIGURES: ModelFigures = {
  servers: 0,
  distinctLists: 0,
  overlayRows: 0,
  columnBytes: 0,
  fragmentBytes: 0,
  cacheHits: 0,
  cacheMisses: 0,
  rebases: 0,
  rebaseMs: 0,
};
const FIGURE_NAMES = Object.keys(NO_FIGURES) as readonly (keyof ModelFigures)[];

export class ProjectModels implements ViewSink {
  readonly #lookup: VulnerabilityLookup;
  #models = new Map<string, ServerViewModel>();

  constructor(lookup: VulnerabilityLookup) {
    this.#lookup = lookup;
  }

  /** The answer of the contract as JSON; a project without a server has no model. */
  page(filter: ServerFilter, page: Page): ServerPageBytes {
    return this.#models.get(filter.projectId)?.page(filter, page) ?? NO_SERVERS;
  }

  beginLoad(servers: ReadonlyMap<string, number>): void {
    this.#models = new Map();
    for (const [projectId, count] of servers) this.#make(projectId).beginLoad(count);
  }

  async learn(shown: readonly ShownVulnerabilities[]): Promise<void> {
    for (const one of shown)
      (this.#models.get(one.projectId) ?? (await this.#makeEmpty(one.projectId))).learn(one);
  }

  knows(projectId: string, shownKey: number): boolean {
    return this.#models.get(projectId)?.knows(shownKey) ?? false;
  }

  add(records: readonly ViewRecord[]): void {
    for (const record of records) this.#modelOf(record.projectId).add(record);
  }

  async finishLoad(): Promise<void> {
    for (const model of this.#models.values()) await model.finishLoad();
  }

  async apply(changes: ServerChanges): Promise<void> {
    const upserts = byProject(changes.upserts);
    const removals = byProject(changes.removals);
    for (const projectId of new Set([...upserts.keys(), ...removals.keys()])) {
      const model = this.#models.get(projectId) ?? (await this.#makeEmpty(projectId));
      model.apply({
        upserts: upserts.get(projectId) ?? [],
        removals: (removals.get(projectId) ?? []).map((key) => key.id),
      });
    }
  }

  applyFindings(records: readonly FindingsRecord[]): readonly ServerKey[] {
    return [...byProject(records)].flatMap(([projectId, own]) => {
      const unknown = this.#models.get(projectId)?.applyFindings(own) ?? own.map(({ id }) => id);
      return unknown.map((id) => ({ projectId, id }));
    });
  }

  rest(): void {
    for (const model of this.#models.values()) model.rest();
  }

  beginComparing(): void {
    for (const model of this.#models.values()) model.beginComparing();
  }

  compare(versions: readonly ServerVersion[]): readonly ServerKey[] {
    return [...byProject(versions)].flatMap(([projectId, own]) => {
      const differing = this.#models.get(projectId)?.compare(own) ?? own.map((version) => version.id);
      return differing.map((id) => ({ projectId, id }));
    });
  }

  uncompared(limit: number): readonly ServerKey[] {
    const keys: ServerKey[] = [];
    for (const [projectId, model] of this.#models) {
      if (keys.length >= limit) break;
      for (const id of model.uncompared(limit - keys.length)) keys.push({ projectId, id });
    }
    return keys;
  }

  failure(): unknown {
    for (const { failure } of this.#models.values()) if (failure !== undefined) return failure;
    return undefined;
  }

  /** The figures of all projects together. */
  figures(): ModelFigures {
    const sums: Record<keyof ModelFigures, number> = { ...NO_FIGURES };
    for (const model of this.#models.values()) {
      const own = model.figures();
      for (const name of FIGURE_NAMES) sums[name] += own[name];
    }
    return sums;
  }

  #modelOf(projectId: string): ServerViewModel {
    const model = this.#models.get(projectId);
    if (model === undefined) throw new Error(`project ${projectId} was not counted`);
    return model;
  }

  async #makeEmpty(projectId: string): Promise<ServerViewModel> {
    const model = this.#make(projectId);
    model.beginLoad(0);
    await model.finishLoad();
    return model;
  }

  #make(projectId: string): ServerViewModel {
    const model = new ServerViewModel(projectId, this.#lookup);
    this.#models.set(projectId, model);
    return model;
  }
}

function byProject<T extends { readonly projectId: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.projectId);
    if (group === undefined) groups.set(item.projectId, [item]);
    else group.push(item);
  }
  return groups;
}
