import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { INVENTORY_FORMATS, parseInventory } from '../../src/inventory/parse.ts';
import { codeOf, parseFixture, parseText, parseValue } from './parse-fixture.ts';

describe('what is given with a file', () => {
  it('decides over what the file says', () => {
    const given = parseFixture('centos-7-spdx.json', { system: 'rhel:7', name: 'db-1' });
    expect(given.system?.key).toBe('rhel:7');
    expect(given.server.name).toBe('db-1');
    expect(parseFixture('centos-7-spdx.json', { osRelease: 'ID=ol\nVERSION_ID=7.9' }).system?.key).toBe(
      'oracle:7',
    );
  });

  it('is refused in words where it names no system', () => {
    expect(codeOf(() => parseFixture('dpkg-status', { system: 'nonsense' }))).toBe('system-name-invalid');
    expect(codeOf(() => parseFixture('dpkg-status', { osRelease: 'nonsense' }))).toBe('inventory-unreadable');
  });
});

describe('files that are no inventory', () => {
  it('are refused with all that is understood', () => {
    for (const text of [
      '',
      '   \n',
      'null',
      '{}',
      '[]',
      '[1,2]',
      '<html></html>',
      '{"a":1}',
      '"text"',
      '\u0000\u0001',
    ]) {
      expect(
        codeOf(() => parseText(text)),
        JSON.stringify(text),
      ).toBe('inventory-unrecognised');
    }
    expect(INVENTORY_FORMATS).toHaveLength(18);
    expect(() => parseText('{}', { file: 'x.json' })).toThrow(
      /^x\.json is not an inventory.*rpm -qa.*Vuls JSON/s,
    );
  });

  it('are refused where they are broken, cut short or too deep', () => {
    expect(codeOf(() => parseText('{"bomFormat":'))).toBe('inventory-unreadable');
    expect(codeOf(() => parseText('['.repeat(100_000)))).toBe('inventory-unreadable');
    const packed = gzipSync('Package: a\nVersion: 1\n');
    expect(codeOf(() => parseInventory(packed.subarray(0, packed.length - 4)))).toBe('inventory-unreadable');
  });

  it('are refused where they unpack to more than the limit', () => {
    const bomb = gzipSync(Buffer.alloc(129 * 1024 * 1024, 0x20));
    expect(codeOf(() => parseInventory(bomb))).toBe('inventory-too-large');
  });
});

describe('packages of a hostile file', () => {
  it('cost only themselves', () => {
    const text = JSON.stringify([
      { Name: 'good', Version: '1' },
      { Name: 'x'.repeat(600), Version: '1' },
      { Name: 'nul\u0000', Version: '1' },
      { Name: 'tab\there', Version: '1' },
      { Name: 'constructor', Version: '1' },
      { Name: 'ünïcødé-包', Version: '1' },
      { Name: 'none', Version: '' },
    ]).replace('"Name":"constructor"', '"__proto__":{"Version":"9"},"Name":"__proto__"');
    const { packages, problems } = parseText(text, { system: 'debian:12' });
    expect(packages.map((item) => item.name)).toEqual(['good', '__proto__', 'ünïcødé-包']);
    expect(problems).toHaveLength(4);
    expect(problems.every((problem) => problem.length <= 300 && !/[\u0000-\u001f]/.test(problem))).toBe(true);
  });

  it('are bounded in number', () => {
    const text = Array.from({ length: 200_001 }, (_, index) => `P:p${index}\nV:1\n`).join('\n');
    expect(codeOf(() => parseText(text, { system: 'alpine:3.19' }))).toBe('inventory-too-large');
  });

  it('have no more problems listed than the limit, and the rest counted', () => {
    const text = `P:good\nV:1\n\n${Array.from({ length: 5000 }, (_, index) => `P:p${index}\n`).join('\n')}`;
    const { problems } = parseText(text, { system: 'alpine:3.19' });
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toBe('and 4800 further problems');
  });

  it('may stray into the SBOM of an application without a system', () => {
    const application = ['a', 'b', 'c'].map((name) => ({
      type: 'library',
      name,
      purl: `pkg:npm/${name}@1.0.0`,
    }));
    const strays = [{ type: 'library', name: 'dive', purl: 'pkg:rpm/dive@0.9.2-1' }];
    const bom = { bomFormat: 'CycloneDX', specVersion: '1.4', components: [...application, ...strays] };
    const { packages, problems, system } = parseValue(bom);
    expect(system).toBeUndefined();
    expect(packages).toHaveLength(3);
    expect(problems[0]).toContain('1 system package left out');
    expect(codeOf(() => parseValue({ ...bom, components: strays }))).toBe('inventory-system-unknown');
  });
});
