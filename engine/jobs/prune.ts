/**
 * Prunes what retention no longer covers: loops of short transactions that let others run. Stopped or killed at any step it
 * leaves a catalog that is sound and says what was begun; the next pruning goes on there.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { CountPage, Prunable } from '../catalog/pruning.ts';
import type { Retention } from '../config.ts';
import { generationsBeyond, undoBeyond } from '../retention.ts';
import type { JobContext } from './context.ts';

export type PruneContext = Pick<JobContext, 'catalog' | 'retention' | 'dataFolder' | 'follower'>;

/** What was removed, or what would be. */
export interface Pruned {
  /** Undo records. */
  undo: number;
  generations: number;
  embeddings: number;
}

/** Estimated bytes in the catalog's file, by what takes them. */
export type PrunableSize = Pruned & {
  readonly undoBytes: number;
  readonly generationBytes: number;
  readonly embeddingBytes: number;
};

/** In the data folder: a folder per generation. */
const VECTORS_FOLDER = 'vectors';
/** Rows removed per transaction, at most. */
const STEP_ROWS = 200;
/** Embeddings looked at per step; most of them stay. */
const STEP_EMBEDDINGS = 1000;
/** Rows counted per step. */
const COUNT_ROWS = 5000;

/**
 * The quick part that follows every finished job of an entity type: undo records and retired generations beyond retention.
 * Embeddings that become unused by it wait for `plumbline compact`. Abort leaves the rest to the next pruning.
 */
export async function pruneAfterJob(
  context: PruneContext,
  entityTypeId: number,
  signal: AbortSignal,
): Promise<Pruned> {
  const prunable = selectPrunable(context.catalog, entityTypeId, context.retention);
  return prune(context, entityTypeId, { ...prunable, abandoned: [] }, signal);
}

/** The same and, besides, generations whose building was given up. */
export async function pruneType(
  context: PruneContext,
  entityTypeId: number,
  signal: AbortSignal,
): Promise<Pruned> {
  const prunable = selectPrunable(context.catalog, entityTypeId, context.retention);
  return prune(context, entityTypeId, prunable, signal);
}

/** Of one entity type. `abandoned`: generations that have to be retired first. */
export interface Selection extends Prunable {
  readonly abandoned: readonly number[];
}

/** What of an entity type is beyond retention, or half pruned already. Reads only. */
export function selectPrunable(
  { pruning }: ReadableCatalog,
  entityTypeId: number,
  retention: Retention,
): Selection {
  const now = Date.now();
  return {
    jobs: [
      ...pruning.halfPrunedJobs(entityTypeId),
      ...undoBeyond(pruning.undoable(entityTypeId), retention, now),
    ],
    generations: [
      ...pruning.halfPrunedGenerations(entityTypeId),
      ...generationsBeyond(pruning.retired(entityTypeId), retention, now),
    ],
    abandoned: pruning.abandoned(entityTypeId),
  };
}

async function prune(
  context: PruneContext,
  entityTypeId: number,
  selection: Selection,
  signal: AbortSignal,
): Promise<Pruned> {
  const { catalog } = context;
  const pruned: Pruned = { undo: 0, generations: 0, embeddings: 0 };
  for (const jobId of selection.jobs) {
    // In a transaction of its own: what follows is only ever done to a job that says so.
    if (!catalog.transaction(() => catalog.pruning.forgetUndo(jobId))) continue;
    await inSteps(signal, () => {
      const removed = catalog.transaction(() => catalog.pruning.removeUndo(jobId, STEP_ROWS));
      pruned.undo += removed;
      return removed > 0;
    });
  }
  for (const id of selection.abandoned) catalog.transaction(() => catalog.pruning.retireAbandoned(id));
  for (const id of [...selection.generations, ...selection.abandoned]) {
    if (!catalog.transaction(() => catalog.pruning.startGeneration(entityTypeId, id))) continue;
    pruned.undo += await pruneGeneration(context, id, signal);
    pruned.generations += 1;
  }
  return pruned;
}

/** Rows first, then the folder, then the note that nothing is left; the undo records that went with it. */
async function pruneGeneration(
  { catalog, dataFolder, follower }: PruneContext,
  generationId: number,
  signal: AbortSignal,
): Promise<number> {
  let records = 0;
  await inSteps(signal, () => {
    const { rows, undo } = catalog.transaction(() =>
      catalog.pruning.removeFromGeneration(generationId, STEP_ROWS),
    );
    records += undo;
    return rows > 0;
  });
  await follower.forget(generationId);
  rmSync(join(dataFolder, VECTORS_FOLDER, String(generationId)), { recursive: true, force: true });
  catalog.transaction(() => catalog.pruning.finishGeneration(generationId));
  return records;
}

/** Removes embeddings that no label and no undo record refers to, of all entity types; how many. */
export async function pruneEmbeddings(catalog: WritableCatalog, signal: AbortSignal): Promise<number> {
  let removed = 0;
  let after = 0;
  await inSteps(signal, () => {
    const page = catalog.transaction(() => catalog.pruning.removeEmbeddings(after, STEP_EMBEDDINGS));
    removed += page.removed;
    after = page.last ?? after;
    return page.last !== null;
  });
  return removed;
}

/** Counts and measures what pruning these entity types would remove, unused embeddings included. Reads only. */
export async function measurePrunable(
  catalog: ReadableCatalog,
  selections: readonly Selection[],
  signal: AbortSignal,
): Promise<PrunableSize> {
  const { pruning } = catalog;
  const prunable: Prunable = {
    jobs: selections.flatMap((selection) => selection.jobs),
    generations: selections.flatMap((selection) => [...selection.generations, ...selection.abandoned]),
  };
  const undo = await countAll(signal, (after) => pruning.countUndo(prunable, after, COUNT_ROWS));
  const embeddings = await countAll(signal, (after) => pruning.countEmbeddings(prunable, after, COUNT_ROWS));
  return {
    undo: undo.rows,
    undoBytes: undo.bytes,
    generations: prunable.generations.length,
    generationBytes: prunable.generations.reduce((sum, id) => sum + pruning.generationBytes(id), 0),
    embeddings: embeddings.rows,
    embeddingBytes: embeddings.bytes,
  };
}

async function countAll(
  signal: AbortSignal,
  count: (after: number) => CountPage,
): Promise<{ rows: number; bytes: number }> {
  const sum = { rows: 0, bytes: 0 };
  let after = 0;
  await inSteps(signal, () => {
    const { rows, bytes, last } = count(after);
    sum.rows += rows;
    sum.bytes += bytes;
    after = last ?? after;
    return last !== null;
  });
  return sum;
}

/** Repeats a short step while it says that there is more, and lets others run between. @throws the signal's reason. */
export async function inSteps(signal: AbortSignal, step: () => boolean): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (!step()) return;
    await letOthersRun();
  }
}
