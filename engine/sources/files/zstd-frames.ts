/** Where the frames of a Zstandard file begin and end (RFC 8878, 3.1). */
import { readSync } from 'node:fs';

export interface Frame {
  readonly start: number;
  /** One behind its last byte. */
  readonly end: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
const RLE_BLOCK = 1;

/**
 * The frames of a file, by their headers alone. Node's decompressor stops after the first one without a word, and a
 * file that was cut off looks whole to others; this knows both.
 * @returns null where the file ends inside a frame or holds something else.
 */
export function zstdFrames(file: number, size: number): Frame[] | null {
  const frames: Frame[] = [];
  for (let at = 0; at < size;) {
    const end = frameEnd(file, at);
    if (end === null || end > size) return null;
    if (!isSkippable(file, at)) frames.push({ start: at, end });
    at = end;
  }
  return frames;
}

function isSkippable(file: number, at: number): boolean {
  return (read(file, at, 4)?.readUInt32LE() ?? 0) >>> 4 === SKIPPABLE;
}

function frameEnd(file: number, start: number): number | null {
  const head = read(file, start, 5);
  if (head === null) return null;
  if (isSkippable(file, start)) {
    const length = read(file, start + 4, 4)?.readUInt32LE();
    return length === undefined ? null : start + 8 + length;
  }
  if (head.readUInt32LE() !== MAGIC) return null;
  const descriptor = head.readUInt8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryId = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const end = lastBlockEnd(file, start + 5 + (singleSegment ? 0 : 1) + dictionaryId + contentSize);
  const checksum = (descriptor & 0x04) === 0 ? 0 : 4;
  return end === null ? null : end + checksum;
}

function lastBlockEnd(file: number, first: number): number | null {
  for (let at = first; ;) {
    const header = read(file, at, 3)?.readUIntLE(0, 3);
    if (header === undefined) return null;
    const type = (header >> 1) & 3;
    at += 3 + (type === RLE_BLOCK ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
}

/** Null at the end of the file. */
function read(file: number, at: number, length: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(length);
  return readSync(file, bytes, 0, length, at) === length ? bytes : null;
}
