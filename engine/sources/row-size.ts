import type { CellValue } from '../cell.ts';

/** Rough size of a row's values in bytes; enough to keep pages and batches within memory. */
export function rowSize(values: readonly CellValue[]): number {
  let size = 0;
  for (const value of values) {
    size += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  }
  return size;
}
