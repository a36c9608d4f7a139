import { readFileSync } from 'node:fs';
import { isAppError } from '../../src/errors.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import type { InstalledPackage } from '../../src/inventory/package.ts';
import { type ParseInventoryOptions, parseInventory } from '../../src/inventory/parse.ts';

const FIXTURES = new URL('../fixtures/inventories/', import.meta.url);

export function parseFixture(name: string, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(readFileSync(new URL(name, FIXTURES)), { file: name, ...options });
}

export function parseText(text: string, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(Buffer.from(text), options);
}

export function parseValue(value: unknown, options: ParseInventoryOptions = {}): Inventory {
  return parseText(JSON.stringify(value), options);
}

/** The code of the error that `parse` throws; anything but an `AppError` goes through. */
export function codeOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (isAppError(error)) return error.code;
    throw error;
  }
  return 'no error';
}

/** The fields that tell a system package, as one short text. */
export function short(item: InstalledPackage): string {
  return [item.name, item.version, item.arch, item.source, item.sourceVersion, item.module, item.origin].join(
    '|',
  );
}
