/**
 * Decides what a batch of operations changes: a pure function of the batch and the labels known, so that replaying any
 * stretch of the op log ends in the same state.
 */
import { PlumblineError } from '../errors.ts';
import { areFiniteFloat16Bits } from '../float16.ts';
import type { OpBatch } from './vectors.ts';

/** The labels a store has seen; both sets are disjoint. */
export interface KnownLabels {
  readonly live: { has(label: number): boolean };
  readonly dropped: { has(label: number): boolean };
}

export interface PlannedAdd {
  readonly label: number;
  /** Which of the batch's vectors it takes. */
  readonly vector: number;
}

export interface OpPlan {
  readonly adds: readonly PlannedAdd[];
  readonly drops: readonly number[];
}

/**
 * What remains to be done. A label that was ever dropped stays dropped: labels are never reused, so an add of it can
 * only be a replay of history. A label added and dropped in the same batch never takes a slot.
 *
 * Adds come back shuffled (the same way each time): they commute, and a graph grown in the order of the source, whole
 * clusters of alike rows one after another, loses sight of clusters (bench/recall.ts).
 */
export function planOps(batch: OpBatch, known: KnownLabels): OpPlan {
  const adds = new Map<number, PlannedAdd>();
  const drops: number[] = [];
  let vector = 0;
  batch.labels.forEach((label, index) => {
    const isKnown = known.live.has(label) || known.dropped.has(label);
    if (batch.adds[index] === 1) {
      if (!isKnown && !adds.has(label)) adds.set(label, { label, vector });
      vector += 1;
    } else if (!adds.delete(label) && known.live.has(label)) {
      drops.push(label);
    }
  });
  return { adds: shuffled([...adds.values()], batch.sequence), drops };
}

/** @throws `VECTOR_INVALID` where the batch's arrays do not fit together or a vector is not made of finite numbers. */
export function checkBatch(batch: OpBatch, dimensions: number): void {
  const addCount = batch.adds.reduce((sum, flag) => sum + flag, 0);
  if (batch.adds.length !== batch.labels.length || batch.vectors.length !== addCount * dimensions) {
    throw invalid(
      `${batch.vectors.length} numbers do not make ${addCount} vectors of ${dimensions} dimensions for ${batch.labels.length} operations`,
    );
  }
  if (areFiniteFloat16Bits(batch.vectors)) return;
  for (let vector = 0; vector < addCount; vector += 1) {
    const bits = batch.vectors.subarray(vector * dimensions, (vector + 1) * dimensions);
    if (!areFiniteFloat16Bits(bits))
      throw invalid(`vector ${vector} of the batch holds a value that is not finite`);
  }
}

function invalid(problem: string): PlumblineError {
  return new PlumblineError('VECTOR_INVALID', `the vector index was given unusable vectors: ${problem}`, {
    hint: 'The model changed its output; rebuild the entity type, and check the model files if it happens again.',
  });
}

/** Fisher-Yates over a linear congruential generator (Numerical Recipes); quality of randomness is no concern here. */
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed >>> 0;
  for (let last = items.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    const item = items[last] as T;
    items[last] = items[other] as T;
    items[other] = item;
  }
  return items;
}
