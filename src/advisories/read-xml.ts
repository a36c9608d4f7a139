import type { ByteStream } from '../archive/byte-stream.ts';
import { readXmlElements, type XmlElement, XmlProblem } from '../archive/xml-elements.ts';
import type { FeedItem } from './feed.ts';
import { parseCvrf } from './feeds/cvrf.ts';
import { MSRC_FORM, MsrcReader } from './feeds/msrc-cvrf.ts';
import { OvalReader } from './feeds/oval.ts';
import { parseCvemapEntry } from './feeds/redhat-cve.ts';
import { parseUpdate } from './feeds/updateinfo.ts';

/** How one vendor's form of XML is read: which elements are its records, and what one of them says. */
interface XmlForm {
  readonly isRecord: (path: readonly string[]) => boolean;
  /** A reader of one document: a record's items, and those that need the whole document. */
  readonly start: () => {
    readonly itemsOf: (record: XmlElement, where: string) => Iterable<FeedItem>;
    readonly end?: () => Iterable<FeedItem>;
  };
}

/** How many items that need the whole document are handed on together. */
const END_BATCH_ITEMS = 500;

/** By the local name of the root element. */
const FORMS: ReadonlyMap<string, XmlForm> = new Map<string, XmlForm>([
  ['cvrfdoc', { isRecord: (path) => path.length === 1, start: () => ({ itemsOf: parseCvrf }) }],
  [MSRC_FORM, { isRecord: (path) => path.length === 2, start: startMsrc }],
  ['updates', { isRecord: isSecondLevel('update'), start: () => ({ itemsOf: parseUpdate }) }],
  ['cvemap', { isRecord: isSecondLevel('Vulnerability'), start: () => ({ itemsOf: parseCvemapEntry }) }],
  ['oval_definitions', { isRecord: OvalReader.isRecord, start: startOval }],
]);

function isSecondLevel(name: string): (path: readonly string[]) => boolean {
  return (path) => path.length === 2 && path[1] === name;
}

function startMsrc(): ReturnType<XmlForm['start']> {
  const reader = new MsrcReader();
  return {
    itemsOf: (record, where) => reader.add(record, where),
    end: () => reader.items(),
  };
}

function startOval(): ReturnType<XmlForm['start']> {
  const reader = new OvalReader();
  return {
    itemsOf: (record, where) => {
      reader.add(record, where);
      return [];
    },
    end: () => reader.items(),
  };
}

/** Whether XML with this root element (`xmlRootName`) is in a form that Parapet reads. */
export function isXmlForm(rootName: string | undefined): rootName is string {
  return rootName !== undefined && FORMS.has(rootName);
}

/**
 * Reads one XML document of a known form, record by record, so that a repository's whole list takes the memory of one
 * advisory. XML that is broken from some place on is a `problem` there; what came before it counts.
 */
export async function* readXmlRecords(
  source: { readonly name: string; readonly content: ByteStream },
  rootName: string,
): AsyncGenerator<FeedItem[]> {
  const form = FORMS.get(rootName);
  if (form === undefined) return;
  let number = 0;
  const reader = form.start();
  try {
    for await (const records of readXmlElements(source.content, form.isRecord)) {
      const batch: FeedItem[] = [];
      for (const record of records) {
        number += 1;
        const where =
          rootName === 'cvrfdoc' || rootName === MSRC_FORM ? source.name : `${source.name}, record ${number}`;
        for (const item of reader.itemsOf(record, where)) batch.push(item);
      }
      yield batch;
    }
    let batch: FeedItem[] = [];
    for (const item of reader.end?.() ?? []) {
      batch.push(item);
      if (batch.length < END_BATCH_ITEMS) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error;
    yield [{ kind: 'problem', where: source.name, problem: error.message }];
  }
}
