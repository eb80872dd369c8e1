/**
 * Comparing a whole source with the catalog by sums of row checksums, where the source computes them itself: a table in sync
 * costs one statement there, and a few numbers on the wire. What differs is named by its bucket only; who called reads the rows
 * of those. The algorithm is told in docs/drift-detection.md.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { bucketBits, BucketSums, type Buckets, type CountsAndSums } from '../bucket-sums.ts';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { IndexedChecksum } from '../catalog/entities.ts';
import type { Generation } from '../catalog/generations.ts';
import type { SourceThread } from './context.ts';

/** Below this either way is over in a moment. */
const MIN_ROWS = 2_000;
/** Share of the buckets that may differ before reading just theirs is no gain any more. */
const MAX_SHARE = 0.5;
/** Ids of the catalog looked at in one go: some milliseconds. */
const IDS_AT_ONCE = 10_000;

export interface SumsResult {
  /** Rows in buckets that do not differ, those with NULL in the key apart. */
  readonly rows: number;
  /** Buckets whose rows have to be read. */
  readonly differing: Buckets;
}

export interface SumsOptions {
  readonly target: string;
  readonly generation: Generation;
  readonly recipeId: number;
  readonly signal: AbortSignal;
  /** The source's, as `holdSnapshot` answered. */
  readonly snapshot: number | null;
}

/**
 * Null where the source cannot, or where so much differs that reading everything is better. Both sides sum up at the same time:
 * one is the server's work, the other this process's.
 */
export async function compareSums(
  catalog: ReadableCatalog,
  source: SourceThread,
  { target, generation, recipeId, signal, snapshot }: SumsOptions,
): Promise<SumsResult | null> {
  if (generation.entities < MIN_ROWS) return null;
  const bits = bucketBits(generation.entities);
  const unanswered = new AbortController();
  const both = AbortSignal.any([signal, unanswered.signal]);
  const ours = new BucketSums(bits);
  const outdated: number[] = [];
  const sumUp = async (): Promise<void> => {
    for await (const part of entitiesOf(catalog, generation, both)) {
      for (const { recipeId: made, checksum } of part) {
        if (made === recipeId) ours.add(checksum);
        else outdated.push(ours.bucketOf(checksum));
      }
    }
  };
  const summing = sumUp();
  // Awaited below, unless the source has nothing to compare them with.
  summing.catch(() => {});
  let theirs: CountsAndSums | null = null;
  try {
    theirs = await source.call('sums', target, bits, snapshot);
  } finally {
    if (theirs === null) unanswered.abort();
  }
  if (theirs === null) return null;
  await summing;
  const differing = ours.differing(theirs);
  // They are in neither sum where their row is gone, and are to be looked at all the same.
  for (const bucket of outdated) differing.add(bucket);
  if (differing.size > MAX_SHARE * ours.counts.length) return null;
  const rows = theirs.counts.reduce((sum, count, bucket) => sum + (differing.has(bucket) ? 0 : count), 0);
  return { rows, differing };
}

/** Ids of the entities in buckets that differ, some at a time. */
export async function* differingEntities(
  catalog: ReadableCatalog,
  { generation, differing }: { readonly generation: Generation; readonly differing: Buckets },
  signal: AbortSignal,
): AsyncGenerator<number[]> {
  if (differing.size === 0) return;
  const sums = new BucketSums(differing.bits);
  for await (const part of entitiesOf(catalog, generation, signal)) {
    yield part.filter(({ checksum }) => differing.has(sums.bucketOf(checksum))).map(({ id }) => id);
  }
}

async function* entitiesOf(
  { entities }: ReadableCatalog,
  { id }: Generation,
  signal: AbortSignal,
): AsyncGenerator<IndexedChecksum[]> {
  const { low, high } = entities.idRange();
  for (let from = low; from <= high; from += IDS_AT_ONCE) {
    signal.throwIfAborted();
    yield entities.checksums(id, from, from + IDS_AT_ONCE - 1);
    await letOthersRun();
  }
}
