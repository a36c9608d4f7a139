/** Passwords: scrypt with its parameters written beside the hash, so that they can be raised later. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { appError } from '../errors.ts';

/** Longest password taken, so that hashing one has a bounded cost. */
export const PASSWORD_CHARACTERS_MAX = 256;

const COST_LOG2 = 15;
const COST_LOG2_MAX = 20;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** scrypt needs 128 · N · r bytes (32 MiB here); Node refuses above this. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

const STORED = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([0-9A-Za-z_-]{1,128})\$([0-9A-Za-z_-]{1,128})$/;

/** Hashes a password into the text that is stored. Empty or over-long: `parameter-invalid`. */
export async function hashPassword(password: string): Promise<string> {
  checkPassword(password);
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, {
    costLog2: COST_LOG2,
    blockSize: BLOCK_SIZE,
    parallelism: PARALLELISM,
  });
  return `scrypt$${COST_LOG2}$${BLOCK_SIZE}$${PARALLELISM}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/**
 * Whether the password is the one that was hashed. With `stored` undefined (no such user) the same work is done and the
 * answer is no, so that the time of an answer does not tell which users exist.
 */
export async function isPasswordRight(password: string, stored: string | undefined): Promise<boolean> {
  if (password.length > PASSWORD_CHARACTERS_MAX) return false;
  const parts = STORED.exec(stored ?? '');
  const expected = parts === null ? undefined : Buffer.from(parts[5] ?? '', 'base64url');
  const costLog2 = parts === null ? COST_LOG2 : Number(parts[1]);
  if (costLog2 > COST_LOG2_MAX) return false;
  const hash = await derive(
    password,
    parts === null ? Buffer.alloc(SALT_BYTES) : Buffer.from(parts[4] ?? '', 'base64url'),
    {
      costLog2,
      blockSize: parts === null ? BLOCK_SIZE : Number(parts[2]),
      parallelism: parts === null ? PARALLELISM : Number(parts[3]),
    },
  );
  return expected !== undefined && expected.length === hash.length && timingSafeEqual(hash, expected);
}

/** A password for a first start where none was given: 144 bits, 24 characters. */
export function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

function checkPassword(password: string): void {
  if (password.length === 0 || password.length > PASSWORD_CHARACTERS_MAX) {
    throw appError('parameter-invalid', {
      name: 'password',
      problem: `must have 1 to ${PASSWORD_CHARACTERS_MAX} characters`,
    });
  }
}

function derive(
  password: string,
  salt: Buffer,
  cost: { readonly costLog2: number; readonly blockSize: number; readonly parallelism: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      N: 2 ** cost.costLog2,
      r: cost.blockSize,
      p: cost.parallelism,
      maxmem: MEMORY_BYTES_MAX,
    };
    // NFC, so that a password typed on another keyboard or system is the same one.
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
