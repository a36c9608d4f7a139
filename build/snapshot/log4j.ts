/** The one record of the snapshot about Maven packages: CVE-2021-44228 by its CVE record (schema 5), re-recorded as an advisory. */
import { readFileSync } from 'node:fs';
import type { Advisory, VersionRange } from '../../src/advisories/advisory.ts';
import { firstLine, timeOf } from '../../src/advisories/record-text.ts';
import { parseJson } from '../../src/archive/json-guard.ts';
import { listField, recordField, textField } from '../../src/inventory/json-fields.ts';

const FILE =
  'vendor-formats/log4shell/vulnfeeds__test_data__cvelistV5__cves__2021__44xxx__CVE-2021-44228.json';

/** The advisory, with the ranges that the record's list of changes between affected and unaffected spells out. */
export function log4jAdvisory(data: string): Advisory {
  const parsed = parseJson(readFileSync(`${data}/${FILE}`, 'utf8'));
  if (!parsed.ok) throw new Error(`${FILE} ${parsed.problem}`);
  const about = recordField(parsed.value, 'cveMetadata');
  const container = recordField(recordField(parsed.value, 'containers'), 'cna');
  const [product] = listField(container, 'affected');
  const [versions] = listField(product, 'versions');
  const id = textField(about, 'cveId');
  return {
    id,
    cves: [id],
    aliases: [],
    summary: firstLine(textField(container, 'title')),
    published: timeOf(textField(about, 'datePublished')),
    modified: timeOf(textField(about, 'dateUpdated')),
    severities: [],
    word: 'critical',
    affected: [
      {
        ecosystem: 'Maven',
        name: 'org.apache.logging.log4j:log4j-core',
        matchOn: 'binary',
        scheme: 'maven',
        ranges: rangesOf(versions),
        versions: [],
        architectures: [],
        module: '',
        pocket: '',
      },
    ],
    url: `https://www.cve.org/CVERecord?id=${id}`,
  };
}

function rangesOf(versions: unknown): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  let introduced: string | undefined = textField(versions, 'version');
  for (const change of listField(versions, 'changes')) {
    const at = textField(change, 'at');
    if (textField(change, 'status') === 'affected') introduced = at;
    else if (introduced !== undefined) {
      ranges.push({ introduced, fixed: at, lastAffected: '' });
      introduced = undefined;
    }
  }
  if (ranges.length === 0 || introduced !== undefined)
    throw new Error(`${FILE}: its changes are not as expected`);
  return ranges;
}
