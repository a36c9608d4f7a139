/** What a person may write about a server: each function says what is wrong with a text, or undefined where nothing is. */
import { isIP } from 'node:net';
import { SERVER_ADDRESSES_MAX } from './addresses.ts';

/** Longest id that a person may give a server, in characters. */
export const SERVER_ID_LENGTH_MAX_CHARS = 64;

// Besides control characters those that turn the direction of writing: a name must look the same to everyone.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const SERVER_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/** Of a name or another short text. */
export function nameProblem(text: string): string | undefined {
  return UNPRINTABLE.test(text)
    ? 'control characters and characters that turn the direction of writing are not accepted'
    : undefined;
}

/** Of one IP address; empty (none) is accepted. */
export function addressProblem(text: string): string | undefined {
  return text === '' || isIP(text) !== 0
    ? undefined
    : 'must be one IPv4 or IPv6 address, such as 203.0.113.7';
}

/** Of IP addresses joined by commas; empty (none) is accepted. */
export function addressesProblem(text: string): string | undefined {
  if (text === '') return undefined;
  const addresses = text.split(',');
  if (addresses.length > SERVER_ADDRESSES_MAX) return `may hold ${SERVER_ADDRESSES_MAX} addresses`;
  return addresses.every((address) => isIP(address) !== 0)
    ? undefined
    : 'must be IPv4 or IPv6 addresses joined by commas, such as 10.0.0.7,fd00::7';
}

/** Of an id that a person gives a server: it stands in paths and in lists. */
export function serverIdProblem(text: string): string | undefined {
  return text.length <= SERVER_ID_LENGTH_MAX_CHARS && SERVER_ID.test(text)
    ? undefined
    : `must have 1 to ${SERVER_ID_LENGTH_MAX_CHARS} letters, digits and . _ : -, the first a letter or digit`;
}
