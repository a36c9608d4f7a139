import { join } from 'node:path';
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  parseJson,
  stringField,
} from '../src/archive/json-guard.ts';
import { isApplicationEcosystem, type Package } from '../src/inventory/package.ts';
import { applicationPackage } from '../src/inventory/purl.ts';
import { systemFromName } from '../src/inventory/system-from-name.ts';
import { judgeTruth } from './judge-truths.ts';
import { AdvisoryLibrary, itemsOfOsv } from './library.ts';
import { APPLICATION_NAMES, osvEcosystemOf } from './osv-names.ts';
import { textsUnder } from './texts.ts';
import type { Findings } from './truth.ts';
import { osvRanges, type WrittenRange, writtenRange } from './version-ranges.ts';

const SOURCE = 'grype-matcher-db';
/** A version below any that is released; `0` is one in every scheme. */
const LOWEST = '0';

/** What one record says of one package: what is affected, and versions of which it is certain. */
interface Statement {
  readonly id: string;
  readonly ecosystem: string;
  /** As Parapet keys it. */
  readonly key: string;
  readonly name: string;
  readonly ranges: WrittenRange[];
}

/**
 * The small databases of a matcher's tests. They come without inventories, so the truths are what a record says at its own
 * bounds: the version that fixes is not affected, the first affected and the last are, and without a fix every one is.
 */
export async function judgeGrypeDb(data: string, findings: Findings): Promise<void> {
  const statements = new Map<string, Statement>();
  const isResult = (name: string): boolean => name.includes('/results/') && name.endsWith('.json');
  for (const path of [`${SOURCE}.tar.gz`, SOURCE]) {
    for await (const { text } of textsUnder(join(data, 'ground-truth', path), isResult)) {
      const parsed = parseJson(text);
      const item = parsed.ok && isJsonObject(parsed.value) ? objectField(parsed.value, 'item') : undefined;
      const found = item === undefined ? 'a record without an item' : statementsOf(item);
      if (typeof found === 'string') findings.leaveOut(SOURCE, found);
      else for (const one of found) unite(statements, one);
    }
  }
  const all = [...statements.values()];
  const library = await AdvisoryLibrary.of(itemsOfOsv(recordsOf(all)));
  for (const statement of all) judgeStatement(statement, library, findings);
}

function unite(statements: Map<string, Statement>, statement: Statement): void {
  const key = [statement.id, statement.ecosystem, statement.name].join('\n');
  const held = statements.get(key);
  if (held === undefined) statements.set(key, statement);
  else held.ranges.push(...statement.ranges);
}

function statementsOf(item: JsonObject): readonly Statement[] | string {
  const os = objectField(item, 'Vulnerability');
  const advisory = objectField(item, 'Advisory');
  if (advisory !== undefined) return advisoryStatements(advisory);
  if (os === undefined || stringField(os, 'Name') === '')
    return 'a record of another form (OSV, NVD, VEX, end of life)';
  const found: Statement[] = [];
  for (const fix of listField(os, 'FixedIn')) {
    if (!isJsonObject(fix)) continue;
    const [family = '', release = ''] = stringField(fix, 'NamespaceName').split(':');
    const system = systemFromName(family, release.replace(/\+esm$/, ''));
    const ordinary = system === undefined ? undefined : osvEcosystemOf(system);
    if (system === undefined || ordinary === undefined) return `no feed is read for ${family}`;
    const ecosystem = release.endsWith('+esm') ? `Ubuntu:Pro:${system.release}:LTS` : ordinary;
    const version = stringField(fix, 'Version').replace(/^0:/, '');
    const range =
      version === 'None' || version === '' ? { introduced: '0' } : { introduced: '0', fixed: version };
    const name = stringField(fix, 'Name');
    found.push({ id: stringField(os, 'Name'), ecosystem, key: system.key, name, ranges: [range] });
  }
  return found;
}

function advisoryStatements(advisory: JsonObject): readonly Statement[] | string {
  const found: Statement[] = [];
  for (const fix of listField(advisory, 'FixedIn')) {
    if (!isJsonObject(fix)) continue;
    const ecosystem = APPLICATION_NAMES.get(stringField(fix, 'ecosystem'));
    if (ecosystem === undefined) return `no feed is read for ${stringField(fix, 'ecosystem')}`;
    const range = writtenRange(stringField(fix, 'range'));
    const id = stringField(advisory, 'ghsaId');
    found.push({ id, ecosystem, key: ecosystem, name: stringField(fix, 'name'), ranges: [range] });
  }
  return found;
}

/** One record an id, as databases write it: a pocket with a fix stands beside the one without. */
function recordsOf(statements: readonly Statement[]): readonly object[] {
  const byId = new Map<string, object[]>();
  for (const { id, ecosystem, name, ranges } of statements) {
    const affected = { package: { ecosystem, name }, ranges: osvRanges(ranges) };
    const held = byId.get(id);
    if (held === undefined) byId.set(id, [affected]);
    else held.push(affected);
  }
  return [...byId].map(([id, affected]) => ({ id, modified: '2000-01-01T00:00:00Z', affected }));
}

function judgeStatement(
  { id, key, name, ranges }: Statement,
  library: AdvisoryLibrary,
  findings: Findings,
): void {
  const certain = new Map<string, boolean>();
  for (const { introduced, fixed, lastAffected } of ranges) {
    if (lastAffected !== undefined) certain.set(lastAffected, true);
    if (introduced !== '0' || fixed === undefined)
      certain.set(introduced === '0' ? LOWEST : introduced, true);
  }
  // A version that fixes one line may be where another begins to be affected.
  for (const { fixed } of ranges) if (fixed !== undefined && !certain.has(fixed)) certain.set(fixed, false);
  for (const [version, isAffected] of certain) {
    const kind = isApplicationEcosystem(key) ? ('app_vul' as const) : ('linux_vul' as const);
    const truth = {
      source: SOURCE,
      subject: id,
      kind,
      pkg: packageOf(key, name, version),
      about: [id],
      isAffected,
    };
    const judged = judgeTruth(truth, library);
    if (judged === undefined) findings.leaveOut(SOURCE, 'the record could not be read');
    else findings.addCase(judged);
  }
}

function packageOf(key: string, name: string, version: string): Package {
  const found = isApplicationEcosystem(key) ? applicationPackage(key, name, version) : { name, version };
  const source = { source: found.name, sourceVersion: found.version };
  return {
    ecosystem: key,
    name: found.name,
    version: found.version,
    arch: '',
    ...source,
    module: '',
    origin: '',
  };
}
