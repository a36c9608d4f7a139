/**
 * The read model of one project: the whole server view in memory. A snapshot in the view's order answers by counting; an
 * overlay holds what has changed since, so a change is visible with the call that applies it; when the overlay has grown, a
 * new snapshot is built beside in slices and takes the old one's place in one step. Nothing here reads or writes anything
 * outside: whoever owns it loads it, tells it what changed, and asks.
 */

import { inSlices } from '../in-slices.ts';
import { BodyBuffers } from './body-buffers.ts';
import { type FoundRow, isSameRow, ServerColumns } from './columns.ts';
import type { ModelFigures, ModelOptions } from './model-options.ts';
import { Overlay } from './overlay.ts';
import { pageRows } from './page.ts';
import { BODY_IN_ONE_BYTES_MAX, pageBody } from './page-body.ts';
import { conditionsOf, selectPositions } from './query.ts';
import { type Rebase, startRebase } from './rebase.ts';
import { RowEncoder } from './row-encoder.ts';
import { SelectionCache } from './selection-cache.ts';
import type { Page, ServerFilter, ServerPageBytes } from './server-view.ts';
import { buildSnapshot, sortedRows } from './snapshot.ts';
import type {
  FindingsRecord,
  ServerVersion,
  ShownVulnerabilities,
  ViewChanges,
  ViewRecord,
  VulnerabilityLookup,
} from './view-record.ts';

const OVERLAY_ROWS_MAX = 4_096;
/**
 * While much is changing a snapshot would be out of date when it is built: the overlay may then grow to this share of it,
 * and questions cost some ten milliseconds more.
 */
const OVERLAY_SHARE_MAX = 0.25;
/** Upserts in one go that count as much. */
const UPSERTS_MANY = 500;
const CACHE_BYTES_MAX = 128 * 1024 * 1024;

export class ServerViewModel {
  readonly projectId: string;
  readonly #encoder: RowEncoder;
  readonly #buffers = new BodyBuffers();
  readonly #cache: SelectionCache;
  readonly #overlayRowsMax: number;
  readonly #sliceMs: number | undefined;
  readonly #upsertsMany: number;
  readonly #bodyInOneMax: number;
  /** Undefined once it is loaded. */
  #staging: ServerColumns | undefined = new ServerColumns(0);
  #overlay: Overlay | undefined;
  #rebase: Rebase | undefined;
  #isMuchChanging = false;
  #rebased: Promise<void> = Promise.resolve();
  #encoded: Promise<void> = Promise.resolve();
  #rebases = 0;
  #rebaseMs = 0;
  #failure: unknown;
  /** Servers that the store has and the view does not list. */
  readonly #unlisted = new Map<string, { readonly version: number; pass: number }>();
  #pass = 0;

  constructor(projectId: string, lookup: VulnerabilityLookup, options: ModelOptions = {}) {
    this.projectId = projectId;
    this.#encoder = new RowEncoder(lookup, options.chunkBytesLog2);
    this.#cache = new SelectionCache(options.cacheBytesMax ?? CACHE_BYTES_MAX);
    this.#overlayRowsMax = options.overlayRowsMax ?? OVERLAY_ROWS_MAX;
    this.#sliceMs = options.sliceMs;
    this.#upsertsMany = options.upsertsMany ?? UPSERTS_MANY;
    this.#bodyInOneMax = options.bodyInOneBytesMax ?? BODY_IN_ONE_BYTES_MAX;
  }

  get isLoaded(): boolean {
    return this.#overlay !== undefined;
  }

