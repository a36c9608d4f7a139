/** Texts of a folder of gathered data, through any gzip, zip and tar, read with the bounds that strangers' files get. */
import { existsSync } from 'node:fs';
import { parse } from 'yaml';
import { findFiles } from '../src/advisories/find-files.ts';
import { collectStream } from '../src/archive/byte-stream.ts';
import { parseJson } from '../src/archive/json-guard.ts';
import { leavesOfFile } from '../src/archive/leaves.ts';

/** Largest file read whole, in bytes. The largest there is (an SPDX document) has 3 MiB. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;

export interface NamedText {
  /** Where it lies: `…/wazuh-qa.tar.gz!001/input_001.json`. */
  readonly name: string;
  readonly text: string;
}

/** Every file under `path` (a file or a folder; nothing where it does not exist) whose name `isWanted`. */
export async function* textsUnder(
  path: string,
  isWanted: (name: string) => boolean = () => true,
): AsyncGenerator<NamedText> {
  if (!existsSync(path)) return;
  const { files } = await findFiles([path]);
  for (const file of files) {
    for await (const leaf of leavesOfFile(file.path, file.path)) {
      if (leaf.kind === 'refused' || !isWanted(leaf.name)) continue;
      const bytes = await collectStream(leaf.content, { name: leaf.name, bytesMax: TEXT_BYTES_MAX });
      yield { name: leaf.name, text: Buffer.from(bytes).toString('utf8') };
    }
  }
}

/** The JSON values of a text that has one a line; a broken line is passed over. */
export function* jsonLines(text: string): Generator<unknown> {
  for (const line of text.split('\n')) {
    const parsed = parseJson(line);
    if (parsed.ok) yield parsed.value;
  }
}

/** The value of a JSON text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

/** The value of a YAML text; undefined where it is none. */
export function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
