/**
 * Runs jobs: the one place that moves a job from state to state, measures it, tells its watchers, and turns what went
 * wrong into a state that says whether the job can go on.
 */
import { orAbort } from '../abort.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobState } from '../contract.ts';
import type { Turn } from '../control.ts';
import { EXIT, hasCode, PlumblineError, publicError, toErrorData, type ErrorData } from '../errors.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { runIndex, type RunOptions } from './index-job.ts';
import { outcomeOf, stateAfter } from './outcome.ts';
import { watchProgress } from './progress.ts';
import { pruneAfterJob } from './prune.ts';
import { runRebuild } from './rebuild-job.ts';
import { runRepair } from './repair-job.ts';
import { runRetry } from './retry-job.ts';
import { runRollback } from './rollback-job.ts';
import { checkSameSource } from './same-source.ts';
import { isOver } from './stop-job.ts';
import { stoppable } from './stoppable.ts';
import { pruneOlderItems, runValidation } from './validation.ts';

/**
 * Runs a job to its end, or to where it is stopped; the job as it is then. It waits for its turn first: of one engine's
 * jobs one runs at a time, and the others are `queued`. Does not throw for what the job ran into: that is in its state and
 * error. Abort leaves what was committed, in the state that the reason asks for: see `outcome.ts`. `target` is null for
 * rollbacks, which read neither source nor configuration.
 * @throws PlumblineError `JOB_RUNNING` where this process has the job in hand already.
 */
export async function runJob(
  context: JobContext,
  target: RecipeTarget | null,
  record: JobRecord,
  signal: AbortSignal,
): Promise<JobRecord> {
  const ended = await context.control.run(record.id, signal, (turn) =>
    runInTurn(context, target, record.id, turn),
  );
  // Not in the job's turn: whoever paused it need not wait, and it can be resumed or cancelled meanwhile.
  if (leavesIndexBehind(ended)) await settleIndex(context, ended, signal);
  return ended;
}

/** Jobs that write settle the index at their end. One that was stopped has not; and one that only reads may find it behind. */
function leavesIndexBehind({ state, kind, job }: JobRecord): boolean {
  // Stopped before its turn came: whoever has the turn settles.
  if (job.startedAt === null) return false;
  return (
    state === 'paused' || state === 'cancelled' || (kind === 'validate' && state.startsWith('completed'))
  );
}

/**
 * Saves the index so that the next process need not replay what this one has committed. Whoever ends the process does not
 * wait for it. Its failure is none of the job's.
 */
