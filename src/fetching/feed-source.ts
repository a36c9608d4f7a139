/** What a feed is before it is fetched: who publishes it, where its files lie, and which systems it speaks of. */

/** One file of a feed, by its publisher's URL. */
export interface FeedFile {
  readonly url: string;
  /** What it is known by from one version to the next: its URL, unless that changes with each. */
  readonly id: string;
  /** The publisher's word on its version where an index tells one; empty: only asking tells whether it changed. */
  readonly stamp: string;
  /** A file that need not be there: a repository that a release does not have. */
  readonly isOptional: boolean;
  readonly sha256?: string;
}

/**
 * Where the files of a feed lie. `file`: one. `index`: those that an index names; `list` reads it (its text, its URL) and
 * throws a `DownloadFailure` where it names none; with `isFixed` a file never changes once it is listed, unless its stamp does.
 * `repository`: the advisories of an rpm repository (`updateinfo`), at the URL of the repository or of a list of its mirrors, of which the first on the
 * same host counts; the checksum is the repository's.
 */
export type FeedFiles =
  | { readonly kind: 'file'; readonly url: string; readonly sha256Url?: string }
  | {
      readonly kind: 'index';
      readonly url: string;
      readonly isFixed: boolean;
      readonly list: (text: string, url: string) => readonly FeedFile[];
    }
  | { readonly kind: 'repository'; readonly url: string };

export interface FeedSource {
  /** The name by which it is configured: lower-case letters, digits, `-` and `.`. */
  readonly name: string;
  readonly title: string;
  readonly publisher: string;
  readonly files: FeedFiles;
  /** What its files are, for people. */
  readonly format: string;
  /** The terms under which its publisher gives it. */
  readonly licence: string;
  /** What it speaks of, for people. */
  readonly covers: string;
  /**
   * Ecosystems (design.md: system keys and application ecosystems) that it answers for: one that ends in `:` is every release of that family. `*`:
   * whatever is installed.
   */
  readonly ecosystems: readonly string[];
  /** Whether `auto` leaves it out because another feed of the catalogue says the same. */
  readonly isAlternative: boolean;
  /** Largest file of it, in bytes. */
  readonly bytesMax: number;
  /** Named by the operator with a URL of theirs: fetched from there whatever the mirrors. */
  readonly isOwn: boolean;
}

/** Whether `source` answers for an ecosystem that is installed somewhere. */
export function answersFor(source: FeedSource, ecosystem: string): boolean {
  return source.ecosystems.some(
    (one) => one === '*' || one === ecosystem || (one.endsWith(':') && ecosystem.startsWith(one)),
  );
}
