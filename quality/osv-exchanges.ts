import { join } from 'node:path';
import { ecosystemTarget } from '../src/advisories/feeds/osv-ecosystem.ts';
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
import { judgeTruth } from './judge-truths.ts';
import type { AdvisoryLibrary } from './library.ts';
import { textsUnder, yamlOf } from './texts.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'osv-scanner-source';

/** One question to the OSV service and its answer: the ids of the records that concern a package at a version. */
interface Exchange {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly ids: readonly string[];
}

/** Questions and answers recorded with the OSV service. An id of the answer is a truth; so is one of its database that is not. */
export async function judgeOsvExchanges(
  data: string,
  library: AdvisoryLibrary,
  findings: Findings,
): Promise<void> {
  const exchanges = new Map<string, Exchange>();
  const isRecording = (name: string): boolean => /\.ya?ml$/.test(name);
  for (const path of [`${SOURCE}.tar.gz`, SOURCE]) {
    for await (const { text } of textsUnder(join(data, 'ground-truth', path), isRecording)) {
      for (const one of exchangesIn(text)) {
        exchanges.set([one.ecosystem, one.name, one.version].join('\n'), one);
      }
    }
  }
  const databases = databasesOf(exchanges.values());
  for (const exchange of exchanges.values()) judgeExchange(exchange, databases, library, findings);
}

function* exchangesIn(text: string): Generator<Exchange> {
  const document = yamlOf(text);
  if (!isJsonObject(document)) return;
  for (const interaction of listField(document, 'interactions')) {
    if (!isJsonObject(interaction)) continue;
    const asked = bodyOf(interaction, 'request');
    const answered = bodyOf(interaction, 'response');
    if (asked === undefined || answered === undefined) continue;
    const results = listField(answered, 'results');
    for (const [at, query] of listField(asked, 'queries').entries()) {
      const result = results[at];
      if (!isJsonObject(query) || !isJsonObject(result)) continue;
      // An answer that goes on elsewhere is not whole.
      if (stringField(result, 'next_page_token') !== '') continue;
      const pkg = objectField(query, 'package') ?? {};
      yield {
        ecosystem: stringField(pkg, 'ecosystem'),
        name: stringField(pkg, 'name'),
        version: stringField(query, 'version'),
        ids: listField(result, 'vulns').flatMap((vuln) =>
          isJsonObject(vuln) ? [stringField(vuln, 'id')] : [],
        ),
      };
    }
  }
}

function bodyOf(interaction: JsonObject, side: 'request' | 'response'): JsonObject | undefined {
  const body = parseJson(stringField(objectField(interaction, side) ?? {}, 'body'));
  return body.ok && isJsonObject(body.value) ? body.value : undefined;
}

/** Databases that answer for an ecosystem, by the prefix of their ids: only their silence means something. */
function databasesOf(exchanges: Iterable<Exchange>): ReadonlySet<string> {
  const databases = new Set<string>();
  for (const { ecosystem, ids } of exchanges) {
    for (const id of ids) databases.add(databaseOf(ecosystem, id));
  }
  return databases;
}

function databaseOf(ecosystem: string, id: string): string {
  return `${ecosystem.split(':')[0]} ${/^[A-Z]+/.exec(id)?.[0] ?? id}`;
}

function judgeExchange(
  exchange: Exchange,
  databases: ReadonlySet<string>,
  library: AdvisoryLibrary,
  findings: Findings,
): void {
  const packages = packagesOf(exchange);
  if (packages.length === 0) {
    findings.leaveOut(SOURCE, 'an ecosystem that no server reports, or no version', exchange.ids.length);
    return;
  }
  for (const pkg of packages) {
    const kind = isApplicationEcosystem(pkg.ecosystem) ? ('app_vul' as const) : ('linux_vul' as const);
    const common = { source: SOURCE, subject: exchange.ecosystem, kind, pkg };
    const records = recordsOf(pkg, library);
    const told = new Set(exchange.ids.flatMap((id) => library.namesOf(id)));
    for (const id of exchange.ids) {
      // A record of another database that answers here too is a fact of its own: its silence or its id decides.
      const known = library
        .namesOf(id)
        .filter(
          (name) =>
            name === id || (records.has(name) && !databases.has(databaseOf(exchange.ecosystem, name))),
        );
      const isThere = known.some((name) => records.has(name));
      const judged = isThere ? judgeTruth({ ...common, about: known, isAffected: true }, library) : undefined;
      if (judged !== undefined) findings.addCase(judged);
      else findings.leaveOut(SOURCE, `no record of ${pkg.ecosystem} with the id that was answered`);
    }
    for (const id of records) {
      if (told.has(id) || !databases.has(databaseOf(exchange.ecosystem, id))) continue;
      const judged = judgeTruth({ ...common, about: [id], isAffected: false }, library);
      if (judged !== undefined) findings.addCase(judged);
    }
  }
}

/** Ids of the records about the package. The service knows packages of Debian, Ubuntu and Alpine by their sources alone. */
function recordsOf(pkg: Package, library: AdvisoryLibrary): ReadonlySet<string> {
  const isBySource = /^(?:debian|ubuntu|alpine):/.test(pkg.ecosystem);
  const records = library
    .candidatesOf(pkg)
    .filter(({ affected }) => !isBySource || affected.matchOn === 'source');
  return new Set(records.map(({ advisoryId }) => advisoryId));
}

function packagesOf({ ecosystem, name, version }: Exchange): readonly Package[] {
  const target = version === '' ? 'other' : ecosystemTarget(ecosystem, version);
  if (typeof target === 'string') return [];
  return target.ecosystems.map((key) => {
    const found = isApplicationEcosystem(key) ? applicationPackage(key, name, version) : { name, version };
    const same = { source: found.name, sourceVersion: found.version };
    return {
      ecosystem: key,
      name: found.name,
      version: found.version,
      arch: '',
      ...same,
      module: '',
      origin: '',
    };
  });
}
