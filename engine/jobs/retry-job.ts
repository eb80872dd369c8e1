/** Retry: the dead letters of a type, or those that one job left, read again and processed in batches. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { ensureGeneration, openPipeline, type RunOptions } from './index-job.ts';
import { letterPages } from './letters.ts';
import { recordNullKeys } from './null-keys.ts';

export interface RetryOptions {
  /** Only what this job recorded; undefined for all of the type. */
  readonly ofJob?: number;
}

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
  for (const letters of letterPages(catalog.deadLetters, target.entityTypeId, run.signal)) {
    // What this job itself recorded was tried by it already, before it was interrupted.
    const chosen = letters.filter(
      (letter) => letter.jobId !== job.id && letter.jobId === (ofJob ?? letter.jobId),
    );
    const quiet = await pipeline.process(
      chosen.map((letter) => letter.key),
      { fresh: true },
    );
    catalog.transaction(() => catalog.jobs.addCounts(job.id, quiet));
    run.onProgress();
  }
  await recordNullKeys(context, target, job.id, run.signal);
  await context.follower.settle(generationId);
}
