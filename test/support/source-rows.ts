/** Helpers for tests that read sources. */
import { BucketSums } from '../../engine/bucket-sums.ts';
import { rowChecksum } from '../../engine/checksum.ts';
import { encodeKey, type KeyPart } from '../../engine/key.ts';
import type { EntityReader, SourceRow } from '../../engine/sources/source.ts';

export const nullPart: KeyPart = { type: 'null' };

/** Text of exactly these bytes, valid or not. */
export const invalidText = (...bytes: number[]): KeyPart => ({ type: 'text', bytes: Uint8Array.from(bytes) });

/** All rows of a scan in pages of `limit`. */
export async function readAll(reader: EntityReader, limit: number): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for (;;) {
    const page = await reader.page(rows.at(-1)?.key ?? null, limit);
    if (page.length > limit) throw new Error(`a page of ${page.length} rows where ${limit} were asked for`);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

/** The sums that a source which computes checksums has to come to. */
export function sumsOf(rows: readonly SourceRow[], bits: number): BucketSums {
  const sums = new BucketSums(bits);
  for (const { key, values } of rows) sums.add(rowChecksum(encodeKey(key), values));
  return sums;
}
