/** Pause and cancel: asked of whoever runs the job, be it this process or another one, and waited for. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Input, JobState, Output } from '../contract.ts';
import type { StopRequest } from '../control.ts';
import type { Engine } from '../engine.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import { isOver, notRunning } from '../jobs/stop-job.ts';
import { findJob } from './read.ts';

/** Longest time to wait for a job's next safe point, and between two looks at it. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 50;

const STATE_AFTER: Readonly<Record<StopRequest, JobState>> = { pause: 'paused', cancel: 'cancelled' };

export const pause = (engine: Engine, input: Input<'pause'>, signal: AbortSignal): Promise<Output<'pause'>> =>
  stopJob(engine, input.job, 'pause', signal);

export const cancel = (
  engine: Engine,
  input: Input<'cancel'>,
  signal: AbortSignal,
): Promise<Output<'cancel'>> => stopJob(engine, input.job, 'cancel', signal);

/**
 * Asks until the job is in the state asked for: its process may end meanwhile, and then this one sets the state itself.
 * @throws PlumblineError `NOT_RUNNING`, `REQUEST_PENDING`, `JOB_UNKNOWN`.
 */
export async function stopJob(
  engine: Engine,
  job: string,
  request: StopRequest,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<Output<'pause'>> {
  const { id } = findJob(engine.catalog, job);
  const startedAt = performance.now();
  for (let asked = false; ; asked = true) {
    const record = findJob(engine.catalog, job);
    // What was paused before stays so. What was cancelled before was not cancelled now.
    const done = record.state === STATE_AFTER[request] && (asked || !isOver(record));
    if (done && !engine.isHeld(id)) {
      engine.withdraw(id);
      return { jobs: [record.job] };
    }
    if (isOver(record) && !done) {
      engine.withdraw(id);
      throw notRunning(record, request);
    }
    if (performance.now() - startedAt > patienceMs) throw pending(id, request);
    engine.askToStop(id, request);
    await wait(LOOK_MS, undefined, { signal });
  }
}

function pending(id: number, request: StopRequest): PlumblineError {
  return new PlumblineError('REQUEST_PENDING', `job ${id} was asked to ${request} and has not stopped yet`, {
    hint: `It stops at its next safe point; \`plumbline status ${id}\` shows when that was.`,
    retryable: true,
    exitCode: EXIT.interrupted,
  });
}