async function settleIndex(
  { catalog, follower, notice }: JobContext,
  { entityType, entityTypeId }: JobRecord,
  signal: AbortSignal,
): Promise<void> {
  const { generations } = catalog;
  const ids = [generations.serving(entityTypeId)?.id, generations.building(entityTypeId)?.id];
  try {
    for (const id of ids) {
      if (signal.aborted) return;
      if (id !== undefined) await orAbort(follower.settle(id, signal), signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = toErrorData(error);
    notice(`${code}: the index of ${entityType} could not be brought up to date: ${message}`);
  }
}

async function runInTurn(
  context: JobContext,
  target: RecipeTarget | null,
  id: number,
  turn: Turn,
): Promise<JobRecord> {
  const { catalog } = context;
  const { signal } = turn;
  const progress = watchProgress({
    read: () => reread(context, id),
    emit: context.emit,
    workers: () => context.models.threads(),
  });
  let startedAt = performance.now();
  try {
    // It may have ended since it was looked up: cancelled, taken back, or run by another caller.
    if (isOver(reread(context, id))) return reread(context, id);
    if (turn.waits) catalog.transaction(() => catalog.jobs.enqueue(id));
    if (turn.waits) progress.now();
    await turn.come();
    // A job before it may have ended this one: by a switch to an index that it does not write to.
    if (isOver(reread(context, id))) return reread(context, id);
    startedAt = performance.now();
    catalog.transaction(() => catalog.jobs.start(id));
    progress.now();
    const run = { signal, onProgress: progress.sometimes };
    await work(stoppable(context, signal), target, reread(context, id), run);
    const { failed } = reread(context, id).job;
    finish(context, id, failed > 0 ? 'completed_with_failures' : 'completed', null, startedAt);
  } catch (error) {
    const data = outcomeOf(await explained(context, id, error, signal), signal);
    const state = stateAfter(data);
    if (!tryFinish(context, id, state, data, startedAt)) return endedUnsaid(reread(context, id), state, data);
  }
  progress.now();
  const ended = reread(context, id);
  if (ended.state.startsWith('completed')) await prune(context, ended, signal);
  return ended;
}

/** What retention no longer covers, now that there is a newer job. Its failure is none of the job's. */
async function prune(context: JobContext, { entityTypeId }: JobRecord, signal: AbortSignal): Promise<void> {
  try {
    await pruneAfterJob(context, entityTypeId, signal);
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = toErrorData(error);
    context.notice(`${code}: old undo records and indexes could not be removed: ${message}`);
  }
}

async function work(
  context: JobContext,
  target: RecipeTarget | null,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  if (target !== null) await context.source.call('openType', target.spec);
  await body(context, target, job, run);
  await checkSameSource(context.source, job);
}

async function body(
  context: JobContext,
  target: RecipeTarget | null,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  if (job.kind === 'rollback') return runRollback(context, job, run);
  if (target === null) throw new RangeError(`a job of kind ${job.kind} needs its entity type`);
  switch (job.kind) {
    case 'index':
      return runIndex(context, target, job, run);
    case 'repair':
      await runRepair(context, target, job, run);
      return;
    case 'retry':
      return runRetry(context, target, job, run);
    case 'validate':
      return validate(context, target, job, run);
    case 'rebuild':
      await runRebuild(context, target, job, run);
      return;
    default:
      job.kind satisfies never;
  }
}

async function validate(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  const { catalog, source } = context;
  const total = await source.call('count', target.name);
  catalog.transaction(() => catalog.jobs.setTotal(job.id, total));
  const { reportId, report } = await runValidation(context, target, {
    job,
    signal: run.signal,
    onProgress: run.onProgress,
  });
  catalog.transaction(() => catalog.jobs.setProcessed(job.id, report.source));
  await pruneOlderItems(context, target.entityTypeId, reportId);
}

/** A source that was replaced, or is gone, explains any other error that the job ran into. */
async function explained(
  context: JobContext,
  id: number,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  // Who stopped the job need not wait for the source thread, which may be in the middle of a long statement.
  if (signal.aborted) return error;
  try {
    await checkSameSource(context.source, reread(context, id));
  } catch (found) {
    if (hasCode(found, 'SOURCE_REPLACED', 'SOURCE_NOT_FOUND')) return found;
  }
  return hasCode(error, 'SOURCE_NOT_OPEN', 'ENTITY_TYPE_NOT_OPEN') ? sourceThreadLost(error) : error;
}

/** A pool starts a new thread in the place of one that died, and that one knows nothing of what was open. */
function sourceThreadLost(cause: unknown): PlumblineError {
  return new PlumblineError('THREAD_DIED', 'the source thread stopped in the middle of the job', {
    hint: 'Run the same command again: it goes on with a new thread.',
    retryable: true,
    exitCode: EXIT.unexpected,
    cause,
  });
}

function finish(
  { catalog }: JobContext,
  id: number,
  state: JobState,
  error: ErrorData | null,
  startedAt: number,
): void {
  catalog.transaction(() => catalog.jobs.finish(id, state, error, performance.now() - startedAt));
}

/** A full disk cannot even take this note: then the next writer finds the job running without a process, and says so. */
function tryFinish(...args: Parameters<typeof finish>): boolean {
  try {
    finish(...args);
    return true;
  } catch {
    // What the job ran into is what people have to hear of.
    return false;
  }
}

/** The job as it ended, where the catalog could not be told. */
function endedUnsaid(record: JobRecord, state: JobState, data: ErrorData): JobRecord {
  const job = { ...record.job, state, error: publicError(data), finishedAt: Date.now() };
  return { ...record, state, job };
}

function reread(context: JobContext, id: number): JobRecord {
  const record = context.catalog.jobs.get(id);
  if (record === null) throw new RangeError(`job ${id} is gone`);
  return record;
}
