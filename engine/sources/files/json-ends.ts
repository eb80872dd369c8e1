import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BLOCK_BYTES = 4096;
const WHITE_SPACE = new Set([...' \t\n\r'].map((character) => character.charCodeAt(0)));
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * The first and the last character of a file that are not white space, a byte order mark left aside; '' where there is none.
 * DuckDB takes an array that was cut off behind a comma for a whole one, and loses all that followed without a word.
 */
export function jsonEnds(path: string): { readonly first: string; readonly last: string } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const starts = readAt(file, 0, BYTE_ORDER_MARK.length).every((byte, i) => byte === BYTE_ORDER_MARK[i]);
    const start = starts ? Math.min(size, BYTE_ORDER_MARK.length) : 0;
    return { first: firstOf(file, start, size), last: lastOf(file, start, size) };
  } finally {
    closeSync(file);
  }
}

function firstOf(file: number, start: number, size: number): string {
  for (let at = start; at < size; at += BLOCK_BYTES) {
    const found = readAt(file, at, BLOCK_BYTES).find(isPrinted);
    if (found !== undefined) return String.fromCharCode(found);
  }
  return '';
}

function lastOf(file: number, start: number, size: number): string {
  for (let end = size; end > start; end -= BLOCK_BYTES) {
    const from = Math.max(start, end - BLOCK_BYTES);
    const found = readAt(file, from, end - from).findLast(isPrinted);
    if (found !== undefined) return String.fromCharCode(found);
  }
  return '';
}

const isPrinted = (byte: number): boolean => !WHITE_SPACE.has(byte);

function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}