  /** Makes room for about so many servers. A model is loaded once: to load again, make another. */
  beginLoad(servers: number): void {
    if (this.#staging?.count !== 0) throw new Error('the read model is being loaded or has been');
    this.#staging = new ServerColumns(servers);
  }

  /** What a key stands for; before the servers that name it. */
  learn(shown: ShownVulnerabilities): void {
    this.#encoder.sets.learn(shown.shownKey, shown.numbers);
  }

  /** Whether records with this key may leave the numbers out. */
  knows(shownKey: number): boolean {
    return this.#encoder.sets.knows(shownKey);
  }

  /** Takes a server while loading; each once, in any order. */
  add(record: ViewRecord): void {
    const staging = this.#staging;
    if (staging === undefined) throw new Error('the read model has been loaded; changes go to apply');
    if (!record.isListed) {
      this.#unlisted.set(record.id, { version: record.version, pass: 0 });
      return;
    }
    const encoder = this.#encoder;
    encoder.nameGroup(record.groupId, record.groupName);
    const row = encoder.append(staging, record, this.#pass);
    staging.words.head[row] = encoder.heads.add(encoder.headBytes(record));
  }

  /** Sorts and indexes what was added, in slices. When it resolves the model answers. */
  async finishLoad(): Promise<void> {
    const staging = this.#staging;
    if (staging === undefined) throw new Error('the read model has been loaded before');
    const { lists, names } = this.#encoder;
    this.#staging = undefined;
    this.#encoder.sets.forgetUnheld();
    await inSlices(lists.noteNumbers(), this.#sliceMs);
    names.rank();
    const order = await inSlices(sortedRows(staging), this.#sliceMs);
    const snapshot = await inSlices(
      buildSnapshot((columns) => columns.gather(order, staging), [staging], this.#encoder.stems),
      this.#sliceMs,
    );
    this.#overlay = new Overlay(snapshot);
    // A list is encoded when it is first asked for; the others follow, so that answering begins some seconds earlier.
    this.#encoded = this.#watched(inSlices(lists.encodeAll(), this.#sliceMs));
  }

  /** What ended the work that is done beside, where something did: then the model is not to be believed any more. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes changes over; they are in every answer from now on. Applying them again changes nothing. */
  apply(changes: ViewChanges): void {
    const overlay = this.#loaded();
    for (const id of changes.removals) {
      this.#unlisted.delete(id);
      this.#remove(overlay, id);
    }
    this.#takeInOneGo(overlay, changes.upserts.length, () => {
      for (const record of changes.upserts) this.#upsert(overlay, record);
    });
  }

  /** The same of servers of which only findings changed. Answers the ids of those that it does not hold. */
  applyFindings(records: readonly FindingsRecord[]): readonly string[] {
    const overlay = this.#loaded();
    const unknown: string[] = [];
    this.#takeInOneGo(overlay, records.length, () => {
      for (const record of records) if (!this.#takeFindings(overlay, record)) unknown.push(record.id);
    });
    return unknown;
  }

  #takeInOneGo(overlay: Overlay, count: number, take: () => void): void {
    const isMany = count >= this.#upsertsMany;
    // Until `rest`: the last of many batches is small.
    this.#isMuchChanging ||= isMany;
    if (isMany) overlay.hold();
    try {
      take();
    } finally {
      overlay.settle();
      this.#encoder.sets.forgetUnheld();
    }
    this.#rebaseWhereDue(overlay);
  }

  /** Builds the new snapshot that `apply` put off while much was changing. */
  rest(): void {
    if (this.#overlay === undefined) return;
    this.#isMuchChanging = false;
    this.#rebaseWhereDue(this.#overlay);
  }

  #rebaseWhereDue(overlay: Overlay): void {
    if (this.#isTooLarge(overlay) && this.#rebase === undefined) this.#rebased = this.#watched(this.#renew());
  }

  #isTooLarge({ size, snapshot }: Overlay): boolean {
    const share = this.#isMuchChanging ? snapshot.columns.count * OVERLAY_SHARE_MAX : 0;
    return size > Math.max(this.#overlayRowsMax, share);
  }

  /** A group has another name, or none any more. */
  renameGroup(id: string, name: string | undefined): void {
    this.#loaded();
    if (this.#encoder.nameGroup(id, name)) this.forgetSelections();
  }

  /** The total, and the answer of the contract as bytes; `release` is to be called when they have been sent. */
  page(filter: ServerFilter, page: Page): ServerPageBytes {
    const overlay = this.#loaded();
    const key = JSON.stringify(filter);
    let selected = this.#cache.get(key);
    const conditions = selected === undefined || overlay.size > 0 ? conditionsOf(filter, this.#encoder) : [];
    if (selected === undefined) {
      selected = selectPositions(overlay.snapshot, conditions, this.#cache);
      this.#cache.set(key, selected);
    }
    const rows = pageRows(selected, overlay.changesAmong(key, selected, conditions), page);
    const body = pageBody(rows, overlay, this.#encoder, {
      buffers: this.#buffers,
      inOneMax: this.#bodyInOneMax,
    });
    return { total: rows.total, body, release: () => this.#giveBack(body) };
  }

  /** From now on notes which servers are named by `compare` or `apply`. */
  beginComparing(): void {
    this.#pass += 1;
  }

  /** Ids of those that it does not hold, or not in that version. */
  compare(versions: readonly ServerVersion[]): readonly string[] {
    const overlay = this.#loaded();
    const differing: string[] = [];
    for (const { id, version } of versions) {
      const unlisted = this.#unlisted.get(id);
      const found = overlay.find(id);
      if (unlisted !== undefined) unlisted.pass = this.#pass;
      if (found !== undefined) {
        found.columns.words.pass[found.row] = this.#pass;
        this.#rebase?.marked.add(id);
      }
      const held = unlisted?.version ?? found?.columns.words.version[found.row];
      if (held !== version) differing.push(id);
    }
    return differing;
  }

  /** At most `limit` of the servers that it holds and that were neither compared nor applied since `beginComparing`. */
  uncompared(limit: number): readonly string[] {
    const { snapshot, columns, rows, dead } = this.#loaded();
    const ids: string[] = [];
    for (const [id, { pass }] of this.#unlisted) if (pass !== this.#pass && ids.length < limit) ids.push(id);
    for (const row of rows)
      if (columns.words.pass[row] !== this.#pass && ids.length < limit) ids.push(columns.texts.id.get(row));
    const isDead = new Set(dead);
    for (let at = 0; at < snapshot.columns.count && ids.length < limit; at += 1)
      if (snapshot.columns.words.pass[at] !== this.#pass && !isDead.has(at))
        ids.push(snapshot.columns.texts.id.get(at));
    return ids;
  }

  /** Forgets what filters have selected, so that the next answer to each is worked out anew. */
  forgetSelections(): void {
    this.#cache.clear();
    this.#overlay?.forgetAsked();
  }

  /** Resolves when nothing is being built or encoded beside; throws `failure` where there is one. */
  async settled(): Promise<void> {
    await this.#encoded;
    await this.#rebased;
    if (this.#failure !== undefined) throw this.#failure;
  }

  figures(): ModelFigures {
    const overlay = this.#overlay;
    return {
      servers: overlay?.servers ?? 0,
      distinctLists: this.#encoder.lists.count,
      overlayRows: overlay?.size ?? 0,
      columnBytes: (overlay?.snapshot.bytes ?? 0) + (overlay?.columns.bytes ?? 0) + this.#cache.bytes,
      fragmentBytes: this.#encoder.bytes,
      cacheHits: this.#cache.hits,
      cacheMisses: this.#cache.misses,
      rebases: this.#rebases,
      rebaseMs: this.#rebaseMs,
    };
  }

  /** Nobody awaits it: its failure is kept for whoever feeds the model, instead of ending the process. */
  #watched(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #upsert(overlay: Overlay, record: ViewRecord): void {
    if (!record.isListed) {
      this.#remove(overlay, record.id);
      this.#unlisted.set(record.id, { version: record.version, pass: this.#pass });
      return;
    }
    this.#unlisted.delete(record.id);
    const encoder = this.#encoder;
    if (encoder.nameGroup(record.groupId, record.groupName)) this.forgetSelections();
    const head = encoder.headBytes(record);
    const row = encoder.append(overlay.columns, record, this.#pass);
    const found = overlay.find(record.id);
    if (
      found !== undefined &&
      isSameRow(found.columns, found.row, overlay.columns, row) &&
      encoder.heads.view(found.columns.words.head[found.row] ?? 0).equals(head)
    ) {
      encoder.replaceSame(found, overlay.columns, row);
      found.columns.takeMarks(found.row, overlay.columns, row);
      this.#rebase?.marked.add(record.id);
      overlay.columns.dropLast();
      return;
    }
    this.#remove(overlay, record.id);
    overlay.columns.words.head[row] = encoder.heads.add(head);
    overlay.insert(record.id, row);
  }

  /** False: there is no such server. */
  #takeFindings(overlay: Overlay, record: FindingsRecord): boolean {
    const { id, version } = record;
    if (this.#unlisted.has(id)) {
      this.#unlisted.set(id, { version, pass: this.#pass });
      return true;
    }
    const found = overlay.find(id);
    if (found === undefined) return false;
    const encoder = this.#encoder;
    const row = encoder.appendWithFindings(overlay.columns, found, record, this.#pass);
    encoder.releaseSet(found.columns, found.row);
    if (isSameRow(found.columns, found.row, overlay.columns, row)) {
      found.columns.takeMarks(found.row, overlay.columns, row);
      this.#rebase?.marked.add(id);
      overlay.columns.dropLast();
      return true;
    }
    overlay.takeOut(id, found);
    const head = found.columns.words.head[found.row] ?? 0;
    if (this.#noteCopied(overlay, id, found)) overlay.columns.words.head[row] = encoder.heads.duplicate(head);
    overlay.insert(id, row);
    return true;
  }

  #remove(overlay: Overlay, id: string): void {
    const found = overlay.find(id);
    if (found === undefined) return;
    overlay.takeOut(id, found);
    this.#encoder.release(found.columns, found.row);
    if (!this.#noteCopied(overlay, id, found))
      this.#encoder.heads.release(found.columns.words.head[found.row] ?? 0);
  }

  /** Whether a row that goes is being copied into a new snapshot, which then gives its head back. */
  #noteCopied({ columns }: Overlay, id: string, found: FoundRow): boolean {
    if (this.#rebase === undefined) return false;
    const isBeingCopied = found.columns !== columns || found.row < this.#rebase.overlayRows;
    if (isBeingCopied) this.#rebase.removed.add(id);
    return isBeingCopied;
  }

  /** Parts are not the answer's own. */
  #giveBack([body, ...more]: readonly Buffer[]): void {
    if (body !== undefined && more.length === 0) this.#buffers.give(body);
  }

  async #renew(): Promise<void> {
    do {
      const rebase = startRebase(this.#loaded(), this.#encoder);
      this.#rebase = rebase;
      const began = performance.now();
      await inSlices(rebase.build(), this.#sliceMs);
      this.#overlay = rebase.finish();
      this.#rebase = undefined;
      this.#cache.clear();
      this.#rebases += 1;
      this.#rebaseMs += performance.now() - began;
    } while (this.#isTooLarge(this.#overlay));
  }

  #loaded(): Overlay {
    if (this.#overlay === undefined) throw new Error('the read model is asked before it is loaded');
    return this.#overlay;
  }
}
