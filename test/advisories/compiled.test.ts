import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage } from '../../src/advisories/advisory.ts';
import { CompiledAdvisories } from '../../src/advisories/compiled-read.ts';
import { type CompiledInput, writeCompiled } from '../../src/advisories/compiled-write.ts';
import { filedName } from '../../src/matching/candidate.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parapet-compiled-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function affected(ecosystem: string, name: string, fields: Partial<AffectedPackage> = {}): AffectedPackage {
  return {
    ecosystem,
    name,
    matchOn: 'source',
    scheme: 'deb',
    ranges: [{ introduced: '', fixed: '1.2-3', lastAffected: '' }],
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
    ...fields,
  };
}

function advisory(id: string, entries: readonly AffectedPackage[], fields: Partial<Advisory> = {}): Advisory {
  return {
    id,
    cves: [],
    aliases: [],
    summary: '',
    published: undefined,
    modified: undefined,
    severities: [],
    word: undefined,
    affected: entries,
    url: '',
    ...fields,
  };
}

async function* stream(advisories: readonly Advisory[]) {
  for (const one of advisories)
    yield { feed: one.id.startsWith('USN') ? 'osv' : 'debian-dsa', advisory: one };
}

function input(advisories: readonly Advisory[], fields: Partial<CompiledInput> = {}): CompiledInput {
  return {
    revision: 7,
    writtenAt: 1_000,
    advisories: stream(advisories),
    knownExploited: new Set(),
    worth: new Map(),
    probabilities: new Map(),
    coverage: [],
    filedName,
    ...fields,
  };
}

