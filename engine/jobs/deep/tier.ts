/** What the parts of a deep validation share. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Generation } from '../../catalog/generations.ts';
import type { JobContext, RecipeTarget } from '../context.ts';
import type { ReportItems } from '../report-items.ts';
import type { Random } from './sample.ts';

export interface Tier {
  readonly context: JobContext;
  readonly target: RecipeTarget;
  /** The serving one. */
  readonly generation: Generation;
  readonly items: ReportItems;
  readonly signal: AbortSignal;
  readonly random: Random;
}

/** Longest time that a pass works before it lets others run. */
const SLICE_MS = 20;

/** For loops over rows: pauses when a slice of time is used up. */
export function pacer(signal: AbortSignal): () => Promise<void> | undefined {
  let startedAt = performance.now();
  return () => {
    if (performance.now() - startedAt < SLICE_MS) return undefined;
    return letOthersRun().then(() => {
      signal.throwIfAborted();
      startedAt = performance.now();
    });
  };
}
