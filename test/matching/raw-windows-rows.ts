/**
 * Raw rows of Microsoft's documents and WES-NG's lists, and what is missing by them: written from nothing of the program's but
 * the unpacking, so that the two can be held against each other.
 */
import { leavesOfFile } from '../../src/archive/leaves.ts';

/** One row: on one product, one update fixes one CVE. */
export interface RawRow {
  readonly product: string;
  readonly update: string;
  readonly cve: string;
  readonly supersedes: readonly string[];
  /** Empty where the row does not say. */
  readonly build: string;
  readonly isHotpatch: boolean;
}

export async function wesngRows(path: string): Promise<readonly RawRow[]> {
  const rows: RawRow[] = [];
  for (const [name, text] of await textsOf(path)) {
    if (!name.endsWith('.csv')) continue;
    // A field stands in quotes unless it is empty; the few that go over lines are no rows of Windows.
    for (const line of text.split('\n')) {
      const fields = line.match(/(?:"[^"]*"|[^,"]*)(?:,|$)/g) ?? [];
      const plain = fields.map((field) => field.replace(/,$/, '').replace(/^"|"\r?$/g, ''));
      const [, cve = '', update = '', , product = '', component = '', , , supersedes = ''] = plain;
      if (!/^\d{6,7}$/.test(update) || /\.NET Framework/.test(product + component)) continue;
      const replaced = supersedes.split(';').filter((number) => /^\d{6,7}$/.test(number));
      rows.push({
        product,
        update,
        cve: /^CVE-\d{4}-\d+$/.test(cve) ? cve : '',
        supersedes: replaced,
        build: '',
        isHotpatch: false,
      });
    }
  }
  return rows;
}

export async function msrcRows(folder: readonly string[]): Promise<readonly RawRow[]> {
  const rows: RawRow[] = [];
  for (const path of folder) {
    for (const [, text] of await textsOf(path)) {
      const products = new Map<string, string>();
      for (const [, id = '', name = ''] of text.matchAll(
        /<prod:FullProductName\s+ProductID="([^"]*)">([^<]*)/g,
      ))
        products.set(id, name);
      for (const vulnerability of text.split('<vuln:Vulnerability\n').slice(1)) {
        const cve = /<vuln:CVE>(CVE-\d{4}-\d+)/.exec(vulnerability)?.[1] ?? '';
        for (const fix of vulnerability.split('<vuln:Remediation\n').slice(1)) {
          rows.push(...rowsOfFix(fix.split('</vuln:Remediation>')[0] ?? '', cve, products));
        }
      }
    }
  }
  return rows;
}

function rowsOfFix(fix: string, cve: string, products: ReadonlyMap<string, string>): readonly RawRow[] {
  const value = (name: string): string => new RegExp(`<vuln:${name}>([^<]*)`).exec(fix)?.[1] ?? '';
  if (!fix.includes('Type="Vendor Fix"') || !/^\d{6,7}$/.test(value('Description'))) return [];
  return [...fix.matchAll(/<vuln:ProductID>([^<]*)/g)].flatMap(([, id = '']) => {
    const product = products.get(id) ?? '';
    if (product.includes('.NET Framework')) return [];
    return [
      {
        product,
        update: value('Description'),
        cve,
        supersedes: value('Supercedence').match(/\d{6,7}/g) ?? [],
        build: product.includes(' on ') ? '' : (/^10\.0\.\d{5}\.\d+/.exec(value('FixedBuild'))?.[0] ?? ''),
        isHotpatch: /hot ?patch/i.test(value('SubType')),
      },
    ];
  });
}

async function textsOf(path: string): Promise<readonly (readonly [string, string])[]> {
  const texts: (readonly [string, string])[] = [];
  for await (const leaf of leavesOfFile(path, path, {})) {
    if (leaf.kind !== 'content') continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of leaf.content) chunks.push(chunk);
    texts.push([leaf.name, Buffer.concat(chunks).toString('utf8')]);
  }
  return texts;
}

