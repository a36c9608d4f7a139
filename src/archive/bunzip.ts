/**
 * bzip2, written from the format's description (https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf):
 * vendors publish OVAL definitions in it, and Node.js does not read it.
 */

/** Compressed data is broken or cut short; the message is the problem in words, without the file's name. */
export class PackedDataProblem extends Error {}

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const GROUP_SYMBOLS = 50;
const CODE_LENGTH_MAX = 20;
const SELECTORS_MAX = 18_002;

const CRC_TABLE = crcTable();

/** The unpacked data, block by block (900 kB at most, but for runs). Throws `PackedDataProblem`. */
export function* bunzipBlocks(data: Uint8Array): Generator<Uint8Array> {
  const bits = new BitReader(data);
  do {
    if (bits.read(24) !== 0x425a68) throw new PackedDataProblem('is broken bzip2 data (no stream header)');
    const level = bits.read(8) - 0x30;
    if (level < 1 || level > 9) throw new PackedDataProblem('is broken bzip2 data (unknown block size)');
    yield* streamBlocks(bits, level * 100_000);
    bits.alignToByte();
  } while (bits.bytesLeft >= 4);
}

function* streamBlocks(bits: BitReader, blockBytesMax: number): Generator<Uint8Array> {
  let streamCrc = 0;
  for (;;) {
    const magic = bits.read(24) * 0x1000000 + bits.read(24);
    const crc = bits.read32();
    if (magic === END_MAGIC) {
      if (crc !== streamCrc) throw new PackedDataProblem('is broken bzip2 data (its checksum differs)');
      return;
    }
    if (magic !== BLOCK_MAGIC) throw new PackedDataProblem('is broken bzip2 data (no block header)');
    const block = readBlock(bits, blockBytesMax);
    if (crcOf(block) !== crc)
      throw new PackedDataProblem('is broken bzip2 data (the checksum of a block differs)');
    streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ crc) >>> 0;
    yield block;
  }
}

/** Bits from the highest down, as bzip2 packs them. */
class BitReader {
  readonly #data: Uint8Array;
  #at = 0;
  #held = 0;
  #heldBits = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get bytesLeft(): number {
    return this.#data.byteLength - this.#at;
  }

  /** At most 24 bits. */
  read(count: number): number {
    while (this.#heldBits < count) {
      const byte = this.#data[this.#at];
      if (byte === undefined) throw new PackedDataProblem('ends in the middle of its bzip2 data');
      this.#at += 1;
      this.#held = ((this.#held & 0xffffff) << 8) | byte;
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1);
  }

  read32(): number {
    return (this.read(16) * 0x10000 + this.read(16)) >>> 0;
  }

  alignToByte(): void {
    this.#heldBits -= this.#heldBits % 8;
    // Whole bytes that were fetched ahead are given back.
    this.#at -= this.#heldBits / 8;
    this.#heldBits = 0;
  }
}

function readBlock(bits: BitReader, blockBytesMax: number): Uint8Array {
  if (bits.read(1) === 1) throw new PackedDataProblem('is bzip2 data of a version before 0.9.5');
  const origin = bits.read(24);
  const symbols = readSymbolMap(bits);
  const { transformed, length } = readTransformed(bits, symbols, blockBytesMax);
  if (origin >= length) throw new PackedDataProblem('is broken bzip2 data (a block begins outside itself)');
  return expandRuns(untransform(transformed, length, origin));
}

function readSymbolMap(bits: BitReader): Uint8Array {
  const used = bits.read(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group += 1) {
    if ((used & (0x8000 >> group)) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member += 1) {
      if ((members & (0x8000 >> member)) !== 0) symbols.push(group * 16 + member);
    }
  }
  if (symbols.length === 0) throw new PackedDataProblem('is broken bzip2 data (a block without symbols)');
  return Uint8Array.from(symbols);
}

