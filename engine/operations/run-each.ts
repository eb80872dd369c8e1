/** A run over several entity types, one job after another. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { Job, Output } from '../contract.ts';
import { publicError, toErrorData } from '../errors.ts';

export interface RunOutcome {
  readonly jobs: Job[];
  readonly notStarted?: string[];
  readonly error?: NonNullable<Output<'index'>['error']>;
}

/**
 * What stops one job leaves the others to run, unless a person stopped it or the disk is full, which no other job would
 * survive either. An error before the first job is thrown; later ones must not hide what was done.
 */
export async function runEach<T extends { readonly name: string }>(
  targets: readonly T[],
  signal: AbortSignal,
  run: (target: T) => Promise<JobRecord>,
): Promise<RunOutcome> {
  const jobs: Job[] = [];
  let thrown: RunOutcome['error'];
  for (const target of targets) {
    if (signal.aborted || thrown !== undefined || endsTheRun(jobs.at(-1))) break;
    try {
      jobs.push((await run(target)).job);
    } catch (error) {
      if (jobs.length === 0) throw error;
      thrown = publicError(toErrorData(error));
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

/** Who pauses or cancels the job of a run means the run: the next one would start under their hands. */
const endsTheRun = (last: Job | undefined): boolean =>
  last?.state === 'paused' || last?.state === 'cancelled' || last?.error?.code === 'DISK_FULL';

const isUnsuccessful = ({ state }: Job): boolean =>
  state === 'failed' || state === 'interrupted' || state === 'paused' || state === 'cancelled';
