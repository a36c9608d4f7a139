/** What `bench matching` works on: real hosts and facts from `../shared/data`, or the bundled snapshot where that is not there. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Advisory } from '../src/advisories/advisory.ts';
import { readAdvisoryFiles } from '../src/advisories/read.ts';
import type { Inventory } from '../src/inventory/inventory.ts';
import { parseInventory } from '../src/inventory/parse.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHARED = join(ROOT, '../shared/data');
const SNAPSHOT = join(ROOT, 'snapshot');

export interface FeedAdvisory {
  readonly feed: string;
  readonly advisory: Advisory;
}

/** A host and the advisories it is matched with. */
export interface MatchingCase {
  readonly name: string;
  readonly inventory: Inventory;
  readonly system: string;
  readonly advisories: readonly FeedAdvisory[];
  /** The files the advisories came from. */
  readonly paths: readonly string[];
}

export interface NotusCase extends MatchingCase {
  /** The product in notus form, as JSON text. */
  readonly product: string;
}

/** An Ubuntu 22.04 host with its notus product file; of the snapshot, an AlmaLinux 8 host with the same facts as a product. */
export async function notusCase(): Promise<NotusCase> {
  const file = join(SHARED, 'advisories/notus/ubuntu_22.04.notus.json.gz');
  if (existsSync(file)) {
    const found = await caseOf(
      'Ubuntu 22.04 host',
      'ubuntu:22.04',
      join(SHARED, 'inventories/vuls-hosts/ubuntu_2204.json.gz'),
      [file],
    );
    return { ...found, product: gunzipSync(await readFile(file)).toString('utf8') };
  }
  const found = await caseOf(
    'AlmaLinux 8 host',
    'almalinux:8',
    join(SNAPSHOT, 'fleet/inventories/almalinux-8.9.report.gz'),
    [join(SNAPSHOT, 'advisories/almalinux-8.osv.jsonl.gz')],
  );
  return { ...found, product: JSON.stringify(productOf(found)) };
}

/** A Debian 11 host with the facts of Debian's DSA and DLA lists. */
export async function debianCase(): Promise<MatchingCase> {
  const host = join(SHARED, 'inventories/vuls-hosts/debian_11.json.gz');
  if (existsSync(host)) {
    return caseOf('Debian 11 host', 'debian:11', host, [join(SHARED, 'advisories/debian-tracker')]);
  }
  return caseOf('Debian 11 host', 'debian:11', join(SNAPSHOT, 'fleet/inventories/debian-11.0.report.gz'), [
    join(SNAPSHOT, 'advisories/debian.osv.jsonl.gz'),
  ]);
}

async function caseOf(
  name: string,
  system: string,
  inventoryFile: string,
  paths: readonly string[],
): Promise<MatchingCase> {
  const inventory = parseInventory(await readFile(inventoryFile), { file: inventoryFile });
  const advisories: FeedAdvisory[] = [];
  for await (const item of readAdvisoryFiles(paths)) {
    if (item.kind === 'advisory') advisories.push({ feed: item.feed, advisory: item.advisory });
  }
  return { name, inventory, system, advisories, paths };
}

/** The facts of a case in the form of a notus product file. */
function productOf({ system, advisories }: MatchingCase): unknown {
  return {
    version: '1.2',
    package_type: 'rpm',
    product_name: system,
    advisories: advisories.map(({ advisory }, number) => ({
      oid: `1.3.6.1.4.1.25623.1.1.0.${number}`,
      fixed_packages: advisory.affected.flatMap((affected) =>
        affected.ecosystem !== system
          ? []
          : affected.ranges.flatMap(({ fixed }) =>
              fixed === ''
                ? []
                : [
                    {
                      full_name: `${affected.name}-${fixed}.${affected.architectures[0] ?? 'x86_64'}`,
                      specifier: '>=',
                    },
                  ],
            ),
      ),
    })),
  };
}