/** Rows by the system they are of: of itself, of its browsers, and of what else comes with it. */
export function rowsBySystem(rows: readonly RawRow[]): (system: string) => readonly RawRow[] {
  const systems = new Map<string, string | undefined>();
  const held = new Map<string, RawRow[]>();
  for (const row of rows) {
    if (!systems.has(row.product)) systems.set(row.product, systemOf(row.product));
    const system = systems.get(row.product);
    if (system === undefined) continue;
    const own = held.get(system);
    if (own === undefined) held.set(system, [row]);
    else own.push(row);
  }
  return (name) => {
    const wanted = plain(name);
    // Microsoft's documents have lost this product; its updates are those of its sibling.
    const sibling = wanted.replace(/(version 20h2 for )x64/, '$1arm64');
    return [...(held.get(wanted) ?? []), ...(sibling === wanted ? [] : (held.get(sibling) ?? []))];
  };
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}

function systemOf(product: string): string | undefined {
  const name = plain(product).replace(/^microsoft windows (?!hyperlink)/, 'windows ');
  const on = name.lastIndexOf(' on ');
  if (on < 0) return name;
  const isPart =
    /^(internet explorer|microsoft edge|adobe flash player|jscript|vbscript|microsoft xml core|microsoft windows hyperlink)/;
  return isPart.test(name) ? name.slice(on + 4).replace(/^microsoft windows /, 'windows ') : undefined;
}

/** Secure boot and recovery, and what replaces them: not held by the monthly update, whatever build they name. */
const STANDALONE = new Set(
  '4524244 4535680 5012170 5034439 5034440 5034441 5042320 5042321 5042322 5046398 5046399 5046400'.split(
    ' ',
  ),
);

/**
 * The updates to be installed on a system with `installed` ones at `build`, by the plainest search: closure over the
 * supersedence; where rows name builds, a build that is reached holds what has a lower one; any update that fixes a CVE is
 * enough; of the missing ones those that no other missing one replaces, where something is still open.
 */
export function missingUpdates(
  all: readonly RawRow[],
  installed: readonly string[],
  build: string,
): readonly string[] {
  // Some records name a product with the build of another: that update is not for this one.
  const rows = all.filter((row) => build === '' || row.build === '' || sameLine(row.build, build));
  const below = new Map<string, Set<string>>();
  const revisions = new Map<string, number>();
  for (const row of rows) {
    const held = below.get(row.update) ?? new Set();
    for (const number of row.supersedes) held.add(number);
    below.set(row.update, held);
    const isOwn = build === '' || STANDALONE.has(row.update) ? false : sameLine(row.build, build);
    if (isOwn) revisions.set(row.update, Number(row.build.split('.')[3]));
  }
  const closure = (start: Iterable<string>): Set<string> => {
    const found = new Set(start);
    for (const number of found) for (const next of below.get(number) ?? []) found.add(next);
    return found;
  };
  const hotpatches = new Set(rows.filter((row) => row.isHotpatch).map((row) => row.update));
  const reached = Math.max(
    Number(build.split('.')[3] ?? -1),
    ...installed.map((number) => revisions.get(number) ?? -1),
  );
  const there = closure([
    ...installed,
    ...[...revisions].filter(([, revision]) => revision <= reached).map(([number]) => number),
  ]);
  const missing = [...below.keys()].filter((number) => !there.has(number) && !hotpatches.has(number));
  const holds = (number: string): Set<string> => {
    const revision = revisions.get(number) ?? -1;
    const lower = [...revisions].filter(
      ([other, own]) => !hotpatches.has(other) && revision >= 0 && own < revision,
    );
    return closure([number, ...lower.map(([other]) => other)]);
  };
  const held = new Map(missing.map((number) => [number, holds(number)]));
  const fixed = new Set(rows.filter((row) => there.has(row.update)).map((row) => row.cve));
  const open = rows.filter((row) => row.cve !== '' && !fixed.has(row.cve));
  return missing
    .filter((number) => {
      const own = held.get(number) ?? new Set();
      const isReplaced = missing.some(
        (other) => other !== number && held.get(other)?.has(number) === true && !own.has(other),
      );
      return !isReplaced && open.some((row) => own.has(row.update));
    })
    .sort();
}

/** Releases that one update serves count their builds together. */
function sameLine(a: string, b: string): boolean {
  const line = (build: string): string =>
    ({
      '18363': '18362',
      '19042': '19041',
      '19043': '19041',
      '19044': '19041',
      '19045': '19041',
      '22631': '22621',
    })[build.split('.')[2] ?? ''] ??
    build.split('.')[2] ??
    '';
  return /^10\.0\.\d{5}\.\d+$/.test(a) && b.startsWith('10.0.') && line(a) === line(b);
}
