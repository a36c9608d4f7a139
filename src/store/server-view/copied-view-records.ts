/** The server view as COPY gives it: first what the servers list, each list once, then the servers. */
import type { FindingsRecord, ShownVulnerabilities, ViewRecord } from '../../server-view/view-record.ts';
import { type CopyReader, copiedRows } from './copy-reader.ts';
import {
  shownKeyOf,
  shownNumbers,
  storedFindingsRecord,
  storedViewRecord,
  VIEW_SERVER_COLUMNS,
  VIEW_SERVER_TABLES,
} from './stored-view-record.ts';
import type { ServerKey } from './view-sink.ts';

/** Fields of `VIEW_SERVER_COLUMNS`. */
const SERVER_FIELDS = 29;

/** Fields of `VIEW_FINDINGS_COLUMNS`. */
const FINDINGS_FIELDS = 14;

/** What `copiedShown` reads: the sets of findings that a server has. */
export const SHOWN_QUERY = `SELECT f.project_id, f.id, coalesce(ps.include_unfixed, false), f.vulnerability,
    CASE WHEN NOT f.is_plain THEN f.status END, CASE WHEN NOT f.is_plain THEN f.fixable END
  FROM finding_set f LEFT JOIN project_setting ps ON ps.project_id = f.project_id
  WHERE EXISTS (SELECT FROM server s WHERE s.project_id = f.project_id AND s.finding_set = f.id)`;

/** What `copiedServers` reads. */
export const SERVERS_QUERY = `SELECT ${VIEW_SERVER_COLUMNS} FROM ${VIEW_SERVER_TABLES}`;

export function copiedShown(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly ShownVulnerabilities[]> {
  return copiedRows(chunks, readShown);
}

export function copiedServers(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly ViewRecord[]> {
  return copiedRows(chunks, (reader) => readServer(reader) ?? rowless());
}

function rowless(): never {
  throw new Error('a copied server has no id');
}

/** What `streamChanges` copies: the key of a server that changed, then its row, or nothing where it is gone. */
export function copiedChanges(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly CopiedChange[]> {
  return copiedRows(chunks, (reader) => {
    const [projectId, id] = reader.texts(2);
    return { key: { projectId: projectId ?? '', id: id ?? '' }, record: readServer(reader) };
  });
}

export interface CopiedChange {
  readonly key: ServerKey;
  readonly record: ViewRecord | undefined;
}

/** What a copy of `VIEW_FINDINGS_COLUMNS` gives. */
export function copiedFindings(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly FindingsRecord[]> {
  return copiedRows(chunks, (reader) => {
    const fields = reader.texts(FINDINGS_FIELDS);
    const number = (index: number): number => Number(fields[index]);
    return storedFindingsRecord({
      project_id: fields[0] ?? '',
      id: fields[1] ?? '',
      version: number(2),
      severity_level: fields[3] ?? '',
      score: number(4),
      open_count: number(5),
      critical_count: number(6),
      high_count: number(7),
      medium_count: number(8),
      low_count: number(9),
      status_bits: number(10),
      sort_rank: number(11),
      include_unfixed: fields[12] === 't',
      finding_set: number(13),
    });
  });
}

function readShown(reader: CopyReader): ShownVulnerabilities {
  const [projectId, id, include] = reader.texts(3);
  const includesUnfixed = include === 't';
  return {
    projectId: projectId ?? '',
    shownKey: shownKeyOf(Number(id), includesUnfixed),
    numbers: shownNumbers(
      {
        finding_vulnerability: reader.numbers() ?? [],
        finding_status: reader.numbers(),
        finding_fixable: reader.booleans(),
      },
      includesUnfixed,
    ),
  };
}

/** The fields in the order of `VIEW_SERVER_COLUMNS`; undefined: they are those of no row. */
function readServer(reader: CopyReader): ViewRecord | undefined {
  const fields = reader.texts(SERVER_FIELDS);
  if (fields[1] === null) return undefined;
  const text = (index: number): string => fields[index] ?? '';
  const number = (index: number): number => Number(fields[index]);
  return storedViewRecord({
    project_id: text(0),
    id: text(1),
    version: number(2),
    agent_id: text(3),
    name: text(4),
    region: text(5),
    public_ip: text(6),
    private_ip: text(7),
    group_id: fields[8] ?? null,
    group_name: fields[9] ?? null,
    os_type: text(10),
    asset_value: text(11),
    scan_time: number(12),
    severity_level: text(13),
    score: number(14),
    edition: text(15),
    open_count: number(16),
    critical_count: number(17),
    high_count: number(18),
    medium_count: number(19),
    low_count: number(20),
    node_type: text(21),
    enterprise_project_id: text(22),
    status_bits: number(23),
    cluster_id: text(24),
    sort_rank: number(25),
    is_listed: text(26) === 't',
    include_unfixed: text(27) === 't',
    finding_set: number(28),
  });
}