const BOTH = advisory(
  'DSA-1-1',
  [
    affected('debian:11', 'openssl'),
    affected('debian:12', 'openssl', {
      ranges: [{ introduced: '3', fixed: '', lastAffected: '4' }],
      versions: ['3.1'],
    }),
    affected('debian:11', 'ünïcode\tname', {
      architectures: ['arm64'],
      module: 'm:1',
      pocket: 'esm',
      matchOn: 'binary',
    }),
  ],
  {
    cves: ['CVE-2021-44228', 'CVE-2022-0002', 'CVE-2022-0003'],
    summary: 'one line',
    published: 123,
    word: 'high',
    severities: [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' }],
  },
);

describe('the compiled advisory file', () => {
  it('keeps the notices of records that have to carry one, each text once', async () => {
    const path = join(folder, 'advisories');
    const wordpress = (slug: string) => affected('WordPress', `plugin/${slug}`, { scheme: 'wordpress' });
    const records = ['a', 'b'].map((slug) => {
      const fields = { notice: 'Copyright the publisher', url: `https://publisher.example/${slug}` };
      return advisory(`WF/${slug}`, [wordpress(slug)], fields);
    });
    await writeCompiled(path, input([...records, advisory('GHSA-1', [wordpress('a')])]));
    const compiled = new CompiledAdvisories(path);
    const found = compiled.candidates('WordPress', new Set(['plugin/a', 'plugin/b']));
    compiled.close();
    expect(found.map(({ advisoryId, notice }) => [advisoryId, notice?.text, notice?.url]).sort()).toEqual([
      ['GHSA-1', undefined, undefined],
      ['WF/a', 'Copyright the publisher', 'https://publisher.example/a'],
      ['WF/b', 'Copyright the publisher', 'https://publisher.example/b'],
    ]);
    expect((await readFile(path, 'utf8')).split('Copyright the publisher')).toHaveLength(2);
  });

  it('gives back everything that was filed under a name, and nothing else', async () => {
    const path = join(folder, 'advisories.compiled');
    const kernel = advisory('USN-1-1', [
      affected('ubuntu:22.04', 'linux-image-5.15.0-70-generic', { matchOn: 'binary' }),
    ]);
    await writeCompiled(
      path,
      input([BOTH, kernel], {
        knownExploited: new Set(['CVE-2021-44228']),
        // Above the scale, so that it is more than the record's own 10.
        worth: new Map([
          ['CVE-2021-44228', 9.8],
          ['CVE-2022-0002', 10.5],
        ]),
        probabilities: new Map([
          ['CVE-2021-44228', 0.94],
          ['CVE-2022-0002', 0.05],
        ]),
        coverage: [
          { feed: 'debian-dsa', ecosystem: 'debian:11', publishedAt: undefined, newestAt: 5, records: 1 },
        ],
      }),
    );
    const compiled = new CompiledAdvisories(path);
    try {
      expect(compiled.contents).toMatchObject({ revision: 7, writtenAt: 1_000 });
      expect(compiled.contents.coverage).toEqual([
        { feed: 'debian-dsa', ecosystem: 'debian:11', newestAt: 5, records: 1 },
      ]);
      const [found, ...more] = compiled.candidates('debian:11', new Set(['openssl', 'absent']));
      expect(more).toEqual([]);
      expect(found).toEqual({
        filedName: 'openssl',
        feed: 'debian-dsa',
        advisoryId: 'DSA-1-1',
        cves: BOTH.cves,
        vulnerabilities: [{ type: 'linux_vul', id: 'DSA-1-1' }],
        affected: BOTH.affected[0],
        facts: {
          id: 'DSA-1-1',
          cves: BOTH.cves,
          summary: 'one line',
          published: 123,
          word: 'high',
          cvss: 10,
        },
        knownExploited: ['CVE-2021-44228'],
        probabilities: { 'CVE-2021-44228': 0.94 },
        worth: { 'CVE-2022-0002': 10.5 },
      });
      expect(compiled.candidates('debian:12', new Set(['openssl'])).map((one) => one.affected)).toEqual([
        BOTH.affected[1],
      ]);
      expect(compiled.candidates('debian:11', new Set(['ünïcode\tname'])).map((one) => one.affected)).toEqual(
        [BOTH.affected[2]],
      );
      expect(
        compiled
          .candidates('ubuntu:22.04', new Set(['linux-image-5.15.0-*-generic']))
          .map((one) => one.facts),
      ).toEqual([
        { id: 'USN-1-1', cves: [], summary: '', published: undefined, word: undefined, cvss: undefined },
      ]);
      expect(compiled.candidates('constructor', new Set(['openssl']))).toEqual([]);
    } finally {
      compiled.close();
    }
  });

  it('holds many names, read in pieces', async () => {
    const path = join(folder, 'advisories.compiled');
    const many = Array.from({ length: 3_000 }, (_, at) =>
      advisory(`DSA-${at}-1`, [affected('debian:11', `package-${at % 1_000}`)], { summary: 'x'.repeat(100) }),
    );
    await writeCompiled(path, input(many));
    const compiled = new CompiledAdvisories(path);
    const names = new Set(['package-0', 'package-500', 'package-999']);
    const ids = compiled.candidates('debian:11', names).map((one) => `${one.filedName} ${one.advisoryId}`);
    compiled.close();
    expect(ids.sort()).toEqual(
      [0, 500, 999]
        .flatMap((at) => [0, 1_000, 2_000].map((more) => `package-${at} DSA-${at + more}-1`))
        .sort(),
    );
  });

  it('holds what is larger than a block of the file, in any script', async () => {
    const path = join(folder, 'advisories.compiled');
    const versions = Array.from({ length: 60_000 }, (_, at) => `1.${at}-ü漢😀`);
    const large = advisory('DSA-1-1', [affected('debian:11', 'größe', { versions })], {
      summary: '漢'.repeat(600_000),
    });
    const small = advisory('DSA-2-1', [affected('debian:11', 'größe')]);
    await writeCompiled(path, input([small, large, small]));
    const compiled = new CompiledAdvisories(path);
    const found = compiled.candidates('debian:11', new Set(['größe']));
    compiled.close();
    expect(found.map((one) => one.advisoryId)).toEqual(['DSA-2-1', 'DSA-1-1', 'DSA-2-1']);
    expect(found[1]?.affected.versions).toEqual(versions);
    expect(found[1]?.facts.summary).toBe(large.summary);
  });

  it('is replaced whole: an opened one stays readable, and a failed writing changes nothing and leaves nothing', async () => {
    const path = join(folder, 'advisories.compiled');
    await writeCompiled(path, input([BOTH]));
    const opened = new CompiledAdvisories(path);
    await writeCompiled(path, input([], { revision: 8 }));
    expect(opened.candidates('debian:11', new Set(['openssl']))).toHaveLength(1);
    opened.close();
    const before = await readFile(path);
    async function* broken(): ReturnType<typeof stream> {
      yield { feed: 'osv', advisory: BOTH };
      throw new Error('the database went away');
    }
    await expect(writeCompiled(path, input([], { advisories: broken() }))).rejects.toThrow(
      'the database went away',
    );
    expect((await readFile(path)).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(['advisories.compiled']);
  });

  it('says in words what is wrong with it and what to do', async () => {
    const path = join(folder, 'advisories.compiled');
    expect(() => new CompiledAdvisories(path)).toThrow(
      /no compiled advisory file at .*Import advisories first/,
    );
    await writeFile(path, 'something else that is long enough');
    expect(() => new CompiledAdvisories(path)).toThrow(/another version of Parapet or is another file/);
    await writeFile(path, '');
    expect(() => new CompiledAdvisories(path)).toThrow(/too short/);
    await writeCompiled(path, input([BOTH]));
    const { length } = await readFile(path);
    await truncate(path, length - 1);
    expect(() => new CompiledAdvisories(path)).toThrow(/its length is wrong/);
  });

  it('survives any damage with an error in words', async () => {
    const path = join(folder, 'advisories.compiled');
    await writeCompiled(path, input([BOTH]));
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x15;
      await writeFile(path, damaged);
      let compiled: CompiledAdvisories | undefined;
      try {
        compiled = new CompiledAdvisories(path);
        compiled.candidates('debian:11', new Set(['openssl']));
      } catch (error) {
        expect(error, `byte ${at}`).toMatchObject({ code: 'compiled-unreadable' });
      } finally {
        compiled?.close();
      }
    }
  });
});
