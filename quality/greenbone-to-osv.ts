/**
 * Turns records of `data/advisories/greenbone/*.jsonl` into OSV, so that the quality command and tests can import them
 * like any other advisories. The records are in no vendor's format and are used nowhere else.
 */
import { isJsonObject, type JsonObject, listField, stringField } from '../src/archive/json-guard.ts';

/** An OSV record made from one or more records of one advisory. */
export interface ConvertedRecord {
  readonly schema_version: '1.7.0';
  readonly id: string;
  readonly modified: string;
  readonly summary: string;
  upstream: readonly string[];
  severity: readonly { readonly type: 'CVSS_V2' | 'CVSS_V3'; readonly score: string }[];
  affected: readonly ConvertedPackage[];
  readonly references: readonly { readonly type: 'ADVISORY'; readonly url: string }[];
}

interface ConvertedPackage {
  readonly package: { readonly ecosystem: string; readonly name: string };
  readonly ranges: readonly [
    {
      readonly type: 'ECOSYSTEM';
      readonly events: readonly [{ readonly introduced: '0' }, { readonly fixed: string }];
    },
  ];
  /** These records name binary packages, where OSV names sources for Debian and Ubuntu. */
  readonly ecosystem_specific: { readonly parapet_match_on: 'binary' };
}

export interface Conversion {
  readonly records: readonly ConvertedRecord[];
  /** Fixed packages left out, by the release code that has no ecosystem. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** Converts records, parsed from JSON; records of one id (CentOS has one a test) become one. */
export function greenboneToOsv(records: Iterable<unknown>): Conversion {
  const byId = new Map<string, ConvertedRecord>();
  const leftOut = new Map<string, number>();
  for (const record of records) {
    if (!isJsonObject(record)) continue;
    const converted = convert(record, leftOut);
    const known = byId.get(converted.id);
    if (known === undefined) {
      byId.set(converted.id, converted);
      continue;
    }
    known.affected = [...known.affected, ...converted.affected];
    known.upstream = [...new Set([...known.upstream, ...converted.upstream])];
    known.severity = [...known.severity, ...converted.severity];
  }
  return { records: [...byId.values()], leftOut };
}

function convert(record: JsonObject, leftOut: Map<string, number>): ConvertedRecord {
  const severity: ConvertedRecord['severity'][number][] = [];
  const v2 = stringField(record, 'cvss2_vector');
  const v3 = stringField(record, 'cvss3_vector');
  if (v2 !== '') severity.push({ type: 'CVSS_V2', score: v2 });
  if (v3 !== '') severity.push({ type: 'CVSS_V3', score: v3 });
  const affected: ConvertedPackage[] = [];
  for (const fix of listField(record, 'fixed')) {
    if (!isJsonObject(fix)) continue;
    const release = stringField(fix, 'release');
    const ecosystem = ecosystemOfRelease(release);
    if (ecosystem === undefined) leftOut.set(release, (leftOut.get(release) ?? 0) + 1);
    else affected.push(packageOf(ecosystem, fix));
  }
  return {
    schema_version: '1.7.0',
    id: stringField(record, 'id'),
    modified: `${stringField(record, 'modified')}T00:00:00Z`,
    summary: stringField(record, 'title'),
    upstream: listField(record, 'cves').filter((cve) => typeof cve === 'string'),
    severity,
    affected,
    references: [{ type: 'ADVISORY', url: stringField(record, 'url') }],
  };
}

function packageOf(ecosystem: string, fix: JsonObject): ConvertedPackage {
  return {
    package: { ecosystem, name: stringField(fix, 'package') },
    ranges: [
      { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: stringField(fix, 'fixed_version') }] },
    ],
    ecosystem_specific: { parapet_match_on: 'binary' },
  };
}

/**
 * The ecosystem as OSV names it, or ours for EulerOS, CentOS and Amazon Linux; undefined for a release code of no known
 * form. `EULEROS-2.0SP9` is aarch64 from SP9 on, where x86_64 has a code of its own.
 */
export function ecosystemOfRelease(release: string): string | undefined {
  const [, debian] = /^DEB(\d+)$/.exec(release) ?? [];
  if (debian !== undefined) return `Debian:${debian}`;
  const [, ubuntu, lts] = /^UBUNTU(\d{2}\.\d{2})( LTS)?$/.exec(release) ?? [];
  if (ubuntu !== undefined) return `Ubuntu:${ubuntu}${lts === undefined ? '' : ':LTS'}`;
  const [, centos] = /^CentOS(\d+)$/.exec(release) ?? [];
  if (centos !== undefined) return `CentOS:${centos}`;
  if (release === 'AMAZON') return 'Amazon:1';
  const [, virtualArm, virtual] = /^EULEROSVIRT(ARM64)?-([\d.]+)$/.exec(release) ?? [];
  if (virtual !== undefined)
    return `EulerOS:Virtualization ${virtual}${virtualArm === undefined ? '' : '(aarch64)'}`;
  const [, euler, pack, x86] = /^EULEROS-(\d+\.\d+SP(\d+))(-x86_64)?$/.exec(release) ?? [];
  if (euler === undefined) return undefined;
  if (Number(pack) < 9) return `EulerOS:${euler}`;
  return `EulerOS:${euler}(${x86 === undefined ? 'aarch64' : 'x86_64'})`;
}
