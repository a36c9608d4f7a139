/**
 * Encoded fragments in large buffers, each known by one number of 32 bits: two million small Buffer objects would cost
 * more than what they hold. A fragment is written once and never changed; what is released is counted for each buffer, and a
 * buffer is given back when nothing in it is held. Fragments in sparse buffers are moved by whoever holds their numbers.
 */

/** Addresses count units of 8 bytes, so that 32 bits reach 32 GiB. */
const UNIT_BYTES_LOG2 = 3;
const UNIT_BYTES = 1 << UNIT_BYTES_LOG2;
const HEADER_BYTES = 4;
const CHUNK_BYTES_LOG2_DEFAULT = 24;
/** A buffer of which less than this part is held is worth emptying. */
const SPARSE_BELOW = 0.5;

interface Chunk {
  readonly bytes: Buffer;
  heldBytes: number;
}

export class ByteArena {
  readonly #unitsLog2: number;
  readonly #chunkBytes: number;
  /** By number; undefined: given back, its number is free. */
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  #current = -1;
  #used = 0;
  #bytes = 0;

  /** `chunkBytesLog2`: how large the buffers are; a fragment that is larger gets a buffer of its own. */
  constructor(chunkBytesLog2: number = CHUNK_BYTES_LOG2_DEFAULT) {
    this.#unitsLog2 = chunkBytesLog2 - UNIT_BYTES_LOG2;
    this.#chunkBytes = 1 << chunkBytesLog2;
  }

  /** Memory held, room included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of `bytes[from..to)`; the number it answers is its address until `release`. */
  add(bytes: Buffer, from = 0, to: number = bytes.length): number {
    const size = sizeOf(to - from);
    const isLarge = size > this.#chunkBytes;
    const number = isLarge ? this.#openChunk(size) : this.#chunkWithRoom(size);
    const chunk = this.#chunks[number];
    if (chunk === undefined) throw new Error(`arena: buffer ${number} is not open`);
    const start = isLarge ? 0 : this.#used;
    if (!isLarge) this.#used += size;
    chunk.bytes.writeUInt32LE(to - from, start);
    bytes.copy(chunk.bytes, start + HEADER_BYTES, from, to);
    chunk.heldBytes += size;
    return number * 2 ** this.#unitsLog2 + (start >>> UNIT_BYTES_LOG2);
  }

  length(address: number): number {
    const { bytes, start } = this.#find(address);
    return bytes.readUInt32LE(start);
  }

  /** Copies a fragment, from its byte `skip` on, to `target` at `at`; answers where it ends there. */
  copy(address: number, target: Buffer, at: number, skip = 0): number {
    const { bytes, start } = this.#find(address);
    const length = bytes.readUInt32LE(start) - skip;
    const from = start + HEADER_BYTES + skip;
    bytes.copy(target, at, from, from + length);
    return at + length;
  }

  /**
   * The fragment itself, not to be written to. It stays what it is also after its release, and keeps its buffer in memory: for
   * no longer than an answer takes.
   */
  view(address: number): Buffer {
    const { bytes, start } = this.#find(address);
    return bytes.subarray(start + HEADER_BYTES, start + HEADER_BYTES + bytes.readUInt32LE(start));
  }

  release(address: number): void {
    const number = address >>> this.#unitsLog2;
    const chunk = this.#chunks[number];
    if (chunk === undefined) throw new Error(`arena: ${address} has been released before`);
    chunk.heldBytes -= sizeOf(this.length(address));
    if (chunk.heldBytes > 0 || number === this.#current) return;
    this.#bytes -= chunk.bytes.length;
    this.#chunks[number] = undefined;
    this.#freeNumbers.push(number);
  }

  /** Whether the buffer of a fragment holds so little that moving the fragment is worth while. */
  isSparse(address: number): boolean {
    const number = address >>> this.#unitsLog2;
    const chunk = this.#chunks[number];
    return (
      chunk !== undefined && number !== this.#current && chunk.heldBytes < chunk.bytes.length * SPARSE_BELOW
    );
  }

  /** Writes a fragment anew where there is room; the old address stays valid until it is released. */
  duplicate(address: number): number {
    return this.add(this.view(address));
  }

  #find(address: number): { readonly bytes: Buffer; readonly start: number } {
    const chunk = this.#chunks[address >>> this.#unitsLog2];
    if (chunk === undefined) throw new Error(`arena: nothing is kept at ${address}`);
    return { bytes: chunk.bytes, start: (address & (2 ** this.#unitsLog2 - 1)) << UNIT_BYTES_LOG2 };
  }

  #chunkWithRoom(size: number): number {
    if (this.#current >= 0 && this.#used + size <= this.#chunkBytes) return this.#current;
    const full = this.#current;
    this.#current = this.#openChunk(this.#chunkBytes);
    this.#used = 0;
    const chunk = this.#chunks[full];
    if (chunk !== undefined && chunk.heldBytes === 0) {
      this.#bytes -= chunk.bytes.length;
      this.#chunks[full] = undefined;
      this.#freeNumbers.push(full);
    }
    return this.#current;
  }

  #openChunk(size: number): number {
    const number = this.#freeNumbers.pop() ?? this.#chunks.length;
    if (number >= 2 ** (32 - this.#unitsLog2))
      throw new Error('arena: 32 GiB of fragments are held; no more fit');
    this.#chunks[number] = { bytes: Buffer.allocUnsafeSlow(size), heldBytes: 0 };
    this.#bytes += size;
    return number;
  }
}

function sizeOf(length: number): number {
  return Math.ceil((length + HEADER_BYTES) / UNIT_BYTES) * UNIT_BYTES;
}
