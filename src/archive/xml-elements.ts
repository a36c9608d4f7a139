import { SaxesParser, type SaxesTagPlain } from 'saxes';
import type { ByteStream } from './byte-stream.ts';

/**
 * Strangers' XML, element by element: a document of any size becomes a stream of small trees. Entities of the document's
 * own are not expanded (the parser refuses them), nothing outside is fetched, and depth, elements and text of one tree are
 * bounded.
 */

/** Deepest nesting of elements. The deepest real documents (OVAL criteria) have some 15. */
export const XML_DEPTH_MAX = 100;
/** Most elements of one tree. The largest real ones (a CVRF of a kernel, an update of LibreOffice) have some 50,000. */
export const XML_TREE_ELEMENTS_MAX = 1_000_000;
/** Most characters of text and attributes of one tree. */
export const XML_TREE_LENGTH_MAX_CHARS = 64 * 1024 ** 2;

/** One element with everything below it. Names come without their prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside it, trimmed. */
  readonly text: string;
}

/** The content is no well-formed XML, or past a bound: what was handed out before stands, nothing more comes. */
export class XmlProblem extends Error {}

interface OpenElement {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * The elements at which `isRecord` says so (asked with the names from the root down to the element itself), in their order,
 * some at a time; everything else is passed over without being kept. Elements inside a record belong to it. Throws
 * `XmlProblem`.
 */
export async function* readXmlElements(
  content: ByteStream,
  isRecord: (path: readonly string[]) => boolean,
): AsyncGenerator<readonly XmlElement[]> {
  const reader = new XmlReader(isRecord);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of content) {
    const found = reader.read(decoder.decode(chunk, { stream: true }));
    if (found.length > 0) yield found;
  }
  const found = reader.finish(decoder.decode());
  if (found.length > 0) yield found;
}

class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #isRecord: (path: readonly string[]) => boolean;
  readonly #path: string[] = [];
  /** The record being read and what is open in it, innermost last; empty outside of records. */
  readonly #open: OpenElement[] = [];
  #found: XmlElement[] = [];
  #elements = 0;
  #length = 0;

  constructor(isRecord: (path: readonly string[]) => boolean) {
    this.#isRecord = isRecord;
    this.#parser.on('error', (error) => {
      throw new XmlProblem(`is broken XML (${error.message.slice(0, 200)})`);
    });
    this.#parser.on('opentag', (tag) => this.#enter(tag));
    this.#parser.on('closetag', () => this.#leave());
    const addText = (text: string): void => this.#addText(text);
    this.#parser.on('text', addText);
    this.#parser.on('cdata', addText);
  }

  read(text: string): readonly XmlElement[] {
    this.#parser.write(text);
    return this.#taken();
  }

  finish(text: string): readonly XmlElement[] {
    this.#parser.write(text).close();
    return this.#taken();
  }

  #taken(): readonly XmlElement[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #enter(tag: SaxesTagPlain): void {
    const name = localName(tag.name);
    if (this.#path.length >= XML_DEPTH_MAX) {
      throw new XmlProblem(`has elements nested more than ${XML_DEPTH_MAX} deep`);
    }
    this.#path.push(name);
    if (this.#open.length === 0) {
      if (!this.#isRecord(this.#path)) return;
      this.#elements = 0;
      this.#length = 0;
    }
    this.#elements += 1;
    if (this.#elements > XML_TREE_ELEMENTS_MAX) {
      throw new XmlProblem(`has a record of more than ${XML_TREE_ELEMENTS_MAX} elements`);
    }
    const attributes = new Map<string, string>();
    for (const [key, value] of Object.entries(tag.attributes)) {
      attributes.set(localName(key), value);
      this.#count(value);
    }
    this.#open.push({ name, attributes, children: [], text: '' });
  }

  #addText(text: string): void {
    const innermost = this.#open.at(-1);
    if (innermost === undefined) return;
    this.#count(text);
    innermost.text += text;
  }

  #count(text: string): void {
    this.#length += text.length;
    if (this.#length > XML_TREE_LENGTH_MAX_CHARS) {
      throw new XmlProblem(`has a record of more than ${XML_TREE_LENGTH_MAX_CHARS} characters`);
    }
  }

  #leave(): void {
    this.#path.pop();
    const closed = this.#open.pop();
    if (closed === undefined) return;
    const element: XmlElement = { ...closed, text: closed.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#found.push(element);
    else parent.children.push(element);
  }
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** The first child of that name; undefined: there is none. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** All children of that name, in their order. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of that name; empty where there is none. */
export function childText(element: XmlElement | undefined, name: string): string {
  return childOf(element, name)?.text ?? '';
}

/** Every element of that name at any depth below `element`, in document order. */
export function* descendantsOf(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* descendantsOf(child, name);
  }
}

/** The local name of the root element in the beginning of a text; undefined: it is no XML. */
export function xmlRootName(head: string): string | undefined {
  if (!head.startsWith('<')) return undefined;
  const root =
    /^(?:\s|<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*>)*<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)/i.exec(
      head,
    );
  return root?.[2];
}
