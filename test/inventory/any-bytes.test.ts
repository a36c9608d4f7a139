import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/errors.ts';
import { INVENTORY_PROBLEMS_MAX } from '../../src/inventory/package-list.ts';
import { parseInventory } from '../../src/inventory/parse.ts';

const FIXTURES = new URL('../fixtures/inventories/', import.meta.url);
const files = readdirSync(FIXTURES).map((name) => readFileSync(new URL(name, FIXTURES)));

/** Whatever the bytes, the answer is a sound inventory or an error from the catalogue. */
function expectSound(bytes: Uint8Array): void {
  try {
    const inventory = parseInventory(bytes, { system: 'debian:12', file: 'any' });
    expect(inventory.packages.length).toBeGreaterThan(0);
    expect(inventory.problems.length).toBeLessThanOrEqual(INVENTORY_PROBLEMS_MAX * 2 + 2);
    for (const item of inventory.packages) {
      for (const field of [item.ecosystem, item.name, item.version]) expect(field).not.toBe('');
      for (const field of [
        item.name,
        item.version,
        item.arch,
        item.source,
        item.sourceVersion,
        ...item.paths,
      ]) {
        expect(field.isWellFormed()).toBe(true);
        expect(field).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  } catch (error) {
    if (!isAppError(error)) throw error;
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.status).toBeLessThan(500);
  }
}

describe('parseInventory on any bytes', () => {
  it('takes noise', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), expectSound));
  });

  it('takes real files cut at any place', () => {
    const cut = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cut, ({ file, at }) => {
        expectSound(file.subarray(0, Math.floor(file.length * at)));
      }),
      { numRuns: 200 },
    );
  });

  it('takes real files with bytes changed, plain and gzip', () => {
    const changed = fc.record({
      file: fc.constantFrom(...files),
      changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(changed, ({ file, changes }) => {
        const bytes = Buffer.from(file);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        expectSound(bytes);
        const packed = gzipSync(file);
        for (const { at, byte } of changes) packed[at % packed.length] = byte;
        expectSound(packed);
      }),
      { numRuns: 200 },
    );
  });

  it('takes any JSON with the marks of a known format and prototype keys', () => {
    const marks = [
      { bomFormat: 'CycloneDX', components: [] },
      { spdxVersion: 'SPDX-2.3', packages: [] },
      { SchemaVersion: 2, Results: [] },
      { matches: [], source: {} },
      { artifacts: [], source: {} },
      { jsonVersion: 4, serverName: 'a', family: 'debian', packages: {}, SrcPackages: {} },
      { manifest_hash: 'a', packages: {} },
    ];
    const keys = fc.constantFrom(
      ...[
        '__proto__',
        'constructor',
        'name',
        'version',
        'purl',
        'packages',
        'components',
        'artifact',
        'externalRefs',
        'Packages',
        'properties',
        'toString',
      ],
    );
    const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
      ),
    }));
    const documents = fc.record({
      mark: fc.constantFrom(...marks),
      fields: fc.array(fc.tuple(keys, value), { maxLength: 6 }),
      items: fc.array(value, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(documents, ({ mark, fields, items }) => {
        const entries = [
          ...Object.entries(mark).map(([key, kept]) => [key, Array.isArray(kept) ? items : kept] as const),
          ...fields,
        ];
        const text = `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${JSON.stringify(field)}`).join(',')}}`;
        expectSound(Buffer.from(text));
        expect(Object.prototype).not.toHaveProperty('purl');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['deep lists', '['.repeat(200_000)],
    ['deep objects', `${'{"components":['.repeat(100_000)}`],
    [
      'deep components that close',
      `${'{"bomFormat":"CycloneDX","components":['.repeat(100_000)}${']}'.repeat(100_000)}`,
    ],
    [
      'deep elements',
      `<bom xmlns="http://cyclonedx.org/schema/bom/1.5">${'<components><component>'.repeat(100_000)}`,
    ],
    ['one line of blanks', `Package: a\nVersion:${' '.repeat(1_000_000)}x${' '.repeat(1_000_000)}1\n`],
    ['one line of dashes', `${'a-'.repeat(500_000)}\n`],
    ['one line of dashes like a package', `bash-1-1.x86_64\n${'a-'.repeat(500_000)}.x86_64\n`],
    ['one line of colons', `P:${':'.repeat(1_000_000)}\nV:1\n`],
    ['one line of tabs', '\t'.repeat(1_000_000)],
    ['blank lines', '\n \n\t'.repeat(500_000)],
    ['blank lines after a package', `Package: a\nVersion: 1\n${'\n \t'.repeat(500_000)}`],
    ['a long prolog', `<bom ${'<!-- -->'.repeat(200_000)}`],
    [
      'a long purl',
      JSON.stringify({
        bomFormat: 'CycloneDX',
        components: [{ purl: `pkg:npm/${'%40/'.repeat(500_000)}@1` }],
      }),
    ],
    [
      'many qualifiers',
      JSON.stringify({
        bomFormat: 'CycloneDX',
        components: [{ purl: `pkg:deb/a@1?${'a=1&'.repeat(500_000)}` }],
      }),
    ],
    ['a long source', JSON.stringify([{ Name: 'a', Version: '1', SrcName: 'x'.repeat(1_000_000) }])],
    ['a long source rpm', `a\t1\t1\t1\tnoarch\t${'a-'.repeat(500_000)}.src.rpm\t\t\n`],
    [
      'a long target',
      JSON.stringify({ SchemaVersion: 2, Results: [{ Target: '('.repeat(1_000_000), Type: 'x' }] }),
    ],
    [
      'a long source info',
      JSON.stringify({
        spdxVersion: 'SPDX-2.3',
        packages: [
          {
            sourceInfo: `built package from: ${'a '.repeat(500_000)}`,
            externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:npm/a@1' }],
          },
        ],
      }),
    ],
  ])('takes %s', (_name, text) => {
    expectSound(Buffer.from(text));
  });
});
