import type { ByteStream } from './byte-stream.ts';

/** One line, without its ending. `text` is empty where the line is longer than the bound. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  readonly isTooLong: boolean;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Splits UTF-8 text into lines as it arrives, in batches (all lines that end within one piece), because a promise per
 * line would cost more than the line. LF and CRLF end a line; a byte order mark is dropped; bytes that are no UTF-8
 * become U+FFFD. A line of more than `lineBytesMax` bytes is passed over without being held, and marked.
 */
export async function* readLines(
  source: ByteStream,
  options: { readonly lineBytesMax: number },
): AsyncGenerator<readonly Line[]> {
  const pending = startPending(options.lineBytesMax);
  let number = 0;
  for await (const bytes of source) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      number += 1;
      lines.push(pending.end(number, chunk.subarray(start, end)));
      start = end + 1;
    }
    pending.add(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (!pending.isEmpty()) yield [pending.end(number + 1, Buffer.alloc(0))];
}

interface PendingLine {
  readonly add: (bytes: Buffer) => void;
  readonly end: (number: number, last: Buffer) => Line;
  readonly isEmpty: () => boolean;
}

/** What is known of the line that has not ended yet. */
function startPending(lineBytesMax: number): PendingLine {
  let parts: Buffer[] = [];
  let length = 0;
  const add = (bytes: Buffer): void => {
    length += bytes.byteLength;
    if (length > lineBytesMax) parts = [];
    else if (bytes.byteLength > 0) parts.push(bytes);
  };
  const end = (number: number, last: Buffer): Line => {
    // The common line lies in one piece: it is decoded where it lies.
    const whole = length === 0 ? last : undefined;
    add(last);
    const isTooLong = length > lineBytesMax;
    const text = isTooLong ? '' : textOf(whole ?? Buffer.concat(parts), number);
    parts = [];
    length = 0;
    return { number, text, isTooLong };
  };
  return { add, end, isEmpty: () => length === 0 };
}

function textOf(bytes: Buffer, number: number): string {
  const length = bytes[bytes.byteLength - 1] === RETURN ? bytes.byteLength - 1 : bytes.byteLength;
  const text = bytes.toString('utf8', 0, length);
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
