/**
 * The comparison of source and catalog that validation, dry runs and repairs share. Exact and streaming: every source
 * page (or, where the source computes checksums, every page of what its sums say differs) is looked up by key, what was found is marked in a bitmap, what is unmarked at the end may be orphaned; and every
 * candidate is read again before it is reported, so that writes during the comparison do not lie.
 */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { LetterMark } from '../catalog/dead-letters.ts';
import type { IndexedState } from '../catalog/entities.ts';
import type { Generation } from '../catalog/generations.ts';
import { HASH_BYTES } from '../checksum.ts';
import type { DriftClass } from '../contract.ts';
import { pack, unpack, unpackAt } from '../packed.ts';
import type { ScanPage, SourceDocument } from '../sources/source-host.ts';
import type { SourceThread, Target } from './context.ts';
import { Bitmap } from './bitmap.ts';
import { compareSums, differingEntities, type SumsResult } from './compare-sums.ts';
import { letterPages, presence } from './letters.ts';
import { countOccurrences } from './null-keys.ts';

/** Rows of one page. */
const PAGE_ROWS = 2000;
/** Rows with NULL keys read at once. */
const PART_ROWS = 256;

/** A key in one drift class, with what the source says now. */
export interface Drifted {
  readonly class: DriftClass;
  readonly key: Uint8Array;
  readonly reason: string;
  /** The document now; null where the row is gone or cannot be rendered. */
  readonly text: string | null;
  /** The entity's id in the catalog; null where it has none. */
  readonly entityId: number | null;
}

export interface CompareOptions {
  readonly target: Target;
  /** The recipe of today; null when it was never used, so that everything indexed is outdated. */
  readonly recipeId: number | null;
  readonly entityTypeId: number | null;
  /** What the source is compared with; null before anything was indexed. */
  readonly generation: Generation | null;
  readonly signal: AbortSignal;
  /** Characters of text that a drifted key carries; null for all of it. */
  readonly maxText: number | null;
  readonly onDrift: (drifted: readonly Drifted[]) => Promise<void> | void;
  /** Rows read so far. */
  readonly onProgress: (rows: number) => void;
}

export interface CompareResult {
  /** Rows read, those with NULL in a key column included. */
  readonly source: number;
  readonly indexed: number;
  /** Dead letters whose row is still there and that a person has set aside: no drift, whatever else they are. */
  readonly excluded: number;
  /** True when the source was scanned as it was at one moment: in a snapshot of its own, or nobody committed to it meanwhile. */
  readonly snapshot: boolean;
}

export async function compare(
  catalog: ReadableCatalog,
  source: SourceThread,
  options: CompareOptions,
): Promise<CompareResult> {
  const before = await source.call('changeToken');
  await source.call('proveKey', options.target.name);
  const held = await source.call('holdSnapshot', options.target.name);
  const comparison = new Comparison(catalog, source, options, held);
  let isHeld = false;
  try {
    await comparison.deadLetters();
    await comparison.nullKeys();
    await comparison.rows();
  } finally {
    // A source that is gone has let go of it. What is read from here on is read as it is then.
    if (held !== null) isHeld = await source.call('releaseSnapshot', held).catch(() => false);
  }
  await comparison.orphans();
  const after = await source.call('changeToken');
  return {
    source: comparison.sourceRows,
    indexed: options.generation?.entities ?? 0,
    excluded: comparison.excluded,
    snapshot: isHeld || before === after,
  };
}

/** What a comparison by sums has found, and of which index. */
type Sums = SumsResult & { readonly generation: Generation };

class Comparison {
  readonly #catalog: ReadableCatalog;
  readonly #source: SourceThread;
  readonly #options: CompareOptions;
  readonly #snapshot: number | null;
  readonly #found: Bitmap;
  /** Where rows were compared by sums; null where each of them was. */
  #sums: Sums | null = null;
  sourceRows = 0;
  excluded = 0;

