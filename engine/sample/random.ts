/**
 * Small seeded random numbers, so that the sample is the same on every machine. Each row has a generator of its own,
 * seeded by its table and number: any row can be made alone, in any order, without keeping the others.
 */
export class Random {
  #state: number;

  /** The same parts always give the same sequence. */
  constructor(...seed: readonly number[]) {
    this.#state = seed.reduce((state, part) => mix(state ^ mix(part + 0x9e3779b9)), 0x2545f491);
  }

  /** Uniform in [0, 1). Mulberry32 by Tommy Ettinger (public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError('cannot pick from an empty list');
    return item;
  }
}

/** The finalizer of MurmurHash3: neighbouring inputs give unrelated outputs. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
