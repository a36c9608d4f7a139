/**
 * From records to rows: codes for values, lists held once, and the fields that are the server's own as bytes. What is shared
 * by all rows of a project is kept here, for as long as the model lives.
 */
import { ByteArena } from './byte-arena.ts';
import {
  type Dimension,
  type FoundRow,
  HANDLE_STATUSES,
  SEVERITY_LEVELS,
  type ServerColumns,
  SOUGHT_TEXTS,
  type SoughtText,
} from './columns.ts';
import { ServerGroups } from './server-groups.ts';
import { foldCase } from './server-view.ts';
import { ShownLists } from './shown-lists.ts';
import { ShownSets } from './shown-sets.ts';
import { TextStems } from './text-stems.ts';
import { ValueCodes } from './value-codes.ts';
import type { FindingsRecord, ViewRecord, VulnerabilityLookup } from './view-record.ts';
import { VulnerabilityNames } from './vulnerability-names.ts';
import { fieldsJson, serverFields } from './wire-row.ts';

export class RowEncoder {
  readonly names: VulnerabilityNames;
  readonly lists: ShownLists;
  readonly sets: ShownSets;
  readonly heads: ByteArena;
  readonly groups = new ServerGroups();
  readonly stems: Readonly<Record<SoughtText, TextStems>> = {
    nameFolded: new TextStems(),
    publicIp: new TextStems(),
    privateIp: new TextStems(),
  };
  readonly codes: Readonly<Record<Dimension, ValueCodes>> = {
    enterpriseProjectId: new ValueCodes(),
    groupId: new ValueCodes(),
    assetValue: new ValueCodes(),
    severityLevel: new ValueCodes(SEVERITY_LEVELS),
    handleStatus: new ValueCodes(HANDLE_STATUSES),
    clusterId: new ValueCodes(),
    nodeType: new ValueCodes(),
  };

  constructor(lookup: VulnerabilityLookup, chunkBytesLog2?: number) {
    this.names = new VulnerabilityNames(lookup);
    this.lists = new ShownLists(this.names, chunkBytesLog2);
    this.sets = new ShownSets(this.lists);
    this.heads = new ByteArena(chunkBytesLog2);
  }

  /** Appends a record as a row that holds its set and its stems; the head is the caller's to set. Answers the row. */
  append(columns: ServerColumns, record: ViewRecord, pass: number): number {
    const { codes } = this;
    const set = this.sets.hold(record.shownKey, record.shownVulnerabilities);
    const nameFolded = foldCase(record.name);
    // A group's id is never empty, so the empty text stands for none.
    return columns.append(record, {
      nameFolded,
      stems: {
        nameFolded: this.stems.nameFolded.hold(nameFolded),
        publicIp: this.stems.publicIp.hold(record.publicIp),
        privateIp: this.stems.privateIp.hold(record.privateIp),
      },
      codes: {
        enterpriseProjectId: codes.enterpriseProjectId.codeOf(record.enterpriseProjectId),
        groupId: codes.groupId.codeOf(record.groupId ?? ''),
        assetValue: codes.assetValue.codeOf(record.assetValue),
        severityLevel: codes.severityLevel.codeOf(record.severityLevel),
        handleStatus: codes.handleStatus.codeOf(record.handleStatus),
        clusterId: codes.clusterId.codeOf(record.clusterId),
        nodeType: codes.nodeType.codeOf(record.nodeType),
      },
      head: 0,
      set,
      list: this.sets.listOf(set),
      pass,
    });
  }

  /** Appends a row with other findings: it holds its set, its stems are those of the row that it takes the place of. */
  appendWithFindings(columns: ServerColumns, held: FoundRow, record: FindingsRecord, pass: number): number {
    const set = this.sets.hold(record.shownKey, undefined);
    return columns.appendWithFindings(held, record, {
      set,
      list: this.sets.listOf(set),
      pass,
      severityLevel: this.codes.severityLevel.codeOf(record.severityLevel),
      handleStatus: this.codes.handleStatus.codeOf(record.handleStatus),
    });
  }

  /** Gives back what a row holds, but for its head. */
  release(columns: ServerColumns, row: number): void {
    this.releaseSet(columns, row);
    this.#releaseStems(columns, row);
  }

  releaseSet(columns: ServerColumns, row: number): void {
    this.sets.release(columns.words.set[row] ?? 0);
  }

  /** Gives back what `row`, a row that reads the same, would hold twice; the set is then that of `row`. */
  replaceSame(held: FoundRow, columns: ServerColumns, row: number): void {
    this.releaseSet(held.columns, held.row);
    this.#releaseStems(columns, row);
  }

  #releaseStems(columns: ServerColumns, row: number): void {
    for (const text of SOUGHT_TEXTS) this.stems[text].release(columns.words[text][row] ?? 0);
  }

  headBytes(record: ViewRecord): Buffer {
    return Buffer.from(fieldsJson(serverFields(record)), 'utf8');
  }

  /** Makes a group known by its name; answers whether it had another one. */
  nameGroup(id: string | undefined, name: string | undefined): boolean {
    return this.groups.set(this.codes.groupId.codeOf(id ?? ''), id, name);
  }

  /** Memory of what is encoded; codes and names come to little. */
  get bytes(): number {
    return this.heads.bytes + this.lists.bytes + this.sets.bytes;
  }
}
