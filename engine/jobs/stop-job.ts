/** Pausing and cancelling, as the workspace's writer does it: through the job's signal, or in the catalog alone. */
import type { WritableCatalog } from '../catalog/catalog.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import { stopReason, type StopRequest } from '../control.ts';
import { PlumblineError, toErrorData } from '../errors.ts';
import { stateAfter } from './outcome.ts';

/**
 * Changes the state of a job that nobody works on: one that is queued, interrupted or paused.
 * @throws PlumblineError `NOT_RUNNING` where it is over.
 */
export function stopIdleJob(catalog: WritableCatalog, id: number, request: StopRequest): void {
  const job = catalog.jobs.get(id);
  if (job === null) throw new RangeError(`job ${id} is gone`);
  if (isOver(job)) throw notRunning(job, request);
  const reason = toErrorData(stopReason(request, id, job.kind !== 'validate'));
  const state = stateAfter(reason);
  if (job.state !== state) catalog.transaction(() => catalog.jobs.finish(id, state, reason, 0));
}

/** True for a job that nothing can be asked of any more. */
export function isOver({ state }: Pick<JobRecord, 'state'>): boolean {
  switch (state) {
    case 'queued':
    case 'running':
    case 'paused':
    case 'interrupted':
      return false;
    case 'completed':
    case 'completed_with_failures':
    case 'failed':
    case 'cancelled':
      return true;
    default:
      return state satisfies never;
  }
}

export function notRunning({ id, state }: JobRecord, request: StopRequest): PlumblineError {
  const message = `job ${id} is ${state.replaceAll('_', ' ')}: there is nothing to ${request}`;
  return new PlumblineError('NOT_RUNNING', message, {
    hint: '`plumbline jobs` lists the others.',
  });
}
