import { crc32 } from 'node:zlib';
import { PackedDataProblem } from './bunzip.ts';
import { Lzma2Decoder } from './lzma2.ts';

/**
 * xz (https://tukaani.org/xz/xz-file-format.txt): streams of blocks of LZMA2 data. Ubuntu publishes its OSV records in it,
 * and Node.js does not read it. Other filters than LZMA2 and checks other than CRC32 (which is verified), CRC64 and SHA-256
 * (which are skipped: an archive inside has sums of its own) are refused.
 */

const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FOOTER_BYTES = 12;
const CHECK_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [10, 32],
]);
const LZMA2_FILTER = 0x21;
/** Largest dictionary taken, in bytes; `xz -9` makes 64 MiB. */
const DICTIONARY_BYTES_MAX = 64 * 1024 ** 2;

/** The unpacked data, chunk by chunk (2 MiB at most). Throws `PackedDataProblem`. */
export function* unxzChunks(data: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  while (at < data.byteLength) {
    if (HEADER_MAGIC.some((byte, index) => data[at + index] !== byte)) throw broken('no stream header');
    const checkBytes = CHECK_BYTES.get(byteAt(data, at + 7));
    if (checkBytes === undefined) throw broken('an unknown kind of checksum');
    const reader = { data, at: at + 12 };
    while (byteAt(data, reader.at) !== 0) yield* readBlock(reader, checkBytes);
    at = afterIndex(reader);
    // Streams may be padded by fours of zero bytes.
    while (at < data.byteLength && data[at] === 0) at += 4;
  }
}

interface Reader {
  readonly data: Uint8Array;
  at: number;
}

function* readBlock(reader: Reader, checkBytes: number): Generator<Uint8Array> {
  const { data } = reader;
  const start = reader.at;
  const end = start + (byteAt(data, start) + 1) * 4;
  const flags = byteAt(data, start + 1);
  const header = Buffer.from(
    data.buffer,
    data.byteOffset + start,
    Math.max(0, Math.min(end, data.byteLength) - start),
  );
  if (end > data.byteLength || crc32(header.subarray(0, -4)) !== header.readUInt32LE(header.byteLength - 4)) {
    throw broken('the header of a block');
  }
  reader.at = start + 2;
  if ((flags & 0x40) !== 0) readNumber(reader);
  if ((flags & 0x80) !== 0) readNumber(reader);
  if ((flags & 3) !== 0 || readNumber(reader) !== LZMA2_FILTER || readNumber(reader) !== 1) {
    throw new PackedDataProblem('is xz data with filters that Parapet does not read (unpack it first)');
  }
  const dictionaryBytes = dictionarySize(byteAt(data, reader.at));
  const decoder = new Lzma2Decoder(data, end, dictionaryBytes);
  let sum = 0;
  for (let chunk = decoder.next(); chunk !== undefined; chunk = decoder.next()) {
    if (checkBytes === 4) sum = crc32(chunk, sum);
    yield chunk;
  }
  reader.at = decoder.at;
  while ((reader.at - end) % 4 !== 0) reader.at += 1;
  if (checkBytes === 4) {
    const stated = Buffer.from(data.buffer, data.byteOffset + reader.at, 4).readUInt32LE(0);
    if (stated !== sum) throw broken('the checksum of a block differs');
  }
  reader.at += checkBytes;
}

function dictionarySize(bits: number): number {
  const size = bits > 40 ? Number.POSITIVE_INFINITY : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  if (size > DICTIONARY_BYTES_MAX) {
    throw new PackedDataProblem(`is xz data with a dictionary of more than ${DICTIONARY_BYTES_MAX} bytes`);
  }
  return size;
}

/** Passes over the index and the footer of a stream; where it ends. */
function afterIndex(reader: Reader): number {
  const start = reader.at;
  reader.at += 1;
  const records = readNumber(reader);
  if (records > reader.data.byteLength) throw broken('its index');
  for (let record = 0; record < records; record += 1) {
    readNumber(reader);
    readNumber(reader);
  }
  while ((reader.at - start) % 4 !== 0) reader.at += 1;
  const end = reader.at + 4 + FOOTER_BYTES;
  if (byteAt(reader.data, end - 2) !== 0x59 || byteAt(reader.data, end - 1) !== 0x5a)
    throw broken('its footer');
  return end;
}

/** Seven bits a byte, lowest first. */
function readNumber(reader: Reader): number {
  let value = 0;
  let factor = 1;
  for (let count = 0; count < 9; count += 1) {
    const byte = byteAt(reader.data, reader.at);
    reader.at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  throw broken('a number too long');
}

function byteAt(data: Uint8Array, at: number): number {
  const byte = data[at];
  if (byte === undefined) throw new PackedDataProblem('ends in the middle of its xz data');
  return byte;
}

function broken(what: string): PackedDataProblem {
  return new PackedDataProblem(`is broken xz data (${what})`);
}
