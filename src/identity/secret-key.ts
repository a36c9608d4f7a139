/**
 * The secret key: 32 bytes outside the database, under which the secrets of access keys are sealed (AES-256-GCM), so that
 * a copy of the database alone signs nothing. It lies in the file that is configured, else in one made in the data
 * folder at the first start. Its fingerprint is in the database: a node with another key refuses to start.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { appError } from '../errors.ts';

/** Name of the key's file in the data folder. */
export const SECRET_KEY_FILE_NAME = 'secret-key';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FILE_MODE = 0o600;
const FINGERPRINT_TEXT = 'parapet secret key fingerprint';
const CIPHER = 'aes-256-gcm';
const KEY_GONE = 'is not there, though this database was made with one';
const KEY_OF_ANOTHER = 'is not the key this database was made with';

export interface SecretKey {
  /** Seals a text; it opens only under the same label (here: the access key it belongs to). */
  readonly seal: (text: string, label: string) => Buffer;
  /** Opens what `seal` made; throws where the key or the label is another or the bytes were changed. */
  readonly open: (sealed: Buffer, label: string) => string;
}

export interface SecretKeyRecord {
  readonly findFingerprint: () => Promise<Buffer | undefined>;
  /** Notes the fingerprint if there is none; returns the one that counts. */
  readonly claim: (fingerprint: Buffer) => Promise<Buffer>;
}

/**
 * Reads the key, or makes it where the data folder has none and the database has never had one. Throws
 * `secret-key-unusable` (missing, unreadable, malformed) or `secret-key-differs`.
 */
export async function prepareSecretKey(
  place: { readonly file: string | undefined; readonly dataDir: string },
  record: SecretKeyRecord,
): Promise<SecretKey> {
  const path = place.file ?? join(place.dataDir, SECRET_KEY_FILE_NAME);
  const known = await record.findFingerprint();
  let key = await readKey(path);
  if (key === undefined) {
    if (known !== undefined) throw appError('secret-key-differs', { path, problem: KEY_GONE });
    if (place.file !== undefined) {
      throw appError('secret-key-unusable', {
        path,
        problem: 'there is no such file. Make one with: openssl rand -hex 32 > FILE',
      });
    }
    key = await makeKey(path);
  }
  const fingerprint = createHmac('sha256', key).update(FINGERPRINT_TEXT).digest();
  if (!fingerprint.equals(await record.claim(fingerprint)))
    throw appError('secret-key-differs', { path, problem: KEY_OF_ANOTHER });
  return secretKeyOf(key);
}

/** The key's two uses, from its 32 bytes. */
export function secretKeyOf(key: Buffer): SecretKey {
  return {
    seal: (text, label) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(label, 'utf8'));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    },
    open: (sealed, label) => {
      const end = sealed.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(label, 'utf8'));
      decipher.setAuthTag(sealed.subarray(end));
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
      return text.toString('utf8');
    },
  };
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = (await readFile(path, 'latin1')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(path, error);
  }
  if (!/^[0-9A-Fa-f]{64}$/.test(text)) {
    throw appError('secret-key-unusable', {
      path,
      problem: `must hold ${KEY_BYTES} bytes as 64 hexadecimal digits`,
    });
  }
  return Buffer.from(text, 'hex');
}

/** Makes the file whole or not at all; where another process was first, its key is the one. */
async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(draft, 'wx', FILE_MODE);
    try {
      await file.writeFile(`${key.toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    await syncFolder(dirname(path));
    return key;
  } catch (error) {
    const first =
      error instanceof Error && 'code' in error && error.code === 'EEXIST' ? await readKey(path) : undefined;
    if (first !== undefined) return first;
    throw unusable(path, error);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The file's name is on disk too before anything is sealed with the key. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(path: string, error: unknown): Error {
  const problem = error instanceof Error ? error.message : String(error);
  return appError('secret-key-unusable', { path, problem }, error);
}
