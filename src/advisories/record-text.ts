/** Longest id of a record taken, in characters. The longest real ones (`openSUSE-SU-2024:14492-1`) have some 30. */
export const ID_LENGTH_MAX_CHARS = 128;
/** Longest package name or version taken from a record, in characters; the same as for what an inventory may carry. */
export const FIELD_LENGTH_MAX_CHARS = 512;
/** Summaries are one line for people; longer ones are cut. */
export const SUMMARY_LENGTH_MAX_CHARS = 300;
/** Longest address kept, in characters; a longer one is dropped. */
export const URL_LENGTH_MAX_CHARS = 2_048;
/** Longest CVSS vector taken, in characters. A version 4 vector with every metric has some 200. */
export const VECTOR_LENGTH_MAX_CHARS = 300;

const TIME_MAX_MS = Date.UTC(2200, 0);

/** A time as a record writes it (RFC 3339 or a date), in ms since 1970; undefined for anything else, and outside 1970 to 2200. */
export function timeOf(text: string): number | undefined {
  if (text.length > 40 || !/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const time = Date.parse(text);
  return time >= 0 && time < TIME_MAX_MS ? time : undefined;
}

/** Says why a text cannot be the id of a record, or undefined. */
export function idProblem(id: string): string | undefined {
  if (id === '') return 'has no id';
  if (id.length > ID_LENGTH_MAX_CHARS) return `has an id of more than ${ID_LENGTH_MAX_CHARS} characters`;
  return /[\u0000-\u0020\u007f]/.test(id) ? 'has blanks or control characters in its id' : undefined;
}

/** Whether a text can be a package's name or version: not empty, not too long, no control characters. */
export function isFieldText(text: string): boolean {
  return text !== '' && text.length <= FIELD_LENGTH_MAX_CHARS && !/[\u0000-\u001f\u007f]/.test(text);
}

/** The first line of a text that says something, cut to a summary's length, without control characters. */
export function firstLine(text: string): string {
  const line = /\S[^\r\n]*/.exec(text)?.[0] ?? '';
  const plain = line.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return plain.length <= SUMMARY_LENGTH_MAX_CHARS
    ? plain
    : `${plain
        .slice(0, SUMMARY_LENGTH_MAX_CHARS - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}

/** The address if it is one that a browser may be sent to, else empty. */
export function webAddress(text: string): string {
  return text.length <= URL_LENGTH_MAX_CHARS && /^https?:\/\/[^\s\u0000-\u001f]+$/i.test(text) ? text : '';
}
