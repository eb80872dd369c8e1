/**
 * Row checksums summed up by bucket: how two sides compare a million rows by a few thousand numbers. A row's bucket is the last
 * bits of its checksum, so buckets fill evenly whatever the keys are, and no order of keys, and no collation, is part of it.
 */

/** Bits of a bucket's number at most: two bytes of the checksum. */
const MAX_BITS = 16;
/** Rows that a bucket holds about, which docs/drift-detection.md has measured. */
const ROWS_PER_BUCKET = 64;

/** How many bits tell buckets of so many rows apart. */
export function bucketBits(rows: number): number {
  return Math.max(1, Math.min(MAX_BITS, Math.ceil(Math.log2(Math.max(2, rows) / ROWS_PER_BUCKET))));
}

/** What is compared of two sides; indices are buckets. */
export type CountsAndSums = Pick<BucketSums, 'counts' | 'sums'>;

export class BucketSums {
  readonly bits: number;
  readonly counts: Uint32Array;
  /** Sums of the last 8 bytes of the checksums, modulo 2^64. */
  readonly sums: BigUint64Array;

  constructor(bits: number) {
    this.bits = bits;
    this.counts = new Uint32Array(2 ** bits);
    this.sums = new BigUint64Array(2 ** bits);
  }

  bucketOf(checksum: Buffer): number {
    return checksum.readUInt16BE(14) & (2 ** this.bits - 1);
  }

  add(checksum: Buffer): void {
    const bucket = this.bucketOf(checksum);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sums[bucket] = (this.sums[bucket] ?? 0n) + checksum.readBigUInt64BE(8);
  }

  /** A bucket as the source has summed it up. */
  set(bucket: number, count: number, sum: bigint): void {
    this.counts[bucket] = count;
    this.sums[bucket] = BigInt.asUintN(64, sum);
  }

  get rows(): number {
    return this.counts.reduce((total, count) => total + count, 0);
  }

  /** Buckets that are not the same in both, as bits: bucket 0 is the lowest bit of the first byte. */
  differing(other: CountsAndSums): Buckets {
    const buckets = new Buckets(this.bits);
    for (let bucket = 0; bucket < this.counts.length; bucket += 1) {
      if (this.counts[bucket] !== other.counts[bucket] || this.sums[bucket] !== other.sums[bucket]) {
        buckets.add(bucket);
      }
    }
    return buckets;
  }
}

/** A set of buckets. */
export class Buckets {
  readonly bits: number;
  readonly bitmap: Uint8Array;
  size = 0;

  constructor(bits: number) {
    this.bits = bits;
    this.bitmap = new Uint8Array(Math.ceil(2 ** bits / 8));
  }

  has(bucket: number): boolean {
    return ((this.bitmap[bucket >> 3] ?? 0) & (1 << (bucket & 7))) !== 0;
  }

  add(bucket: number): void {
    if (this.has(bucket)) return;
    this.bitmap[bucket >> 3] = (this.bitmap[bucket >> 3] ?? 0) | (1 << (bucket & 7));
    this.size += 1;
  }
}
