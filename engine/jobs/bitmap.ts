/** One bit per id in [low, high]: an eighth of a byte per entity is all the memory that an exact comparison needs. */
export class Bitmap {
  readonly #low: number;
  readonly #bits: Uint8Array;

  constructor(low: number, high: number) {
    this.#low = low;
    this.#bits = new Uint8Array(Math.max(0, Math.ceil((high - low + 1) / 8)));
  }

  /** Ids outside the range are ignored: they are newer than the comparison. */
  set(id: number): void {
    const bit = id - this.#low;
    const byte = this.#bits[bit >>> 3];
    if (bit >= 0 && byte !== undefined) this.#bits[bit >>> 3] = byte | (1 << (bit & 7));
  }

  has(id: number): boolean {
    const bit = id - this.#low;
    return bit >= 0 && ((this.#bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }
}
