import { isJsonObject, type JsonObject, listField, stringField } from '../../archive/json-guard.ts';
import { isModuleBuild } from '../../versions/module-build.ts';
import type { Advisory } from '../advisory.ts';
import { cvesOfIds } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { firstLine, idProblem, webAddress } from '../record-text.ts';
import { affectedByRpms, type RpmFix } from '../rpm-fixes.ts';
import { severityWordOf } from '../severity-word.ts';
import { moduleOfSummary } from './module-of-summary.ts';
import { ecosystemTarget } from './osv-ecosystem.ts';

/** AlmaLinux's errata of one release as its site serves them (`errata.full.json`): they add or replace by id. */
export const ALMALINUX_ERRATA_FEED = 'almalinux-errata';

/** Whether a parsed JSON value is a file of AlmaLinux's errata. */
export function isAlmaLinuxErrata(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || !Array.isArray(value['data'])) return false;
  const [first] = value['data'];
  return (
    isJsonObject(first) && /^AL[SBE]A-/.test(stringField(first, 'id')) && Array.isArray(first['packages'])
  );
}

/** An item for each erratum. The release is told by the address of its page, else by the builds of its packages. */
export function* parseAlmaLinuxErrata(errata: JsonObject, where: string): Generator<FeedItem> {
  for (const [index, erratum] of listField(errata, 'data').entries()) {
    const place = `${where}, erratum ${index + 1}`;
    const fault = isJsonObject(erratum) ? idProblem(stringField(erratum, 'id')) : 'is no object';
    if (!isJsonObject(erratum) || fault !== undefined) {
      yield { kind: 'problem', where: place, problem: fault ?? 'is no object' };
    } else yield* itemsOf(erratum, place);
  }
}

function* itemsOf(erratum: JsonObject, where: string): Generator<FeedItem> {
  const id = stringField(erratum, 'id');
  const references = listField(erratum, 'references').filter(isJsonObject);
  const page =
    references
      .map((reference) => stringField(reference, 'href'))
      .find((href) => href.includes('errata.almalinux.org')) ?? '';
  const fixes = fixesOf(erratum);
  const release =
    /errata\.almalinux\.org\/(\d+)\//.exec(page)?.[1] ??
    /[._]el(\d+)/.exec(fixes[0]?.version ?? '')?.[1] ??
    '';
  const target = ecosystemTarget(`AlmaLinux:${release}`, '');
  const cves = cvesOfIds(references.map((reference) => stringField(reference, 'id')));
  const modified = secondsOf(erratum['updated_date']);
  const problems: string[] = [];
  const affected = typeof target === 'string' ? [] : affectedByRpms(fixes, target, problems);
  for (const problem of problems) yield { kind: 'problem', where, problem: `${id} ${problem}` };
  const reason =
    cves.length === 0 && !id.startsWith('ALSA-')
      ? 'no-vulnerability'
      : typeof target === 'string'
        ? 'no-release'
        : affected.length === 0
          ? 'no-versions'
          : undefined;
  if (reason !== undefined) {
    yield { kind: 'withdrawn', feed: ALMALINUX_ERRATA_FEED, id, modified, reason };
    return;
  }
  const advisory: Advisory = {
    id,
    cves,
    aliases: [],
    summary: firstLine(stringField(erratum, 'title')),
    published: secondsOf(erratum['issued_date']),
    modified,
    severities: [],
    word: severityWordOf(stringField(erratum, 'severity')),
    affected,
    url: webAddress(page),
  };
  yield { kind: 'advisory', feed: ALMALINUX_ERRATA_FEED, advisory };
}

/** Module builds are of the module that the title names; of several it is not said which. */
function fixesOf(erratum: JsonObject): readonly RpmFix[] {
  const module = moduleOfSummary(stringField(erratum, 'title'));
  return listField(erratum, 'packages')
    .filter(isJsonObject)
    .map((pkg) => {
      const version = `${stringField(pkg, 'epoch') || '0'}:${stringField(pkg, 'version')}-${stringField(pkg, 'release')}`;
      return {
        name: stringField(pkg, 'name'),
        version,
        arch: stringField(pkg, 'arch'),
        module: isModuleBuild(version) ? module : '',
      };
    });
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 7e9 ? Math.round(value * 1000) : undefined;
}
