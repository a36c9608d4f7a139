import type { Advisory } from './advisory.ts';

/**
 * What reading advisory files yields, item by item. A reader never throws for a bad record: it yields a `problem` and
 * goes on. `feed` names the scope: an OSV file adds or replaces by id within `osv`; a file that is a whole list opens
 * with a `list` item and replaces everything held of its feed.
 *
 * Feeds: `osv`, `debian-dsa`, `debian-dla`, `debian-tracker`, `alpine-secdb:<release>/<repository>`, `notus:<system
 * key>[/<arch>]`, `updateinfo:<system key>/<collection>`, `oval:<system key>`, `csaf`, `cvrf`, `ubuntu-usn`, `ubuntu-cve`,
 * `almalinux-errata`, `msrc`, `wesng`, `wesng-custom`, `redhat-cve`, `cve` (what a CVE alone is worth), `known-exploited`, `epss`, `nodejs-core`,
 * `nodejs-npm`, `retire-js`; and, like `osv`, by record: `wordfence`, `friends-of-php`, `victims`.
 */
export type FeedItem =
  | { readonly kind: 'list'; readonly feed: string; readonly publishedAt: number | undefined }
  | { readonly kind: 'advisory'; readonly feed: string; readonly advisory: Advisory }
  | {
      /** A record that is no longer to be held, or not at all; `reason` says why. */
      readonly kind: 'withdrawn';
      readonly feed: string;
      readonly id: string;
      readonly modified: number | undefined;
      readonly reason: WithdrawnReason;
    }
  | {
      /** So many records (rows) that are not to be held and have no id of their own. */
      readonly kind: 'not-held';
      readonly feed: string;
      readonly reason: WithdrawnReason;
      readonly count: number;
    }
  | { readonly kind: 'known-exploited'; readonly entry: KnownExploited }
  | { readonly kind: 'exploit-probability'; readonly cve: string; readonly probability: number }
  | { readonly kind: 'problem'; readonly where: string; readonly problem: string };

/**
 * Why nothing is held of a record. `withdrawn`: its database took it back. `no-vulnerability`: a bug-fix or enhancement
 * notice that names no CVE. `live-patch`: a fix of the running kernel, whose packages have a notice of their own.
 * `other-ecosystem`: it concerns nothing that a server reports. `no-release`: it names a distribution without a release.
 * `no-versions`: it names no affected version. `not-affected`: it only says what does not have the flaw. `no-score`: it is
 * about a CVE alone and scores nothing. `other-product`: of Microsoft's, and no
 * part of Windows. `no-update`: it names no update that could be installed.
 */
export type WithdrawnReason =
  | 'withdrawn'
  | 'no-vulnerability'
  | 'live-patch'
  | 'other-ecosystem'
  | 'no-release'
  | 'no-versions'
  | 'not-affected'
  | 'no-score'
  | 'other-product'
  | 'no-update';

/** One entry of the known-exploited catalogue (CISA KEV JSON). */
export interface KnownExploited {
  readonly cve: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
}

/** How far reading has come, for a progress bar. `bytesTotal` counts the files as they lie on disk. */
export interface ReadProgress {
  readonly file: string;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}
