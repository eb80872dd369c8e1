/** When a file that was read before need not be read again. */
import type { BigIntStats } from 'node:fs';

/** Clocks of file systems tick this slowly at worst: two writes within a tick leave the same times. */
const RACY_MS = 100n;

/** Equal where nobody touched the file, as far as {@link isSettled} says so. */
export const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(':');

/**
 * False where a later write could have left the same stamp.
 * @param readAt when reading began, in milliseconds since 1970
 */
export const isSettled = ({ ctimeMs }: BigIntStats, readAt: number): boolean =>
  BigInt(readAt) - ctimeMs > RACY_MS;
