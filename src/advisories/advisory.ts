import type { VersionScheme } from '../versions/scheme.ts';

/**
 * The common form of an advisory: what every feed is parsed into and what matching reads. The field names follow the
 * OSV schema (https://ossf.github.io/osv-schema/) where it has a word for the thing.
 */
export interface Advisory {
  /** The record's own id: `ALSA-2023:1405`, `DSA-5380-1`, `GHSA-…`, `BIT-tomcat-2025-24813`, `CVE-2023-1393`. */
  readonly id: string;
  /** CVE ids it names (id, aliases, upstream and related as its database uses them), in their order, without repeats. */
  readonly cves: readonly string[];
  /** Other ids of the same problem that are not CVEs. */
  readonly aliases: readonly string[];
  /** One line for people; empty where the record has none. */
  readonly summary: string;
  /** Milliseconds since 1970; undefined where the record does not say. */
  readonly published: number | undefined;
  readonly modified: number | undefined;
  /** CVSS vectors as published. */
  readonly severities: readonly Severity[];
  /** The vendor's own word, normalised; undefined where it gives none. */
  readonly word: SeverityWord | undefined;
  /** Empty: the record only says what one CVE is worth (NVD, CVE 5), wherever that CVE is listed. */
  readonly affected: readonly AffectedPackage[];
  readonly url: string;
  /** Copyright notice and licence that every copy of the record has to keep, together with `url`; absent where none is asked for. */
  readonly notice?: string;
}

export type SeverityWord = 'critical' | 'high' | 'medium' | 'low';

export interface Severity {
  readonly type: 'CVSS_V2' | 'CVSS_V3' | 'CVSS_V4';
  readonly vector: string;
}

/** Which versions of one package an advisory concerns. */
export interface AffectedPackage {
  /** System key (`almalinux:8`) or application ecosystem, spelled as on a `Package`. */
  readonly ecosystem: string;
  readonly name: string;
  /** Whether `name` is a source or a binary package: what the vendor publishes by. Applications: `binary`. */
  readonly matchOn: 'source' | 'binary';
  readonly scheme: VersionScheme;
  /** Affected if inside any range or listed in `versions`. */
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
  /** Only these architectures; empty: any. */
  readonly architectures: readonly string[];
  /** Only packages of this module stream (`nodejs:18`); empty: the record does not say. */
  readonly module: string;
  /** The pocket the fix lives in where it is not the ordinary one: `esm`, `fips`; else empty. */
  readonly pocket: string;
  /** Of a Windows product: the update that is to be installed. Then no versions are compared: see matching/windows.ts. */
  readonly update?: WindowsUpdate;
}

/** What installing one update does on one Windows product. */
export interface WindowsUpdate {
  /** `KB5053594`. */
  readonly number: string;
  /** The part of the system it is for (`Internet Explorer 11`, `Microsoft .NET Framework 3.5 AND 4.8`); empty: the system itself. */
  readonly component: string;
  /** What it fixes on this product by its own record; what it replaces comes on top. */
  readonly cves: readonly string[];
  /** Updates it replaces, by its own record. */
  readonly supersedes: readonly string[];
  /** The system's build with it installed; empty where the record does not say. */
  readonly build: string;
  /** For systems that take hotpatches instead of the ordinary update: it fixes, but nobody else can install it. */
  readonly isHotpatch: boolean;
}

/** From `introduced` (empty: from the first version) to before `fixed`, or up to and with `lastAffected`; neither: no fix is known. */
export interface VersionRange {
  readonly introduced: string;
  readonly fixed: string;
  readonly lastAffected: string;
}
