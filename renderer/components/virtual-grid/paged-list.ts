/**
 * A list that is read in pages around what is looked at, and of which only the pages looked at last are kept: a million
 * items cost no more than a screenful of pages.
 */

export interface Page<T> {
  readonly items: readonly T[];
  /** Of the whole list, as far as it is known. */
  readonly total: number;
  /** False while the total is still growing: the list is asked again by itself. */
  readonly isComplete: boolean;
}

export interface PagedListOptions<T> {
  /** Reads items from an offset on; aborted when nobody looks any more. */
  readonly load: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  readonly pageSize: number;
  /** Pages kept; the one looked at longest ago goes first. */
  readonly maxPages: number;
}

/** Requests under way at once: what is waited for comes next, not behind what was scrolled past. */
const MAX_LOADING = 2;

export class PagedList<T> {
  readonly #options: PagedListOptions<T>;
  readonly #pages = new Map<number, readonly T[]>();
  readonly #loading = new Map<number, AbortController>();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly number[] = [];
  #total: number | null = null;
  #isComplete = true;
  #error: Error | null = null;
  #version = 0;

  constructor(options: PagedListOptions<T>) {
    this.#options = options;
  }

  /** Null until the first page is there. */
  get total(): number | null {
    return this.#total;
  }

  /** False while there may be more than {@link total}. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Why the page wanted last is not there. */
  get error(): Error | null {
    return this.#error;
  }

  /** Pages in memory. */
  get pagesKept(): number {
    return this.#pages.size;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Grows with every change: for `useSyncExternalStore`. */
  readonly version = (): number => this.#version;

  /** Undefined where it is not here: see {@link want}. */
  itemAt(index: number): T | undefined {
    const { pageSize } = this.#options;
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** Reads what is not here of these items, first to last, inclusive. Pages wanted before and not begun are dropped. */
  want(first: number, last: number): void {
    const { pageSize } = this.#options;
    const wanted: number[] = [];
    for (let page = Math.floor(Math.max(0, first) / pageSize); page * pageSize <= last; page += 1)
      if (this.#total === null || page === 0 || page * pageSize < this.#total) wanted.push(page);
    this.#wanted = wanted;
    for (const page of wanted) this.#touch(page);
    this.#loadNext();
  }

  /** Tries again what failed. */
  retry(): void {
    this.#error = null;
    this.#tell();
    this.#loadNext();
  }

  /** Ends what is under way; {@link want} begins anew. */
  stop(): void {
    this.#wanted = [];
    for (const controller of this.#loading.values()) controller.abort();
    this.#loading.clear();
  }

  #loadNext(): void {
    if (this.#error !== null) return;
    for (const page of this.#wanted) {
      if (this.#loading.size >= MAX_LOADING) return;
      if (!this.#loading.has(page) && this.#lacks(page)) void this.#load(page);
    }
  }

  /** Not here, or not in full: there may be more of it by now. */
  #lacks(page: number): boolean {
    const items = this.#pages.get(page);
    if (items === undefined) return true;
    const { pageSize } = this.#options;
    const end = Math.min(pageSize, (this.#total ?? 0) - page * pageSize);
    return items.length < end || (!this.#isComplete && items.length < pageSize);
  }

  async #load(page: number): Promise<void> {
    const { load, pageSize } = this.#options;
    const controller = new AbortController();
    this.#loading.set(page, controller);
    try {
      const { items, total, isComplete } = await load(page * pageSize, pageSize, controller.signal);
      if (controller.signal.aborted) return;
      this.#pages.set(page, items);
      this.#total =
        isComplete && items.length < pageSize ? Math.min(total, page * pageSize + items.length) : total;
      this.#isComplete = isComplete;
      this.#evict();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#error = error instanceof Error ? error : new Error(String(error));
    } finally {
      if (this.#loading.get(page) === controller) this.#loading.delete(page);
    }
    this.#tell();
    this.#loadNext();
  }

  /** Moves a page to the end of the order in which pages go. */
  #touch(page: number): void {
    const items = this.#pages.get(page);
    if (items === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, items);
  }

  #evict(): void {
    for (const page of [...this.#pages.keys()].slice(0, -this.#options.maxPages)) this.#pages.delete(page);
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
