/** A run over several entity types, one job after another. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { Job, Output } from '../contract.ts';
import { toErrorData } from '../errors.ts';
import type { RecipeTarget } from '../jobs/context.ts';

export interface RunOutcome {
  readonly jobs: Job[];
  readonly notStarted?: string[];
  readonly error?: NonNullable<Output<'index'>['error']>;
}

/**
 * What stops one job leaves the others to run, unless the person stopped them all or the disk is full, which no other job
 * would survive either. An error before the first job is thrown; later ones must not hide what was done.
 */
export async function runEach(
  targets: readonly RecipeTarget[],
  signal: AbortSignal,
  run: (target: RecipeTarget) => Promise<JobRecord>,
): Promise<RunOutcome> {
  const jobs: Job[] = [];
  let thrown: RunOutcome['error'];
  for (const target of targets) {
    if (signal.aborted || thrown !== undefined || jobs.at(-1)?.error?.code === 'DISK_FULL') break;
    try {
      jobs.push((await run(target)).job);
    } catch (error) {
      if (jobs.length === 0) throw error;
      thrown = publicError(error);
    }
  }
  const notStarted = targets.slice(jobs.length).map((target) => target.name);
  const error = thrown ?? jobs.find(isUnsuccessful)?.error ?? null;
  return {
    jobs,
    ...(notStarted.length === 0 ? {} : { notStarted }),
    ...(error === null ? {} : { error }),
  };
}

const isUnsuccessful = (job: Job): boolean => job.state === 'failed' || job.state === 'interrupted';

function publicError(error: unknown): NonNullable<RunOutcome['error']> {
  const { code, message, hint, retryable } = toErrorData(error);
  return { code, message, hint, retryable };
}
