/**
 * Random secrets that are handed out once and kept only as their SHA-256: login tokens, enrolment tokens and agent
 * credentials. They carry 256 bits of chance, so a fast hash is enough; passwords are another matter (password.ts).
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** Life of a login token (contract 4.1). */
export const TOKEN_LIFETIME_MS = 24 * 60 * 60_000;

const SECRET_BYTES = 32;

/** A new secret: its kind as a readable prefix, then 43 characters of base64url. */
export function newSecret(kind: 'token' | 'enrol' | 'agent'): string {
  return `parapet-${kind}-${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** What is stored of a secret: its SHA-256, 32 bytes. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** A new id in the form of the compatible surface: 32 lower-case hexadecimal digits. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

const ACCESS_KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const ACCESS_KEY_CHARACTERS = 20;
const SECRET_KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SECRET_KEY_CHARACTERS = 40;

/** A new access key pair in the usual form: AK of 20 capitals and digits, SK of 40 letters and digits (238 bits). */
export function newAccessKey(): { readonly accessKey: string; readonly secretKey: string } {
  return {
    accessKey: randomText(ACCESS_KEY_ALPHABET, ACCESS_KEY_CHARACTERS),
    secretKey: randomText(SECRET_KEY_ALPHABET, SECRET_KEY_CHARACTERS),
  };
}

function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let at = 0; at < length; at++) text += alphabet.charAt(randomInt(alphabet.length));
  return text;
}
