/** Small ELF files for tests: a header, the sections given, their table; one segment maps the whole file at an address. */
export const LOAD_ADDRESS = 0x400000;

export interface ElfInput {
  readonly sections: readonly { readonly name: string; readonly content: Buffer }[];
  readonly is64?: boolean;
  readonly isBigEndian?: boolean;
  /** Bytes of the whole file at least. */
  readonly bytesMin?: number;
}

/** The file, and where each section's content begins in it. */
export function elfOf(input: ElfInput): { readonly file: Buffer; readonly offsets: readonly number[] } {
  const { is64 = true, isBigEndian = false, bytesMin = 4_096 } = input;
  const width = is64 ? 8 : 4;
  const names = Buffer.from(
    `\0${input.sections.map(({ name }) => `${name}\0`).join('')}.shstrtab\0`,
    'latin1',
  );
  const contents = [...input.sections.map(({ content }) => content), names];
  const offsets: number[] = [];
  let at = 128;
  for (const content of contents) {
    offsets.push(at);
    at += Math.ceil(content.byteLength / 16) * 16;
  }
  const table = at;
  const entryBytes = is64 ? 64 : 40;
  const file = Buffer.alloc(Math.max(bytesMin, table + entryBytes * (contents.length + 1)));
  const put = (value: number, position: number, bytes: number): void => {
    if (bytes === 8) {
      if (isBigEndian) file.writeBigUInt64BE(BigInt(value), position);
      else file.writeBigUInt64LE(BigInt(value), position);
    } else if (isBigEndian) file.writeUIntBE(value, position, bytes);
    else file.writeUIntLE(value, position, bytes);
  };
  file.write('\x7fELF', 'latin1');
  file[4] = is64 ? 2 : 1;
  file[5] = isBigEndian ? 2 : 1;
  const programTable = is64 ? 64 : 52;
  put(programTable, is64 ? 32 : 28, width);
  put(table, is64 ? 40 : 32, width);
  const counts = is64 ? 54 : 42;
  [is64 ? 56 : 32, 1, entryBytes, contents.length + 1, contents.length].forEach((value, index) => {
    put(value, counts + 2 * index, 2);
  });
  put(1, programTable, 4);
  put(0, programTable + (is64 ? 8 : 4), width);
  put(LOAD_ADDRESS, programTable + (is64 ? 16 : 8), width);
  put(file.byteLength, programTable + (is64 ? 32 : 16), width);
  let nameAt = 1;
  contents.forEach((content, index) => {
    const entry = table + entryBytes * (index + 1);
    const offset = offsets[index] ?? 0;
    content.copy(file, offset);
    put(nameAt, entry, 4);
    put(1, entry + 4, 4);
    put(LOAD_ADDRESS + offset, entry + (is64 ? 16 : 12), width);
    put(offset, entry + (is64 ? 24 : 16), width);
    put(content.byteLength, entry + (is64 ? 32 : 20), width);
    nameAt += (input.sections[index]?.name.length ?? 0) + 1;
  });
  return { file, offsets };
}
