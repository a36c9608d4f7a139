/** What the values of settings may be: each function reads one text and returns undefined where it breaks the rule. */
import { isIP } from 'node:net';

/** One setting: how it is named, what it may be, and what it means. The texts are those of `docs/config.md`. */
export interface ConfigField<T> {
  readonly variable: string;
  /** The default as text, read by the same rule as a given value; absent: the setting is undefined unless given. */
  readonly default?: string;
  /** A secret's value is never shown, whether it is right or wrong. */
  readonly secret?: true;
  /** A path: relative ones start from the working folder (environment) or from the file's folder (file). */
  readonly path?: true;
  readonly limit: string;
  readonly meaning: string;
  /** The value, or undefined where `text` breaks the limit. */
  readonly parse: (text: string) => T | undefined;
}

export const PROJECT_NAME_LENGTH_MAX = 64;
export const FEEDS_MAX = 100;
export const TRUSTED_KEYS_MAX = 50;

/** Any text but none. */
export function parseText(text: string): string | undefined {
  return text === '' || text.includes('\0') ? undefined : text;
}

/** A whole number in digits, within bounds. */
export function parseInteger(text: string, min: number, max: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/** An IP address or a host name. */
export function parseHost(text: string): string | undefined {
  if (isIP(text) !== 0) return text;
  // RFC 1123 host names; one made of digits and dots alone is a mistyped address.
  const isName = text.length <= 253 && /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?$/.test(text);
  return isName && !/^[\d.]+$/.test(text) ? text : undefined;
}

/** Letters, digits and a few signs. */
export function parseProjectName(text: string): string | undefined {
  return /^[\p{L}\p{N}_.-]+$/u.test(text) && [...text].length <= PROJECT_NAME_LENGTH_MAX ? text : undefined;
}

/** A URL of PostgreSQL, also in libpq's form. */
export function parseDatabaseUrl(text: string): string | undefined {
  // A host-less URL with a user, `postgresql://user@/name?host=/socket/folder`, is libpq's form and no WHATWG URL.
  const canParse = URL.canParse(text) || URL.canParse(text.replace('@/', '@localhost/'));
  return /^postgres(?:ql)?:\/\//.test(text) && canParse ? text : undefined;
}

/** An http or https URL without user, query or fragment; without its last slash. */
export function parsePublicUrl(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) return undefined;
  return url.href.replace(/\/+$/, '');
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** Names of feeds, `auto`, and `name=URL`. */
export function parseFeeds(text: string): readonly string[] | undefined {
  const words = wordsOf(text);
  const isRight = (word: string): boolean => {
    const found = /^[a-z0-9][a-z0-9.-]{0,62}(?:=(\S+))?$/.exec(word);
    return found !== null && (found[1] === undefined || isFetchUrl(found[1]));
  };
  return words.length > 0 && words.length <= FEEDS_MAX && words.every(isRight) ? words : undefined;
}

/** `FROM=TO` entries. */
export function parseMirrors(
  text: string,
): readonly { readonly from: string; readonly to: string }[] | undefined {
  const mirrors: { from: string; to: string }[] = [];
  for (const word of wordsOf(text)) {
    const [, from = '', to = ''] = /^(\*|https?:\/\/[^\s=]+)=(https?:\/\/\S+)$/.exec(word) ?? [];
    if (from === '' || !isFetchUrl(to)) return undefined;
    mirrors.push({ from, to });
  }
  return mirrors.length === 0 ? undefined : mirrors;
}

/** Hosts in a list. */
export function parseHosts(text: string): readonly string[] | undefined {
  const words = wordsOf(text);
  return words.length > 0 && words.every((word) => parseHost(word) !== undefined) ? words : undefined;
}

/** Credentials have a file of their own: a URL is shown in logs and errors. */
function isFetchUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '';
}

/** Words of ed25519 public keys. */
export function parsePublicKeys(text: string): readonly string[] | undefined {
  const words = wordsOf(text);
  const isRight = words.every((word) => /^ed25519:[A-Za-z0-9_-]{43}$/.test(word));
  return words.length > 0 && words.length <= TRUSTED_KEYS_MAX && isRight ? words : undefined;
}