  /** `snapshot`: of the source, for scans; candidates are read as they are. */
  constructor(
    catalog: ReadableCatalog,
    source: SourceThread,
    options: CompareOptions,
    snapshot: number | null,
  ) {
    this.#snapshot = snapshot;
    this.#catalog = catalog;
    this.#source = source;
    this.#options = options;
    const { low, high } = catalog.entities.idRange();
    this.#found = new Bitmap(low, high);
  }

  /** Dead letters whose row is still there are `failed`, whatever else they are; excluded ones are only counted. */
  async deadLetters(): Promise<void> {
    const { entityTypeId, signal } = this.#options;
    if (entityTypeId === null) return;
    for (const letters of letterPages(this.#catalog.deadLetters, entityTypeId, signal)) {
      const excluded = letters.filter((letter) => letter.excluded);
      const present = await presence(this.#source, this.#options.target.name, excluded);
      this.excluded += present.filter(Boolean).length;
      for await (const part of this.#read(letters.filter((letter) => !letter.excluded))) {
        const drifted = part.flatMap(({ item, document }): Drifted[] => {
          if (document === null) return [];
          const text = document.ok ? document.text : null;
          const entityId = this.#state(item.key)?.id ?? null;
          const reason = `${item.code}: ${item.message}`;
          return [{ class: 'failed', key: item.key, reason, text, entityId }];
        });
        await this.#report(drifted);
      }
    }
  }

  /** Rows that cannot be addressed. */
  async nullKeys(): Promise<void> {
    const occurrenceOf = countOccurrences();
    for (let offset = 0; ; offset += PART_ROWS) {
      this.#options.signal.throwIfAborted();
      const { name } = this.#options.target;
      const rows = await this.#source.call('nullKeyRows', name, offset, PART_ROWS, this.#snapshot);
      this.sourceRows += rows.length;
      const failed = rows.filter((row) => this.#letter(row.key, occurrenceOf(row.key))?.excluded !== true);
      this.excluded += rows.length - failed.length;
      await this.#report(
        failed.map((row) => ({
          class: 'failed',
          key: row.key,
          reason: 'NULL_KEY: a key column is NULL, so the row cannot be told from others',
          text: row.text,
          entityId: null,
        })),
      );
      if (rows.length < PART_ROWS) return;
    }
  }

  /** By sums where the source can, and then only the rows that these say differ; else all of them. */
  async rows(): Promise<void> {
    const { target } = this.#options;
    const sums = await this.#compareSums();
    if (sums === null) {
      await this.#scan((after) => this.#source.call('scan', target.name, after, PAGE_ROWS, this.#snapshot));
      return;
    }
    this.#sums = sums;
    this.sourceRows += sums.rows;
    this.#options.onProgress(this.sourceRows);
    const { bits, bitmap } = sums.differing;
    if (sums.differing.size === 0) return;
    await this.#scan((after) =>
      this.#source.call('scanBuckets', target.name, after, PAGE_ROWS, { bits, bitmap }, this.#snapshot),
    );
  }

  async #compareSums(): Promise<Sums | null> {
    const { target, generation, recipeId, signal } = this.#options;
    if (generation === null || recipeId === null) return null;
    const sums = await compareSums(this.#catalog, this.#source, {
      target: target.name,
      generation,
      recipeId,
      signal,
      snapshot: this.#snapshot,
    });
    return sums === null ? null : { ...sums, generation };
  }

  async #scan(read: (after: Uint8Array | null) => Promise<ScanPage>): Promise<void> {
    let after: Uint8Array | null = null;
    for (;;) {
      this.#options.signal.throwIfAborted();
      const page: ScanPage = await read(after);
      if (page.count === 0) return;
      this.sourceRows += page.count;
      after = unpackAt(page.keys, page.count - 1);
      const candidates = unpack(page.keys).filter((key, i) => {
        const checksum = page.checksums.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
        return !this.#isInSync(key, checksum) && this.#letter(key)?.excluded !== true;
      });
      await this.#recheck(candidates);
      this.#options.onProgress(this.sourceRows);
    }
  }

  #isInSync(key: Buffer, checksum: Uint8Array): boolean {
    const state = this.#state(key);
    if (state === null) return false;
    this.#found.set(state.id);
    return state.recipeId === this.#options.recipeId && state.checksum.equals(checksum);
  }

  async #recheck(candidates: readonly Buffer[]): Promise<void> {
    for await (const part of this.#read(candidates.map((key) => ({ key })))) {
      const drifted = part.map(({ item, document }) => this.#classify(item.key, document));
      await this.#report(drifted.filter((found) => found !== null));
    }
  }

  /** What a row that looked drifted is, now that it was read again; null where all is well. */
  #classify(key: Buffer, document: SourceDocument | null): Drifted | null {
    const state = this.#state(key);
    if (document === null) {
      // Deleted while we looked: it was read once and is not there any more.
      this.sourceRows -= 1;
      return state === null ? null : orphan(key, state.id);
    }
    if (this.#letter(key) !== null) return null;
    const text = document.ok ? document.text : null;
    if (state === null) return { class: 'missing', key, reason: 'not indexed', text, entityId: null };
    if (state.recipeId !== this.#options.recipeId) {
      const reason = 'embedded with another template, chunking or model';
      return { class: 'outdated', key, reason, text, entityId: state.id };
    }
    if (document.ok && state.textHash.equals(document.textHash)) return null;
    const reason = document.ok ? 'the text changed' : `cannot be rendered: ${document.error.message}`;
    return { class: 'stale', key, reason, text, entityId: state.id };
  }

  /** Entities that no row was found for; read again, because a row may have come back or moved meanwhile. */
  async orphans(): Promise<void> {
    const { generation } = this.#options;
    if (generation === null) return;
    const unmarked = this.#sums === null ? this.#unmarked(generation) : this.#unmarkedAmong(this.#sums);
    for await (const keys of unmarked) {
      this.sourceRows += keys.length;
      await this.#recheck(keys);
    }
  }

  async *#unmarked(generation: Generation): AsyncGenerator<Buffer[]> {
    let after: Uint8Array | null = null;
    for (;;) {
      this.#options.signal.throwIfAborted();
      const entities = this.#catalog.entities.page(generation.id, after, PAGE_ROWS);
      const last = entities.at(-1);
      if (last === undefined) return;
      after = last.key;
      yield entities.filter(({ id }) => !this.#found.has(id)).map(({ key }) => key);
    }
  }

  /** The sums have shown that every entity of a bucket that does not differ has its row. */
  async *#unmarkedAmong(sums: Sums): AsyncGenerator<Buffer[]> {
    for await (const ids of differingEntities(this.#catalog, sums, this.#options.signal))
      yield ids.filter((id) => !this.#found.has(id)).map((id) => this.#catalog.entities.keyOf(id));
  }

  #state(key: Uint8Array): IndexedState | null {
    const { generation } = this.#options;
    return generation === null ? null : this.#catalog.entities.state(generation.id, key);
  }

  #letter(key: Uint8Array, occurrence = 0): LetterMark | null {
    const { entityTypeId } = this.#options;
    return entityTypeId === null ? null : this.#catalog.deadLetters.find(entityTypeId, key, occurrence);
  }

  /**
   * The rows of these keys as they are now, in parts: the source answers as many at once as fit its bound in bytes. As
   * few calls as that allows, because each is a scan where the key has no index.
   */
  async *#read<T extends { readonly key: Buffer }>(
    items: readonly T[],
  ): AsyncGenerator<{ item: T; document: SourceDocument | null }[]> {
    for (let done = 0; done < items.length;) {
      this.#options.signal.throwIfAborted();
      const rest = items.slice(done);
      const options = { fresh: true, maxText: this.#options.maxText };
      const keys = pack(rest.map((item) => item.key));
      const documents = await this.#source.call('documents', this.#options.target.name, keys, options);
      done += documents.length;
      yield documents.map((document, i) => ({ item: rest[i] as T, document }));
    }
  }

  async #report(drifted: readonly Drifted[]): Promise<void> {
    if (drifted.length > 0) await this.#options.onDrift(drifted);
  }
}

function orphan(key: Uint8Array, entityId: number): Drifted {
  return { class: 'orphaned', key, reason: 'gone from the source', text: null, entityId };
}
