/**
 * Keys by which one Parapet believes the advisories of another: an ed25519 pair. The private half is a PEM file where exports
 * are made; the public half is one word, which machines that import name as trusted.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { appError } from '../errors.ts';

/** Name of the private key's file in the data folder, where no other is configured. */
export const EXPORT_KEY_FILE_NAME = 'export-key.pem';
export const PUBLIC_KEY_BYTES = 32;
const PREFIX = 'ed25519:';
const KEY_FILE_BYTES_MAX = 4_096;

/** The word for a public key: `ed25519:` and its 32 bytes in base64url. */
export function publicKeyText(key: Uint8Array): string {
  return PREFIX + Buffer.from(key).toString('base64url');
}

/** The 32 bytes of a public key's word; undefined where the text is none. */
export function publicKeyBytes(text: string): Buffer | undefined {
  if (!/^ed25519:[A-Za-z0-9_-]{43}$/.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return bytes.length === PUBLIC_KEY_BYTES ? bytes : undefined;
}

/** The public key of 32 bytes for verifying. */
export function publicKeyOf(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** The 32 bytes of a private key's public half. */
export function publicHalf(privateKey: KeyObject): Buffer {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** Makes a pair, writes the private half to `path` for its owner alone, and returns it. Throws `export-key-unusable`, also where a file is there already. */
export async function makeExportKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    await writeFile(path, pem, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    const code = codeOf(error);
    const problem =
      code === 'EEXIST' ? 'there is one already; it is not replaced' : `it cannot be written (${code})`;
    throw appError('export-key-unusable', { path, problem }, error);
  }
  return privateKey;
}

/** Reads the private key at `path`. Throws `export-key-unusable` in words. */
export async function readExportKey(path: string): Promise<KeyObject> {
  let pem: Buffer;
  try {
    pem = await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    const problem =
      code === 'ENOENT'
        ? 'there is none; make one: parapet advisories export --new-key'
        : `it cannot be read (${code})`;
    throw appError('export-key-unusable', { path, problem }, error);
  }
  const key = pem.byteLength > KEY_FILE_BYTES_MAX ? undefined : privateKeyOf(pem);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw appError('export-key-unusable', { path, problem: 'it is no ed25519 private key in PEM' });
}

function privateKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // What is wrong with it could quote it.
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
