import { SaxesParser } from 'saxes';
import { appError } from '../../errors.ts';
import type { FindingList, TextReportFormat } from '../other-report.ts';

/** Deepest nesting of elements that is read. */
const XML_DEPTH_MAX = 200;
/** Most definitions and rules kept while a document is read. */
const DEFINITIONS_MAX = 500_000;
const CVE = /CVE-\d{4}-\d{4,}/g;
const ADVISORY = /^[A-Za-z][A-Za-z-]*[-:]\d{4}[-:]\d+(?:[-:]\d+)?$/;

/**
 * OVAL results (`oscap oval eval --results`), by themselves or inside an ARF file, and XCCDF results of a profile that
 * evaluates OVAL. A definition that evaluated to true of class `vulnerability` or `patch` is a finding; so is an XCCDF
 * rule that failed and names CVEs. Written from the schemas of OVAL 5.11 and XCCDF 1.2.
 */
export const OVAL_RESULTS: TextReportFormat = {
  name: 'OpenSCAP: OVAL or XCCDF results, ARF',
  recognises: (text) => {
    const head = text.slice(0, 64 * 1024);
    return (
      /^\s*<(?:\?xml|!--|[\w-]+:?[\w-]*)/.test(head) &&
      /<(?:[\w-]+:)?(?:oval_results|TestResult|Benchmark|asset-report-collection)[\s>]/.test(head)
    );
  },
  read: (text, findings) => {
    const reader = new ResultsReader(findings.file);
    reader.read(text);
    reader.addTo(findings);
    return { scanner: 'OpenSCAP', system: undefined };
  },
};

interface Definition {
  class: string;
  readonly ids: Set<string>;
}

/** Definitions stand before or after their results, so both are gathered first. */
class ResultsReader {
  readonly #file: string;
  readonly #definitions = new Map<string, Definition>();
  readonly #isTrue = new Set<string>();
  readonly #failed: string[][] = [];
  readonly #path: string[] = [];
  #definition: Definition | undefined;
  #rule: { result: string; ids: string[] } | undefined;
  #content = '';

  constructor(file: string) {
    this.#file = file;
  }

  read(text: string): void {
    const parser = new SaxesParser({ xmlns: false, position: true });
    parser.on('error', (error) => this.#refuse(`no well-formed XML: ${error.message.slice(0, 200)}`));
    parser.on('opentag', (tag) => this.#open(localName(tag.name), tag.attributes));
    const addContent = (piece: string): void => {
      this.#content += piece;
    };
    parser.on('text', addContent);
    parser.on('cdata', addContent);
    parser.on('closetag', () => this.#close());
    parser.write(text).close();
  }

  addTo(findings: FindingList): void {
    for (const id of this.#isTrue) {
      const definition = this.#definitions.get(id);
      if (
        definition !== undefined &&
        (definition.class === 'vulnerability' || definition.class === 'patch')
      ) {
        findings.add(ordered([...definition.ids], id), {});
      }
    }
    for (const ids of this.#failed) findings.add(ordered(ids, ''), {});
  }

  #open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#path.length >= XML_DEPTH_MAX) this.#refuse(`elements are nested deeper than ${XML_DEPTH_MAX}`);
    if (name === 'definition') this.#openDefinition(attributes);
    else if (name === 'reference' && this.#definition !== undefined) {
      this.#definition.ids.add(attributes['ref_id'] ?? '');
    } else if (name === 'rule-result') this.#rule = { result: '', ids: [] };
    this.#path.push(name);
    this.#content = '';
  }

  /** In `oval_definitions` a definition says what it is; in the results of a system only whether it is true. */
  #openDefinition(attributes: Readonly<Record<string, string>>): void {
    const result = attributes['result'];
    const id = attributes['definition_id'] ?? attributes['id'] ?? '';
    if (result !== undefined) {
      if (result === 'true') this.#isTrue.add(id);
      return;
    }
    if (this.#definitions.size >= DEFINITIONS_MAX)
      this.#refuse(`it has more than ${DEFINITIONS_MAX} definitions`);
    this.#definition = { class: attributes['class'] ?? '', ids: new Set() };
    this.#definitions.set(id, this.#definition);
  }

  #close(): void {
    const name = this.#path.pop() ?? '';
    const text = this.#content.trim();
    if (name === 'definition') this.#definition = undefined;
    else if (name === 'title' && this.#definition !== undefined) this.#addTitle(this.#definition, text);
    else if (this.#rule !== undefined) this.#closeInRule(this.#rule, name, text);
    this.#content = '';
  }

  /** Titles begin with the id: `RHSA-2023:1405: openssl security update (Important)`, `CVE-2023-1393 on Ubuntu 22.04 …`. */
  #addTitle({ ids }: Definition, text: string): void {
    const first = (text.split(/\s/, 1)[0] ?? '').replace(/:$/, '');
    if (ADVISORY.test(first)) ids.add(first);
    for (const [cve] of text.matchAll(CVE)) ids.add(cve);
  }

  #closeInRule(rule: { result: string; ids: string[] }, name: string, text: string): void {
    if (name === 'result') rule.result = text;
    else if (name === 'ident') rule.ids.push(...(text.match(CVE) ?? []));
    else if (name === 'rule-result') {
      if (rule.result === 'fail' && rule.ids.length > 0 && this.#failed.length < DEFINITIONS_MAX) {
        this.#failed.push(rule.ids);
      }
      this.#rule = undefined;
    }
  }

  #refuse(problem: string): never {
    throw appError('report-unreadable', { file: this.#file, problem });
  }
}

/** The vendor's advisory first, then the CVEs; the definition's own id only where there is nothing else. */
function ordered(ids: readonly string[], definitionId: string): readonly string[] {
  const usable = ids.filter((id) => id !== '');
  const advisory = usable.filter((id) => ADVISORY.test(id) && !id.startsWith('CVE-'));
  const cves = usable.filter((id) => id.startsWith('CVE-'));
  const known = [...advisory, ...cves];
  return known.length > 0 ? known : [definitionId];
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
