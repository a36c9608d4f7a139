import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A regular file opened for reading at any place. Made by `openRegularFile`; whoever opens it closes it. */
export interface RegularFile {
  readonly path: string;
  readonly fd: number;
  /** In bytes. */
  readonly size: number;
}

/**
 * Opens a file, but neither through a link nor anything but a regular one: what the walk saw may have been exchanged since.
 * Undefined where it cannot be opened so.
 */
export function openRegularFile(path: string): RegularFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const found = fstatSync(fd);
    if (found.isFile()) return { path, fd, size: found.size };
  } catch {
    // Falls through: what has no size cannot be read with a bound.
  }
  closeSync(fd);
  return undefined;
}

export function closeRegularFile(file: RegularFile): void {
  closeSync(file.fd);
}

/** Up to `length` bytes from `position` on; fewer where the file ends before. Throws where the disk fails. */
export function readAt(file: RegularFile, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, Math.min(length, file.size - position)));
  let done = 0;
  while (done < bytes.byteLength) {
    const count = readSync(file.fd, bytes, done, bytes.byteLength - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** The first `bytesMax` bytes of a file; undefined where it cannot be opened (see `openRegularFile`). Throws where the disk fails. */
export function readBeginning(path: string, bytesMax: number): Buffer | undefined {
  const file = openRegularFile(path);
  if (file === undefined) return undefined;
  try {
    return readAt(file, 0, bytesMax);
  } finally {
    closeRegularFile(file);
  }
}

/** A whole file as text; `too-large` past `bytesMax`, undefined where it cannot be opened. Throws where the disk fails. */
export function readWholeText(path: string, bytesMax: number): string | 'too-large' | undefined {
  const file = openRegularFile(path);
  if (file === undefined) return undefined;
  try {
    if (file.size > bytesMax) return 'too-large';
    return readAt(file, 0, bytesMax).toString('utf8');
  } finally {
    closeRegularFile(file);
  }
}
