import { join } from 'node:path';
import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../src/archive/json-guard.ts';
import type { Package } from '../src/inventory/package.ts';
import type { System } from '../src/inventory/system.ts';
import { systemFromName } from '../src/inventory/system-from-name.ts';
import { judgeTruth } from './judge-truths.ts';
import { AdvisoryLibrary, itemsOfOsv } from './library.ts';
import { osvEcosystemOf } from './osv-names.ts';
import { jsonOf, textsUnder } from './texts.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'wazuh-qa';
/** `…Analyzing CVE: CVE-2023-34966 - Package 'libldb2' (2:2.6.2) is VULNERABLE - Installed version is LOWER to … '2:2.6.3'`. */
const DECISION =
  /Analyzing CVE: (\S+) - Package '([^']+)' \(([^)]*)\) is (VULNERABLE|NOT vulnerable) - (?:.*?'([^']*)'$|Default status)/;

interface Decision {
  readonly cve: string;
  readonly name: string;
  readonly version: string;
  readonly isAffected: boolean;
  /** The bound that was compared with; undefined: affected whatever the version. */
  readonly bound: string | undefined;
}

/**
 * Decisions expected of a scanner, with the bounds it had. They are judged by the records that are loaded, else by a record
 * made of the bound: then the truth is about which of two versions is the later one.
 */
export async function judgeWazuh(data: string, library: AdvisoryLibrary, findings: Findings): Promise<void> {
  const texts = new Map<string, string>();
  for (const path of [`${SOURCE}.tar.gz`, SOURCE]) {
    for await (const { name, text } of textsUnder(join(data, 'ground-truth', path))) texts.set(name, text);
  }
  for (const [name, text] of texts) {
    const input = texts.get(name.replace(/expected(_\d+\.json)$/, 'input$1'));
    if (!/expected_\d+\.json$/.test(name) || input === undefined) continue;
    const scan = jsonOf(input);
    const lines = jsonOf(text);
    if (!isJsonObject(scan) || !Array.isArray(lines)) continue;
    const decisions = lines.flatMap((line) => (typeof line === 'string' ? decisionOf(line) : []));
    await judgeDecisions(name.split('/').slice(-2).join('/'), scan, decisions, { library, findings });
  }
}

function decisionOf(line: string): readonly Decision[] {
  const [, cve, name, version, word, bound] = DECISION.exec(line) ?? [];
  if (cve === undefined || name === undefined || version === undefined) return [];
  return [{ cve, name, version, isAffected: word === 'VULNERABLE', bound: bound?.replace(/^0:/, '') }];
}

async function judgeDecisions(
  subject: string,
  scan: JsonObject,
  decisions: readonly Decision[],
  { library, findings }: { readonly library: AdvisoryLibrary; readonly findings: Findings },
): Promise<void> {
  const start = objectField(scan, 'Start') ?? {};
  const system = systemFromName(stringField(start, 'osplatform'), stringField(start, 'osversion'));
  const ecosystem = system === undefined ? undefined : osvEcosystemOf(system);
  if (system === undefined || ecosystem === undefined) {
    findings.leaveOut(SOURCE, `no feed is read for ${stringField(start, 'osname')}`, decisions.length);
    return;
  }
  const own = await AdvisoryLibrary.of(itemsOfOsv(decisions.map((one) => recordOf(one, ecosystem))));
  for (const { cve, name, version, isAffected } of decisions) {
    const pkg = packageOf(scan, name, version, system);
    const truth = { source: SOURCE, subject, kind: 'linux_vul' as const, pkg, about: [cve], isAffected };
    const judged = judgeTruth(truth, library) ?? judgeTruth(truth, own);
    if (judged === undefined) findings.leaveOut(SOURCE, 'no record could be made of the decision');
    else findings.addCase(judged);
  }
}

function recordOf({ cve, name, bound }: Decision, ecosystem: string): object {
  const fixed = bound === undefined ? [] : [{ fixed: bound }];
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...fixed] }];
  return { id: cve, modified: '2000-01-01T00:00:00Z', affected: [{ package: { ecosystem, name }, ranges }] };
}

/** The package as the scan was given it, with its source where it says. */
function packageOf(scan: JsonObject, name: string, version: string, { key }: System): Package {
  const found = listField(scan, 'data_values')
    .map((item) =>
      isJsonObject(item) ? objectField(objectField(item, 'payload') ?? {}, 'package') : undefined,
    )
    .find(
      (pkg) =>
        pkg !== undefined && stringField(pkg, 'name') === name && stringField(pkg, 'version') === version,
    );
  const source = stringField(found ?? {}, 'source').trim() || name;
  const bare = version.replace(/\.(?:x86_64|aarch64|noarch)$/, '');
  return {
    ecosystem: key,
    name,
    version: bare,
    arch: '',
    source,
    sourceVersion: bare,
    module: '',
    origin: '',
  };
}
