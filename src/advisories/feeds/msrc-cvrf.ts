import { childrenOf, childText, descendantsOf, type XmlElement } from '../../archive/xml-elements.ts';
import { updateNumberOf } from '../../windows/update-number.ts';
import { cveOfId } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, timeOf } from '../record-text.ts';
import { severityWordOf, worstWord } from '../severity-word.ts';
import { severitiesOfVectors } from './cvss-vector.ts';
import { targetsOf, UpdateCollector } from './windows-updates.ts';

/** The feed of Microsoft's monthly documents: each adds or replaces the updates it names. */
export const MSRC_FEED = 'msrc';
/** How the form is called among those of XML: by its root alone it would be any vendor's CVRF. */
export const MSRC_FORM = 'cvrfdoc of Microsoft';

/** Whether a text begins as a CVRF document of Microsoft's does. */
export function isMsrcDocument(head: string): boolean {
  return (
    /^[^<]*(?:<\?[^>]*>\s*)?<(?:\w+:)?cvrfdoc[\s>]/.test(head) &&
    /secure@microsoft\.com|microsoft\.com\/security|Microsoft Security Response Center/i.test(head)
  );
}

/**
 * Reads one of Microsoft's monthly documents (CVRF 1.1 XML) from its parts, one below the root after the other. Each update
 * it names becomes an advisory, `<document>/<update>`, of the Windows products it is for. A vulnerability of other products
 * alone, or without an update, is counted by reason; one without an id is a `problem`. Nothing of a document is used before
 * all of it was read.
 */
export class MsrcReader {
  readonly #updates = new UpdateCollector();
  readonly #products = new Map<string, string>();
  readonly #counts = new Map<'other-product' | 'no-update', number>();
  #id = '';
  #title = '';
  #released = '';
  #where = '';

  /** Takes the next part; yields what is wrong with it. */
  *add(part: XmlElement, where: string): Generator<FeedItem> {
    this.#where = where;
    if (part.name === 'DocumentTitle') this.#title = firstLine(part.text);
    else if (part.name === 'DocumentTracking') {
      const [identification] = childrenOf(part, 'Identification');
      this.#id = childText(identification, 'ID');
      this.#released = childText(part, 'InitialReleaseDate');
    } else if (part.name === 'ProductTree') {
      for (const product of descendantsOf(part, 'FullProductName')) {
        this.#products.set(product.attributes.get('ProductID') ?? '', product.text);
      }
    } else if (part.name === 'Vulnerability') yield* this.#addVulnerability(part);
  }

  /** What the whole document says. */
  *items(): Generator<FeedItem> {
    if (!/^[\w.-]{1,64}$/.test(this.#id)) {
      yield { kind: 'problem', where: this.#where, problem: 'has no document id' };
      return;
    }
    for (const [reason, count] of this.#counts) yield { kind: 'not-held', feed: MSRC_FEED, reason, count };
    const title = this.#title === '' ? this.#id : this.#title;
    const name = {
      id: (number: string) => `${this.#id}/${number}`,
      summary: (number: string) => `${title}: ${number}`,
    };
    for (const advisory of this.#updates.advisories(name)) {
      yield { kind: 'advisory', feed: MSRC_FEED, advisory };
    }
  }

  *#addVulnerability(vulnerability: XmlElement): Generator<FeedItem> {
    const id = childText(vulnerability, 'CVE');
    if (!/^(?:CVE-\d{4}-\d{4,19}|ADV\d{6,8})\b/i.test(id)) {
      const problem = `has a vulnerability whose id "${firstLine(id).slice(0, 60)}" is neither a CVE nor an advisory`;
      yield { kind: 'problem', where: this.#where, problem };
      return;
    }
    if (this.#addUpdates(vulnerability, id)) return;
    const isOfWindows = [...descendantsOf(vulnerability, 'ProductID')].some(
      ({ text }) => targetsOf(this.#products.get(text) ?? '').length > 0,
    );
    const reason = isOfWindows ? 'no-update' : 'other-product';
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Returns whether the vulnerability has an update for a Windows product. */
  #addUpdates(vulnerability: XmlElement, id: string): boolean {
    const cve = cveOfId(id.split(/\s/, 1)[0] ?? '');
    const facts = {
      cves: cve === undefined ? [] : [cve],
      word: worstWord(severityTexts(vulnerability).flatMap((text) => severityWordOf(text) ?? [])),
      severities: severitiesOfVectors([...descendantsOf(vulnerability, 'Vector')].map(({ text }) => text)),
      published: this.#publishedOf(vulnerability),
    };
    let hasUpdate = false;
    for (const remediation of descendantsOf(vulnerability, 'Remediation')) {
      const isFix = remediation.attributes.get('Type') === 'Vendor Fix';
      const number = isFix ? updateNumberOf(childText(remediation, 'Description')) : undefined;
      if (number === undefined) continue;
      const supersedes = childText(remediation, 'Supercedence').split(/[;,\s]+/);
      for (const product of childrenOf(remediation, 'ProductID')) {
        for (const target of targetsOf(this.#products.get(product.text) ?? '')) {
          hasUpdate = true;
          this.#updates.add({
            ...facts,
            number,
            target,
            supersedes: supersedes.flatMap((text) => updateNumberOf(text) ?? []),
            build: target.component === '' ? systemBuild(childText(remediation, 'FixedBuild')) : '',
            isHotpatch: /hot\s*patch/i.test(childText(remediation, 'SubType')),
          });
        }
      }
    }
    return hasUpdate;
  }

  /** The date of its first revision, else that of the document. */
  #publishedOf(vulnerability: XmlElement): number | undefined {
    const dates = [...descendantsOf(vulnerability, 'Date')].flatMap(({ text }) => timeOf(text) ?? []);
    return dates.length > 0 ? Math.min(...dates) : timeOf(this.#released);
  }
}

function severityTexts(vulnerability: XmlElement): readonly string[] {
  return [...descendantsOf(vulnerability, 'Threat')]
    .filter((threat) => threat.attributes.get('Type') === 'Severity')
    .map((threat) => childText(threat, 'Description'));
}

/** Some have invisible characters behind them; those of Internet Explorer (`1.001`) are none of the system's. */
function systemBuild(text: string): string {
  return /^(?:6|10)\.\d\.\d{4,5}\.\d{1,6}(?![\d.])/.exec(text)?.[0] ?? '';
}
