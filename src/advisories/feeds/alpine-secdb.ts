import {
  isJsonObject,
  type JsonObject,
  listField,
  objectField,
  stringField,
} from '../../archive/json-guard.ts';
import type { Advisory, AffectedPackage } from '../advisory.ts';
import { cveOfId, cvesInTexts } from '../cve.ts';
import type { FeedItem } from '../feed.ts';
import { sourceFixedIn } from '../fixed-in.ts';
import { isFieldText } from '../record-text.ts';

/** Whether a parsed YAML or JSON value is a file of Alpine's secdb: one repository of one release. */
export function isAlpineSecdb(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) && stringField(value, 'distroversion') !== '' && Array.isArray(value['packages'])
  );
}

/**
 * Reads one file of Alpine's secdb (`secfixes`: fixed version to CVEs; the version `0` says that the package never was
 * affected). Packages are source packages (origins). The list comes first; it carries no date of its own. Then an advisory
 * for each CVE, with every package of the file that fixes it, and for each problem without a CVE under the first id that
 * it has. A broken package or version is a `problem`.
 */
export function* parseAlpineSecdb(secdb: JsonObject, where: string): Generator<FeedItem> {
  const release = /^(?:v?(\d+\.\d+)|(edge))$/.exec(stringField(secdb, 'distroversion'));
  const system = release?.[1] ?? release?.[2];
  const repository = stringField(secdb, 'reponame');
  if (system === undefined || !/^[a-z0-9-]{1,40}$/.test(repository)) {
    yield {
      kind: 'problem',
      where,
      problem: 'is an Alpine secdb file without a known distroversion and reponame',
    };
    return;
  }
  const feed = `alpine-secdb:${system}/${repository}`;
  yield { kind: 'list', feed, publishedAt: undefined };
  const byId = new Map<string, AffectedPackage[]>();
  for (const [index, item] of listField(secdb, 'packages').entries()) {
    const pkg = isJsonObject(item) ? objectField(item, 'pkg') : undefined;
    const name = pkg === undefined ? '' : stringField(pkg, 'name');
    const secfixes = pkg === undefined ? undefined : objectField(pkg, 'secfixes');
    if (pkg === undefined || !isFieldText(name) || secfixes === undefined) {
      yield {
        kind: 'problem',
        where: `${where}, package ${index + 1}`,
        problem: 'has no name or no secfixes',
      };
      continue;
    }
    for (const [version, fixes] of Object.entries(secfixes)) {
      // YAML writes "no list" as nothing.
      const list = fixes === null || fixes === '' ? [] : fixes;
      if (!isFieldText(version) || !Array.isArray(list)) {
        yield {
          kind: 'problem',
          where: `${where}, package ${name}`,
          problem: 'has a fixed version without a list',
        };
      } else if (version !== '0') {
        addFixes(byId, list, sourceFixedIn({ ecosystem: `alpine:${system}`, name, scheme: 'apk' }, version));
      }
    }
  }
  for (const [id, affected] of byId) yield { kind: 'advisory', feed, advisory: advisoryOf(id, affected) };
}

/** An element is one problem under one or more ids: `CVE-2019-1`, `CVE-2019-1 XSA-300`, `CVE_2019-1`, `XSA-254`. */
function addFixes(
  byId: Map<string, AffectedPackage[]>,
  fixes: readonly unknown[],
  affected: AffectedPackage,
): void {
  const ids = new Set<string>();
  for (const fix of fixes) {
    if (typeof fix !== 'string') continue;
    const cves = cvesInTexts([fix.replaceAll('_', '-')]);
    const other = /[A-Za-z][\w.:-]{2,60}/.exec(fix)?.[0];
    for (const id of cves.length > 0 || other === undefined ? cves : [other]) ids.add(id);
  }
  for (const id of ids) {
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [affected]);
    else known.push(affected);
  }
}

function advisoryOf(id: string, affected: readonly AffectedPackage[]): Advisory {
  const cve = cveOfId(id);
  return {
    id,
    cves: cve === undefined ? [] : [cve],
    aliases: [],
    summary: '',
    published: undefined,
    modified: undefined,
    severities: [],
    word: undefined,
    affected,
    url: cve === undefined ? '' : `https://security.alpinelinux.org/vuln/${cve}`,
  };
}
