/** WES-NG's rows of the Windows releases that the sample fleet has, in their own form, and what those servers report. */

import { targetsOf } from '../../src/advisories/feeds/windows-updates.ts';
import { readCsvRows } from '../../src/archive/csv-rows.ts';
import { leavesOfFile } from '../../src/archive/leaves.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { updateNumberOf } from '../../src/windows/update-number.ts';

/** The products of the fleet's Windows servers. */
const PRODUCTS: ReadonlySet<string> = new Set([
  'Windows Server 2012 R2',
  'Windows Server 2016',
  'Windows Server 2019',
  'Windows Server 2022',
]);
/** Columns that nothing reads are left empty. */
const KEPT: readonly string[] = [
  'DatePosted',
  'CVE',
  'BulletinKB',
  'AffectedProduct',
  'AffectedComponent',
  'Severity',
  'Supersedes',
];
const ROW_BYTES_MAX = 64 * 1024;

/** The list as comma-separated values with its heading, each row once, in the order of the source. */
export async function windowsText(
  data: string,
): Promise<{ readonly text: string; readonly entries: number }> {
  const path = `${data}/windows/wesng/definitions.zip`;
  const lines = new Set<string>();
  for await (const leaf of leavesOfFile(path, path, {})) {
    if (leaf.kind !== 'content' || !/CVEs_\d+\.csv$/.test(leaf.name)) continue;
    let header: readonly string[] = [];
    for await (const rows of readCsvRows(leaf.content, { rowBytesMax: ROW_BYTES_MAX })) {
      for (const { fields } of rows) {
        if (header.length === 0) {
          header = fields;
          lines.add(lineOf(fields));
        } else if (isKept(fields, header)) {
          lines.add(lineOf(fields.map((field, at) => (KEPT.includes(header[at] ?? '') ? field : ''))));
        }
      }
    }
  }
  return { text: `${[...lines].join('\n')}\n`, entries: lines.size - 1 };
}

/** Rows that name an update of a product of the fleet, or of a part of one. */
function isKept(fields: readonly string[], header: readonly string[]): boolean {
  const targets = targetsOf(fields[header.indexOf('AffectedProduct')] ?? '');
  const hasUpdate = updateNumberOf(fields[header.indexOf('BulletinKB')] ?? '') !== undefined;
  return hasUpdate && targets.some(({ product }) => PRODUCTS.has(product));
}

function lineOf(fields: readonly string[]): string {
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
}

/** The sections of a report that tell of a Windows server; none of any other. */
export function windowsSections(inventory: Inventory): readonly string[] {
  const running = inventory.packages.find((pkg) => pkg.updates !== undefined);
  if (running?.updates === undefined) return [];
  const updates = running.updates.split(' ').filter((number) => number !== '');
  return [
    '[windows]',
    `version ${running.version}`,
    'type server',
    'architecture x64',
    `name ${inventory.system?.name ?? ''}`,
    'restart-required no',
    '[windows updates]',
    ...updates.map((number) => `${number}\tinstalled`).sort(),
  ];
}

/** The system alone: the programs of a Windows server are none that an advisory here speaks of. */
export function systemAlone(inventory: Inventory): Inventory {
  return { ...inventory, packages: inventory.packages.filter((pkg) => pkg.updates !== undefined) };
}