/** A canonical Huffman code: how far codes of each length reach, and the symbols in the order of their codes. */
interface HuffmanCode {
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

function readTransformed(
  bits: BitReader,
  symbols: Uint8Array,
  blockBytesMax: number,
): { readonly transformed: Uint32Array; readonly length: number } {
  const alphabet = symbols.length + 2;
  const codeCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (codeCount < 2 || codeCount > 6 || selectorCount === 0) {
    throw new PackedDataProblem('is broken bzip2 data (a block without codes)');
  }
  const selectors = readSelectors(bits, codeCount, selectorCount);
  const codes = Array.from({ length: codeCount }, () => readCode(bits, alphabet));
  const transformed = new Uint32Array(blockBytesMax);
  const recent = symbols.slice();
  let length = 0;
  let run = 0;
  let runWeight = 1;
  for (let decoded = 0; ; decoded += 1) {
    const code = codes[selectors[Math.floor(decoded / GROUP_SYMBOLS)] ?? -1];
    if (code === undefined) throw new PackedDataProblem('is broken bzip2 data (a block without its end)');
    const symbol = readSymbol(bits, code);
    if (symbol <= 1) {
      run += runWeight << symbol;
      runWeight <<= 1;
      if (run > blockBytesMax) throw new PackedDataProblem('is broken bzip2 data (a run past its block)');
      continue;
    }
    if (run > 0) {
      if (length + run > blockBytesMax)
        throw new PackedDataProblem('is broken bzip2 data (a block too long)');
      transformed.fill(recent[0] ?? 0, length, length + run);
      length += run;
      run = 0;
      runWeight = 1;
    }
    if (symbol === alphabet - 1) return { transformed, length };
    if (length >= blockBytesMax) throw new PackedDataProblem('is broken bzip2 data (a block too long)');
    const byte = recent[symbol - 1] ?? 0;
    recent.copyWithin(1, 0, symbol - 1);
    recent[0] = byte;
    transformed[length] = byte;
    length += 1;
  }
}

function readSelectors(bits: BitReader, codeCount: number, selectorCount: number): Uint8Array {
  const selectors = new Uint8Array(Math.min(selectorCount, SELECTORS_MAX));
  const recent = Uint8Array.from({ length: codeCount }, (_, index) => index);
  for (let index = 0; index < selectorCount; index += 1) {
    let place = 0;
    while (bits.read(1) === 1) {
      place += 1;
      if (place >= codeCount) throw new PackedDataProblem('is broken bzip2 data (an unknown selector)');
    }
    const chosen = recent[place] ?? 0;
    recent.copyWithin(1, 0, place);
    recent[0] = chosen;
    // Some writers give more selectors than a block can use; those are read and dropped.
    if (index < selectors.length) selectors[index] = chosen;
  }
  return selectors;
}

function readCode(bits: BitReader, alphabet: number): HuffmanCode {
  const lengths = new Uint8Array(alphabet);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabet; symbol += 1) {
    while (bits.read(1) === 1) length += bits.read(1) === 0 ? 1 : -1;
    if (length < 1 || length > CODE_LENGTH_MAX)
      throw new PackedDataProblem('is broken bzip2 data (a code too long)');
    lengths[symbol] = length;
  }
  const limits = new Int32Array(CODE_LENGTH_MAX + 1).fill(-1);
  const offsets = new Int32Array(CODE_LENGTH_MAX + 1);
  const symbols = new Uint16Array(alphabet);
  let code = 0;
  let placed = 0;
  for (let size = 1; size <= CODE_LENGTH_MAX; size += 1) {
    offsets[size] = placed - code;
    for (let symbol = 0; symbol < alphabet; symbol += 1) {
      if (lengths[symbol] !== size) continue;
      symbols[placed] = symbol;
      placed += 1;
      code += 1;
    }
    limits[size] = code - 1;
    code <<= 1;
  }
  return { limits, offsets, symbols };
}

function readSymbol(bits: BitReader, code: HuffmanCode): number {
  let value = 0;
  for (let size = 1; size <= CODE_LENGTH_MAX; size += 1) {
    value = (value << 1) | bits.read(1);
    if (value > (code.limits[size] ?? -1)) continue;
    const symbol = code.symbols[value + (code.offsets[size] ?? 0)];
    if (symbol !== undefined) return symbol;
  }
  throw new PackedDataProblem('is broken bzip2 data (an unknown code)');
}

/** Undoes the Burrows-Wheeler transform. */
function untransform(transformed: Uint32Array, length: number, origin: number): Uint8Array {
  const starts = new Uint32Array(256);
  for (let at = 0; at < length; at += 1) {
    const byte = transformed[at] ?? 0;
    starts[byte] = (starts[byte] ?? 0) + 1;
  }
  let sum = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const count = starts[byte] ?? 0;
    starts[byte] = sum;
    sum += count;
  }
  // The byte stays in the low 8 bits, the place of its successor goes above them: a block has fewer than 2^24 bytes.
  for (let at = 0; at < length; at += 1) {
    const byte = (transformed[at] ?? 0) & 0xff;
    const place = starts[byte] ?? 0;
    transformed[place] = (transformed[place] ?? 0) | (at << 8);
    starts[byte] = place + 1;
  }
  const bytes = new Uint8Array(length);
  let next = (transformed[origin] ?? 0) >>> 8;
  for (let at = 0; at < length; at += 1) {
    const entry = transformed[next] ?? 0;
    bytes[at] = entry & 0xff;
    next = entry >>> 8;
  }
  return bytes;
}

/** Four equal bytes are followed by a count of further ones. */
function expandRuns(bytes: Uint8Array): Uint8Array {
  let total = 0;
  forEachRun(bytes, (_byte, count) => {
    total += count;
  });
  const expanded = new Uint8Array(total);
  let at = 0;
  forEachRun(bytes, (byte, count) => {
    expanded.fill(byte, at, at + count);
    at += count;
  });
  return expanded;
}

function forEachRun(bytes: Uint8Array, tell: (byte: number, count: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    let count = 1;
    while (count < 4 && bytes[at + count] === byte) count += 1;
    at += count;
    if (count < 4 || at >= bytes.length) tell(byte, count);
    else {
      tell(byte, count + (bytes[at] ?? 0));
      at += 1;
    }
  }
}

function crcTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
    table[byte] = crc >>> 0;
  }
  return table;
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) | 0;
  return ~crc >>> 0;
}
