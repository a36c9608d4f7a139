import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSecretKey, SECRET_KEY_FILE_NAME, type SecretKeyRecord } from './secret-key.ts';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'parapet-key-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** What the database remembers. */
function memory(): SecretKeyRecord {
  let kept: Buffer | undefined;
  return {
    findFingerprint: async () => kept,
    claim: async (fingerprint) => {
      kept ??= fingerprint;
      return kept;
    },
  };
}

describe('the secret key', () => {
  it('is made at the first start, for its owner alone, and found again', async () => {
    const record = memory();
    const first = await prepareSecretKey({ file: undefined, dataDir }, record);
    const path = join(dataDir, SECRET_KEY_FILE_NAME);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'latin1')).toMatch(/^[0-9a-f]{64}\n$/);
    const again = await prepareSecretKey({ file: undefined, dataDir }, record);
    expect(again.open(first.seal('the secret', 'AK'), 'AK')).toBe('the secret');
  });

  it('made by several processes at once is one key', async () => {
    const record = memory();
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => prepareSecretKey({ file: undefined, dataDir }, record)),
    );
    const sealed = keys[0]?.seal('the secret', 'AK') ?? Buffer.alloc(0);
    expect(keys.map((key) => key.open(sealed, 'AK'))).toEqual(keys.map(() => 'the secret'));
  });

  it('refuses a node whose key is another, or gone, and makes none in its place', async () => {
    const record = memory();
    await prepareSecretKey({ file: undefined, dataDir }, record);
    const other = join(dataDir, 'other');
    writeFileSync(other, 'ab'.repeat(32));
    await expect(prepareSecretKey({ file: other, dataDir }, record)).rejects.toMatchObject({
      code: 'secret-key-differs',
      message: expect.stringContaining('is not the key this database was made with'),
    });
    rmSync(join(dataDir, SECRET_KEY_FILE_NAME));
    await expect(prepareSecretKey({ file: undefined, dataDir }, record)).rejects.toMatchObject({
      code: 'secret-key-differs',
      message: expect.stringContaining('is not there'),
    });
    await expect(async () => statSync(join(dataDir, SECRET_KEY_FILE_NAME))).rejects.toThrow('ENOENT');
  });

  it('is refused in words where the configured file is missing or holds something else', async () => {
    const file = join(dataDir, 'configured');
    await expect(prepareSecretKey({ file, dataDir }, memory())).rejects.toThrow(/there is no such file/);
    writeFileSync(file, 'short');
    await expect(prepareSecretKey({ file, dataDir }, memory())).rejects.toThrow(/64 hexadecimal digits/);
  });

  it('opens only what it sealed, unchanged, under the same label', async () => {
    const key = await prepareSecretKey({ file: undefined, dataDir }, memory());
    const sealed = key.seal('the secret', 'AK1');
    expect(sealed.includes(Buffer.from('the secret'))).toBe(false);
    expect(() => key.open(sealed, 'AK2')).toThrow();
    for (const at of [0, 15, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => key.open(changed, 'AK1')).toThrow();
    }
    expect(() => key.open(Buffer.alloc(3), 'AK1')).toThrow();
  });
});
