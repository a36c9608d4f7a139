import { inflateSync } from 'node:zlib';
import { parseJson } from '../../archive/json-guard.ts';
import { listField, textField } from '../json-fields.ts';
import type { FoundApplicationPackage } from '../package-list.ts';
import { type ElfFile, readSection } from './elf.ts';
import type { RegularFile } from './file-reading.ts';

/** Largest section read, and what it may unpack to, in bytes; a program of a thousand crates has some 20 kB and 150 kB. */
export const RUST_AUDIT_BYTES_MAX = 1024 ** 2;
export const RUST_AUDIT_UNPACKED_BYTES_MAX = 8 * 1024 ** 2;

const SECTION = '.dep-v0';
const REGISTRY = 'crates.io';

/**
 * The crates that a Rust program was built from, where it was built with `cargo auditable`: zlib-packed JSON in a section of
 * its own (https://github.com/rust-secure-code/cargo-auditable). Only crates of the public registry and only those that are
 * part of the program, not of its building. `broken` for such a section that cannot be read; undefined where there is none.
 */
export function readRustCrates(
  file: RegularFile,
  elf: ElfFile,
): readonly FoundApplicationPackage[] | 'broken' | undefined {
  const section = readSection(file, elf, SECTION, RUST_AUDIT_BYTES_MAX);
  if (section === undefined) return undefined;
  let text: string;
  try {
    text = inflateSync(section, { maxOutputLength: RUST_AUDIT_UNPACKED_BYTES_MAX }).toString('utf8');
  } catch {
    return 'broken';
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return 'broken';
  return listField(parsed.value, 'packages').flatMap((crate) => {
    const name = textField(crate, 'name');
    const version = textField(crate, 'version');
    const isPart = textField(crate, 'kind') !== 'build' && textField(crate, 'source') === REGISTRY;
    return isPart && name !== '' && version !== ''
      ? [{ ecosystem: 'crates.io' as const, name, version }]
      : [];
  });
}
