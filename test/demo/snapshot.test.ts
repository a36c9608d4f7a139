/** The bundled snapshot as it lies in the repository: its size, that all of it is readable, and that the fleet fits it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../../src/advisories/feed.ts';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import {
  readFleet,
  readFleetInventory,
  SNAPSHOT_ADVISORIES,
  SNAPSHOT_FOLDER,
  SNAPSHOT_MEASURED_AT,
} from '../../src/demo/snapshot.ts';
import { parseReport } from '../../src/inventory/report.ts';

const SNAPSHOT_BYTES_MAX = 10_000_000;

async function advisoryItems(): Promise<readonly FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readAdvisoryFiles([SNAPSHOT_ADVISORIES])) items.push(item);
  return items;
}

const items = await advisoryItems();
const advisories = items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
const fleet = await readFleet();

describe('the advisories of the snapshot', () => {
  it('are within the size that a repository can bear', () => {
    const files = readdirSync(SNAPSHOT_FOLDER, { recursive: true, encoding: 'utf8' });
    const bytes = files.map((file) => statSync(join(SNAPSHOT_FOLDER, file))).filter((stat) => stat.isFile());
    expect(bytes.reduce((sum, stat) => sum + stat.size, 0)).toBeLessThan(SNAPSHOT_BYTES_MAX);
  });

  it('are read by the ordinary importer to the last record', () => {
    expect(items.filter((item) => item.kind === 'problem' || item.kind === 'withdrawn')).toEqual([]);
    expect(advisories.length).toBeGreaterThan(10_000);
    expect(new Set(advisories.map(({ id }) => id)).size).toBe(advisories.length);
    expect(new Set(items.map((item) => item.kind))).toEqual(
      new Set(['advisory', 'list', 'known-exploited', 'exploit-probability']),
    );
  });

  it('are none of them younger than the day from which their age is measured', () => {
    const newest = Math.max(...advisories.map(({ modified = 0 }) => modified));
    expect(newest).toBeLessThanOrEqual(SNAPSHOT_MEASURED_AT);
    expect(SNAPSHOT_MEASURED_AT - newest).toBeLessThan(24 * 60 * 60 * 1000);
  });

  it('come from the named sources and no others', () => {
    const others = advisories.filter(
      ({ id }) =>
        !/^(?:AL[SBE]A-|BIT-|PYSEC-|DSA-|DLA-|ALPINE-CVE-|openEuler-SA-|CVE-|GHSA-|DRUPAL-|FOP-|WPSECADV\/WF\/|KB\d)/.test(
          id,
        ),
    );
    expect(others.map(({ id }) => id)).toEqual([]);
  });
});

describe('the sample fleet', () => {
  const names = [...new Set(fleet.servers.flatMap((server) => server.inventories))];

  it.each(names)('has a whole report of %s', async (name) => {
    const { inventory } = parseReport(await readFleetInventory(name));
    expect(inventory.problems).toEqual([]);
    expect(inventory.system).toBeDefined();
    expect(inventory.packages.length).toBeGreaterThan(0);
  });

  it('uses every inventory that is in the folder', () => {
    const files = readdirSync(join(SNAPSHOT_FOLDER, 'fleet', 'inventories'));
    expect(files.map((file) => file.replace(/\.report\.gz$/, '')).sort()).toEqual([...names].sort());
  });

  it('has at least 60 servers of at least five systems in at least two enterprise projects', async () => {
    const systems = new Set<string>();
    for (const name of names) {
      systems.add(parseReport(await readFleetInventory(name)).inventory.system?.key ?? '');
    }
    expect(fleet.servers.length).toBeGreaterThanOrEqual(60);
    expect(systems.size).toBeGreaterThanOrEqual(5);
    const used = new Set(fleet.servers.flatMap((server) => server.enterprise_project ?? []));
    expect(used.size).toBeGreaterThanOrEqual(2);
    expect(fleet.servers.some((server) => server.enterprise_project === undefined)).toBe(true);
  });

  it('has addresses of private use and for documentation alone (RFC 1918, RFC 5737)', () => {
    for (const { private_ip, public_ip = '192.0.2.1' } of fleet.servers) {
      expect(private_ip).toMatch(/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/);
      expect(public_ip).toMatch(/^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./);
    }
  });

  it('keeps one system a server, whatever it reports later', async () => {
    for (const { inventories } of fleet.servers) {
      const systems = new Set<string | undefined>();
      for (const name of inventories) {
        systems.add(parseReport(await readFleetInventory(name)).inventory.system?.key);
      }
      expect(systems.size).toBe(1);
    }
  });
});
