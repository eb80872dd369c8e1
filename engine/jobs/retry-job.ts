/** Retry: the dead letters of a type, or those that one job left, read again and processed in batches. */
import { noCounts } from '../catalog/jobs.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { ensureGeneration, openPipeline, type RunOptions } from './index-job.ts';
import { recordNullKeys } from './null-keys.ts';

export interface RetryOptions {
  /** Only what this job recorded; undefined for all of the type. */
  readonly ofJob?: number;
}

/** Dead letters handled at once. */
const PART_LETTERS = 256;

export async function runRetry(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  const { catalog } = context;
  const { ofJob } = job.options as RetryOptions;
  const generationId = ensureGeneration(context, target);
  const pipeline = await openPipeline(context, target, generationId, job.id, false, run.signal);
  catalog.transaction(() => catalog.jobs.setTotal(job.id, catalog.deadLetters.count(target.name)));
  let after = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const letters = catalog.deadLetters.addressable(target.entityTypeId, after, PART_LETTERS);
    const last = letters.at(-1);
    if (last === undefined) break;
    after = last.id;
    // What this job itself recorded was tried by it already, before it was interrupted.
    const chosen = letters.filter(
      (letter) => letter.jobId !== job.id && letter.jobId === (ofJob ?? letter.jobId),
    );
    const quiet = await pipeline.process(
      chosen.map((letter) => letter.key),
      { fresh: true },
    );
    catalog.transaction(() => catalog.jobs.addCounts(job.id, { ...noCounts(), ...quiet }));
    run.onProgress();
  }
  await recordNullKeys(context, target, job.id, run.signal);
  await context.follower.settle(generationId);
}
