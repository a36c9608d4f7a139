/**
 * The server view: which servers are vulnerable, how badly, worst first. Here are the question (a filter and a page), the
 * answer (rows and an exact total), and the contract by which the API asks. The order is fixed: score ascending, unknown
 * servers just before secure ones, then Critical, High, Medium, Low counts descending, then name and id as UTF-8 bytes
 * (design.md section 4).
 */
import type { FindingStatus } from '../findings/finding.ts';

/** Every part that is given must hold; texts named `…Contains` are found anywhere, case folded by `foldCase`. */
export interface ServerFilter {
  readonly projectId: string;
  /** Enterprise projects the caller asks for and may see. */
  readonly enterpriseProjects: 'all' | readonly string[];
  readonly assetValue?: 'important' | 'common' | 'test' | undefined;
  readonly groupNameContains?: string | undefined;
  readonly nameContains?: string | undefined;
  readonly publicIpContains?: string | undefined;
  readonly privateIpContains?: string | undefined;
  readonly severityLevel?: 'High' | 'Medium' | 'Low' | 'Security' | undefined;
  readonly handleStatus?: 'unhandled' | 'handled' | undefined;
  /** The server has at least one listed finding in this status. */
  readonly status?: FindingStatus | undefined;
  readonly clusterId?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly nodeType?: 'cce' | 'not_cce' | undefined;
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** The lists of a row, by vulnerability type. */
export interface VulnerabilityIdLists {
  readonly linux_vul: readonly string[];
  readonly windows_vul: readonly string[];
  readonly web_cms: readonly string[];
  readonly app_vul: readonly string[];
  readonly urgent_vul: readonly string[];
}

export interface ServerRow {
  readonly id: string;
  readonly agentId: string;
  readonly name: string;
  readonly region: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly groupId: string | undefined;
  readonly groupName: string | undefined;
  readonly osType: 'Linux' | 'Windows';
  readonly assetValue: string;
  /** Milliseconds since 1970. */
  readonly scanTime: number;
  /** Empty: unknown (design.md section 2, promise 3). */
  readonly severityLevel: '' | 'High' | 'Medium' | 'Low' | 'Security';
  /** 0..100, higher is safer; undefined: unknown. */
  readonly score: number | undefined;
  readonly edition: string;
  readonly handleStatus: 'unhandled' | 'handled';
  /** Counts and lists are of the open findings where there are any, else of the ignored and fixed ones. */
  readonly counts: {
    readonly critical: number;
    readonly high: number;
    readonly medium: number;
    readonly low: number;
  };
  readonly vulnerabilityIds: VulnerabilityIdLists;
  readonly nodeType: string;
}

export interface ServerPage {
  readonly total: number;
  readonly rows: readonly ServerRow[];
}

/** Answers the server view. Never part of the truth: it fails where it cannot answer in full. */
export type ListServers = (filter: ServerFilter, page: Page) => Promise<ServerPage>;

/** The whole answer of the contract, encoded. */
export interface ServerPageBytes {
  readonly total: number;
  /** One after the other; a large answer is not put together in memory. */
  readonly body: readonly Buffer[];
  /** To be called once, when the bytes have been sent: their memory is used again. */
  readonly release: () => void;
}

/** Whatever answers the view, in rows or in bytes. */
export type AnswerServers = (filter: ServerFilter, page: Page) => Promise<ServerPage | ServerPageBytes>;

/**
 * The one way in which names and addresses are made comparable, on both sides of every filter. Upper case first, so that
 * `ß` meets `SS` as Unicode's full case folding has it; a final sigma is the same letter as any other.
 */
export function foldCase(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
