/**
 * The inventories of the sample fleet: what real machines and images had installed, as facts in the form of Parapet's own
 * report. Names, addresses and everything else about the servers of the fleet stand in snapshot/fleet/servers.json.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { isJsonObject, type JsonObject } from '../../src/archive/json-guard.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import type { InstalledPackage } from '../../src/inventory/package.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { parseReport } from '../../src/inventory/report.ts';
import { schemeOf } from '../../src/versions/scheme-of-ecosystem.ts';
import { reportOf } from './inventory-report.ts';
import { INVENTORY_SOURCES, type InventorySource } from './inventory-sources.ts';
import { readOpenEulerReports } from './openeuler-reports.ts';
import { withUpdates } from './vuls-updates.ts';
import { installedApplications } from './web-applications.ts';
import { systemAlone } from './windows.ts';
import { writeGzip } from './write-snapshot.ts';

/** Writes every inventory and returns what was written. */
export function writeInventories(
  data: string,
): readonly { readonly path: string; readonly packages: number; readonly bytes: number }[] {
  return INVENTORY_SOURCES.map((source) => {
    const inventory = inventoryOf(data, source);
    const report = reportOf(inventory, source);
    assertReadsAgain(report, inventory, source.name);
    const path = `fleet/inventories/${source.name}.report.gz`;
    return { path, packages: inventory.packages.length, bytes: writeGzip(path, report) };
  });
}

function inventoryOf(data: string, source: InventorySource): Inventory {
  const isWindows = source.osRelease.length === 0;
  const options = { ...(isWindows ? {} : { osRelease: source.osRelease.join('\n') }), file: source.name };
  switch (source.from) {
    case 'vuls': {
      const host = readJson(`${data}/inventories/vuls-hosts/${source.file}.json.gz`);
      const updated = source.updates === undefined ? host : withUpdates(host, source.updates);
      const machine = parseInventory(Buffer.from(JSON.stringify(updated)), options);
      if (isWindows) return systemAlone(machine);
      const packages = [...machine.packages, ...installedApplications(source.applications ?? [])];
      return { ...machine, packages };
    }
    case 'systeminfo':
      return parseInventory(readFileSync(`${data}/inventories/windows-systeminfo/${source.file}`), options);
    case 'sbom':
      return withComponent(parseInventory(readFileSync(sbomPath(data, source.file)), options), source);
    case 'trivy':
      return parseInventory(readFileSync(`${data}/ground-truth/trivy/packages/${source.file}.json`), options);
    case 'openeuler':
      return openEulerInventory(data, source);
  }
}

function readJson(path: string): JsonObject {
  const value: unknown = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
  if (!isJsonObject(value)) throw new Error(`${path} holds no object`);
  return value;
}

const IMAGE_DIGEST = /-[0-9a-f]{64}\.spdx\.json\.gz$/;

/** The file of an image; its name ends in the image's digest. */
function sbomPath(data: string, file: string): string {
  const folder = `${data}/inventories/sbom-spdx`;
  const [found, ...more] = readdirSync(folder).filter(
    (name) => name.replace(IMAGE_DIGEST, '') === `spdx-${file}`,
  );
  if (found === undefined || more.length > 0) throw new Error(`${file}: ${more.length + 1} files`);
  return `${folder}/${found}`;
}

/** Adds the Bitnami component the image is made of, with the version that its own main file states. */
function withComponent(inventory: Inventory, source: InventorySource): Inventory {
  if (source.component === undefined) return inventory;
  const { name, statedBy } = source.component;
  const stating = inventory.packages.find((item) => item.name === statedBy);
  if (stating === undefined) throw new Error(`${source.name}: no ${statedBy}`);
  const component: InstalledPackage = {
    ecosystem: 'Bitnami',
    name,
    version: stating.version,
    arch: '',
    source: name,
    sourceVersion: stating.version,
    module: '',
    origin: '',
    paths: [`/opt/bitnami/${name}`],
  };
  return { ...inventory, packages: [...inventory.packages, component] };
}

/** The packages that scan reports of the image name: not all that it has, but all that are known to be vulnerable. */
function openEulerInventory(data: string, source: InventorySource): Inventory {
  const tar = readFileSync(`${data}/ground-truth/openeuler-image-reports/openeuler-mirror.tar.gz`);
  const rows = readOpenEulerReports(tar).filter((row) => row.image === source.file);
  const lines = rows.map((row) => {
    const [version = '', release = ''] = row.installed.split('-');
    return [row.package, '', version, release, 'aarch64', '', '', ''].join('\t');
  });
  if (lines.length === 0) throw new Error(`${source.file}: no rows`);
  const text = `${[...new Set(lines)].join('\n')}\n`;
  return parseInventory(Buffer.from(text), { osRelease: source.osRelease.join('\n'), file: source.name });
}

/** Throws where the report does not say what the inventory says. */
function assertReadsAgain(report: string, inventory: Inventory, name: string): void {
  const again = parseReport(Buffer.from(report)).inventory;
  const sorted = (item: Inventory): readonly string[] =>
    item.packages.map((one) => JSON.stringify(comparable(one))).sort();
  const [before, after] = [sorted(inventory), sorted(again)];
  const missing = before.filter((line) => !after.includes(line));
  if (missing.length > 0) {
    throw new Error(`${name}: ${missing.length} packages do not read as written, first ${missing[0]}`);
  }
  if (!isDeepStrictEqual(before, after) || again.system?.key !== inventory.system?.key) {
    throw new Error(`${name}: the report does not say what the inventory says`);
  }
  if (!isDeepStrictEqual(again.runningKernel, inventory.runningKernel)) {
    throw new Error(`${name}: kernel ${JSON.stringify([again.runningKernel, inventory.runningKernel])}`);
  }
}

/** A source rpm's file name carries no epoch, so a report of rpm packages cannot say it of a source. */
function comparable(item: InstalledPackage): InstalledPackage {
  const isRpm = schemeOf(item.ecosystem) === 'rpm';
  const sourceVersion = isRpm ? item.sourceVersion.replace(/^\d+:/, '') : item.sourceVersion;
  return { ...item, sourceVersion, paths: [...item.paths].sort() };
}
