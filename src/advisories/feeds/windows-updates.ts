import { type WindowsTarget, windowsTargetOf } from '../../windows/product.ts';
import type { Advisory, AffectedPackage, Severity, SeverityWord, WindowsUpdate } from '../advisory.ts';
import { highestBaseScore } from '../cvss.ts';
import { worstWord } from '../severity-word.ts';

/** The name under which every record about a Windows product is filed: the system itself, by its updates. */
export const WINDOWS_PACKAGE_NAME = 'Windows';

/** What one record says of one update on one product. */
export interface UpdateFact {
  /** `KB5053594`. */
  readonly number: string;
  readonly target: WindowsTarget;
  readonly cves: readonly string[];
  readonly supersedes: readonly string[];
  /** Empty where the record does not say. */
  readonly build: string;
  readonly isHotpatch: boolean;
  readonly word: SeverityWord | undefined;
  readonly severities: readonly Severity[];
  /** Milliseconds since 1970. */
  readonly published: number | undefined;
}

interface OpenEntry {
  readonly target: WindowsTarget;
  readonly cves: Set<string>;
  readonly supersedes: Set<string>;
  build: string;
  isHotpatch: boolean;
}

interface OpenUpdate {
  readonly number: string;
  readonly entries: Map<string, OpenEntry>;
  readonly words: Set<SeverityWord>;
  severity: Severity | undefined;
  published: number | undefined;
}

/** Parts that come with the system. Of .NET Framework there are several versions, and only matching can tell which counts. */
const PARTS_OF_WINDOWS =
  /^(?:internet explorer|microsoft edge|adobe flash player|jscript|vbscript|microsoft xml core services|microsoft windows hyperlink|microsoft \.net framework)\b/i;

/** Microsoft's documents have lost this product (id 11800), and with it what its siblings still say. */
const LOST_PRODUCT = {
  product: 'Windows 10 Version 20H2 for x64-based Systems',
  sibling: 'Windows 10 Version 20H2 for ARM64-based Systems',
} as const;

/** The Windows products that a product's name in a record stands for: none, one, or one with a lost sibling. */
export function targetsOf(productName: string): readonly WindowsTarget[] {
  const target = windowsTargetOf(productName);
  if (target === undefined) return [];
  if (target.component !== '' && !PARTS_OF_WINDOWS.test(target.component)) return [];
  if (target.product !== LOST_PRODUCT.sibling) return [target];
  return [target, { ...target, product: LOST_PRODUCT.product }];
}

/**
 * Gathers the facts of one document by update: an advisory each, with an entry for each product (and part of one) that it
 * is for. Lives as long as one document is being read.
 */
export class UpdateCollector {
  readonly #updates = new Map<string, OpenUpdate>();
  /** A CVE is named in many rows: one text is kept of it. */
  readonly #texts = new Map<string, string>();
  readonly #scores = new Map<string, number>();

  add(fact: UpdateFact): void {
    const update = this.#updateOf(fact.number);
    const key = `${fact.target.product}\n${fact.target.component}`;
    let entry = update.entries.get(key);
    if (entry === undefined) {
      entry = { target: fact.target, cves: new Set(), supersedes: new Set(), build: '', isHotpatch: false };
      update.entries.set(key, entry);
    }
    for (const cve of fact.cves) entry.cves.add(this.#oneText(cve));
    for (const number of fact.supersedes) {
      if (number !== fact.number) entry.supersedes.add(this.#oneText(number));
    }
    if (entry.build === '') entry.build = fact.build;
    entry.isHotpatch ||= fact.isHotpatch;
    if (fact.word !== undefined) update.words.add(fact.word);
    for (const severity of fact.severities) this.#keepWorst(update, severity);
    if (fact.published !== undefined) {
      update.published = Math.min(fact.published, update.published ?? fact.published);
    }
  }

  /** One advisory an update, in the order in which they were first named. */
  *advisories(name: {
    readonly id: (number: string) => string;
    readonly summary: (number: string, published: number | undefined) => string;
  }): Generator<Advisory> {
    for (const update of this.#updates.values()) {
      const entries = [...update.entries.values()];
      yield {
        id: name.id(update.number),
        cves: [...new Set(entries.flatMap((entry) => [...entry.cves]))],
        aliases: [],
        summary: name.summary(update.number, update.published),
        published: update.published,
        modified: undefined,
        severities: update.severity === undefined ? [] : [update.severity],
        word: worstWord(update.words),
        affected: entries.map((entry) => affectedOf(update.number, entry)),
        url: `https://support.microsoft.com/help/${update.number.slice(2)}`,
      };
    }
  }

  #updateOf(number: string): OpenUpdate {
    const known = this.#updates.get(number);
    if (known !== undefined) return known;
    const update: OpenUpdate = {
      number,
      entries: new Map(),
      words: new Set(),
      severity: undefined,
      published: undefined,
    };
    this.#updates.set(number, update);
    return update;
  }

  #oneText(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  /** An update fixes dozens of CVEs with a vector for each product; its score is the highest. */
  #keepWorst(update: OpenUpdate, severity: Severity): void {
    const held = update.severity;
    if (held === undefined || this.#scoreOf(severity) > this.#scoreOf(held)) update.severity = severity;
  }

  #scoreOf(severity: Severity): number {
    const known = this.#scores.get(severity.vector);
    if (known !== undefined) return known;
    const score = highestBaseScore([severity]) ?? -1;
    this.#scores.set(severity.vector, score);
    return score;
  }
}

function affectedOf(number: string, entry: OpenEntry): AffectedPackage {
  const update: WindowsUpdate = {
    number,
    component: entry.target.component,
    cves: [...entry.cves],
    supersedes: [...entry.supersedes],
    build: entry.build,
    isHotpatch: entry.isHotpatch,
  };
  return {
    ecosystem: `windows:${entry.target.product}`,
    name: WINDOWS_PACKAGE_NAME,
    matchOn: 'binary',
    scheme: 'nuget',
    ranges: [],
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
    update,
  };
}
