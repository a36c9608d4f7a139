import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareDataFolder } from '../../src/store/data-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'parapet-data-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a data folder', () => {
  it('is made with the folders above it, closed to others', () => {
    const path = join(root, 'a', 'b');
    prepareDataFolder({ path, account: undefined });
    prepareDataFolder({ path, account: undefined });
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  if (existsSync('/proc/self')) {
    it('that the system takes no folders for is refused in words, not tried for ever', () => {
      expect(() => prepareDataFolder({ path: '/proc/parapet/data', account: undefined })).toThrow(
        /cannot be made there/,
      );
    });
  }
});
