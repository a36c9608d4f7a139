import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isJsonObject, objectField } from '../../src/archive/json-guard.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { type ParseInventoryOptions, parseInventory } from '../../src/inventory/parse.ts';

/** The collection of real files that lies beside the repository on the developers' machines; a plain clone lacks it. */
const SHARED = new URL('../../../shared/data/', import.meta.url);

function textOf(url: URL): string {
  const bytes = readFileSync(url);
  return (url.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function parseFile(url: URL, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(readFileSync(url), { file: url.pathname, ...options });
}

/** Distinct package URLs of kinds that are installed packages, counted by nothing but a regular expression. */
function distinctPurls(text: string): number {
  const found = text.matchAll(
    /"referenceLocator": ?"(pkg:(?:deb|rpm|apk|alpine|npm|pypi|maven|golang|cargo|composer|gem|nuget|bitnami)\/[^"]+)"/g,
  );
  const purls = [...found]
    .map((match) => match[1] ?? '')
    .filter(
      (purl) => !/\/gpg-pubkey@|@(?:\(|%28)devel|^pkg:composer\/.*@dev-/.test(purl) && purl.includes('@'),
    );
  // PyPI's names are one whatever their punctuation, Composer's versions with and without a leading v.
  return new Set(
    purls.map((purl) =>
      purl
        .replace(/^pkg:pypi.*/, (text) => text.toLowerCase().replace(/[-_.]+/g, '-'))
        .replace(/^(pkg:composer\/.*@)v(?=\d)/, '$1'),
    ),
  ).size;
}

describe('the real files beside the repository', () => {
  it('are looked for where the data folder lies', () => {
    expect(SHARED.pathname.endsWith('/shared/data/')).toBe(true);
  });

  if (!existsSync(SHARED)) return;

  const vuls = new URL('inventories/vuls-hosts/', SHARED);
  for (const name of readdirSync(vuls).filter((file) => !file.startsWith('cpe_'))) {
    it(`counts the packages of ${name}`, () => {
      const url = new URL(name, vuls);
      const document: unknown = JSON.parse(textOf(url));
      const packages = isJsonObject(document) ? (objectField(document, 'packages') ?? {}) : {};
      const expected = Object.entries(packages).filter(
        ([key, item]) => key !== 'gpg-pubkey' && isJsonObject(item) && item['version'] !== '',
      ).length;
      const inventory = parseFile(url);
      // A Windows system is a package itself.
      const programs = inventory.packages.filter((pkg) => pkg.updates === undefined);
      expect(programs).toHaveLength(expected);
      expect(inventory.system?.osType).toBe(name.startsWith('windows') ? 'Windows' : 'Linux');
    });
  }

  const spdx = new URL('inventories/sbom-spdx/', SHARED);
  const images = readdirSync(spdx);
  for (const name of images) {
    it(`counts the packages of ${name.slice(0, 60)}`, () => {
      const url = new URL(name, spdx);
      const { packages, system, problems } = parseFile(url);
      expect(packages).toHaveLength(distinctPurls(textOf(url)));
      expect(system).toBeDefined();
      expect(problems.every((problem) => problem.includes('left out'))).toBe(true);
    });
  }

  for (const name of images.filter((file) => file.startsWith('spdx-syft'))) {
    const other = name.replace('spdx-syft', 'spdx-trivy');
    if (!images.includes(other)) continue;
    it(`finds the same system packages and sources in what Syft and Trivy say of ${name.slice(10, 60)}`, () => {
      const [bySyft, byTrivy] = [name, other].map((file) =>
        parseFile(new URL(file, spdx))
          .packages.filter((item) => item.ecosystem.includes(':'))
          .map(
            (item) => `${item.ecosystem} ${item.name} ${item.version} ${item.source} ${item.sourceVersion}`,
          )
          .sort(),
      );
      expect(bySyft).toEqual(byTrivy);
    });
  }

  const trivy = new URL('ground-truth/trivy/packages/', SHARED);
  for (const [name, system] of [
    ['alpine-310.json', 'alpine:3.10'],
    ['amazon-2.json', 'amazon:2'],
    ['debian-buster.json', 'debian:10'],
    ['ubi-7.json', 'rhel:7'],
    ['ubuntu-18.04.json', 'ubuntu:18.04'],
  ] as const) {
    it(`counts the packages of Trivy's ${name}`, () => {
      const url = new URL(name, trivy);
      const names = [...textOf(url).matchAll(/^ {4}"Name": "([^"]+)"/gm)].filter(
        (match) => match[1] !== 'gpg-pubkey',
      );
      expect(parseFile(url, { system }).packages).toHaveLength(names.length);
    });
  }

  it('counts what is installed by a dpkg status file', () => {
    const [, status = ''] = textOf(new URL('inventories/raw/dpkg-status.txtar', SHARED)).split(
      '-- var/lib/dpkg/status --\n',
    );
    const expected = [...status.matchAll(/^Status: install ok installed$/gm)].length;
    expect(parseInventory(Buffer.from(status), { system: 'ubuntu:18.04' }).packages).toHaveLength(expected);
  });
});
