/**
 * The two hashes kept per entity. Both are the first 128 bits of SHA-256: two different values meet by chance after
 * about 2^64 rows, and nobody can construct such a pair cheaply.
 */
import { hash } from 'node:crypto';
import type { CellValue } from './cell.ts';
import type { EncodedKey } from './key.ts';

export const HASH_BYTES = 16;
const MAX_INTEGER = 2n ** 63n - 1n;

/** Hash of a text as it is embedded. */
export function textHash(text: string): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, HASH_BYTES);
}

/**
 * Hash of a row: its key and the values that the recipe uses, each with its type and length, so that NULL differs from
 * empty and ('ab','c') from ('a','bc'). The key is part of it, so that a sum over a range notices two rows that swap
 * their values.
 */
export function rowChecksum(key: EncodedKey, values: readonly CellValue[]): Buffer {
  let at = reserve(0, key.length + 4);
  at = scratch.writeUInt32BE(key.length, at);
  scratch.set(key, at);
  at += key.length;
  for (const value of values) at = appendValue(value, at);
  return hash('sha256', scratch.subarray(0, at), 'buffer').subarray(0, HASH_BYTES);
}

/** One buffer per thread, reused: hashing a row allocates nothing but its result. */
let scratch = Buffer.allocUnsafe(64 * 1024);

function reserve(at: number, more: number): number {
  if (at + more > scratch.length) {
    const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + more));
    scratch.copy(larger, 0, 0, at);
    scratch = larger;
  }
  return at;
}

function appendValue(value: CellValue, start: number): number {
  if (value === null) return scratch.writeUInt8(0, reserve(start, 1));
  if (typeof value === 'bigint') {
    // Beyond 63 bits it is unsigned, and another value than the one with the same bits.
    const tag = value > MAX_INTEGER ? 5 : 1;
    return scratch.writeBigInt64BE(BigInt.asIntN(64, value), scratch.writeUInt8(tag, reserve(start, 9)));
  }
  if (typeof value === 'number') {
    return scratch.writeDoubleBE(value, scratch.writeUInt8(2, reserve(start, 9)));
  }
  const isText = typeof value === 'string';
  const length = isText ? Buffer.byteLength(value) : value.length;
  let at = scratch.writeUInt8(isText ? 3 : 4, reserve(start, length + 5));
  at = scratch.writeUInt32BE(length, at);
  if (isText) scratch.write(value, at, 'utf8');
  else scratch.set(value, at);
  return at + length;
}
