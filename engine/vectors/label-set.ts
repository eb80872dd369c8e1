/**
 * A set of unsigned 32-bit labels as a bitmap in pages. Labels are given in sequence, so a million of them take about
 * 125 kB, where a `Set<number>` takes 40 MB; pages keep a stray large label from costing half a gigabyte.
 */
const PAGE_BITS = 16;
const WORDS_PER_PAGE = 2 ** PAGE_BITS / 32;
const OFFSET_MASK = 2 ** PAGE_BITS - 1;

export class LabelSet {
  readonly #pages = new Map<number, Uint32Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(label: number): boolean {
    const page = this.#pages.get(label >>> PAGE_BITS);
    return page !== undefined && ((page[wordOf(label)] ?? 0) & bitOf(label)) !== 0;
  }

  /** Returns whether the label was new. */
  add(label: number): boolean {
    if (this.has(label)) return false;
    const number = label >>> PAGE_BITS;
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(WORDS_PER_PAGE)));
    page[wordOf(label)]! |= bitOf(label);
    this.#size += 1;
    return true;
  }

  /** Returns whether the label was there. */
  delete(label: number): boolean {
    if (!this.has(label)) return false;
    const page = this.#pages.get(label >>> PAGE_BITS);
    if (page !== undefined) page[wordOf(label)]! &= ~bitOf(label);
    this.#size -= 1;
    return true;
  }

  /** All labels, ascending. */
  toArray(): Uint32Array {
    const labels = new Uint32Array(this.#size);
    let at = 0;
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const first = number * 2 ** PAGE_BITS;
      this.#pages.get(number)?.forEach((word, index) => {
        for (let rest = word; rest !== 0; rest &= rest - 1)
          labels[at++] = first + index * 32 + lowestBit(rest);
      });
    }
    return labels;
  }
}

function wordOf(label: number): number {
  return (label & OFFSET_MASK) >>> 5;
}

function bitOf(label: number): number {
  return 1 << (label & 31);
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
