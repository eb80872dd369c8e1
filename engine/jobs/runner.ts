/**
 * Runs jobs: the one place that moves a job from state to state, measures it, tells its watchers, and turns what went
 * wrong into a state that says whether the job can go on.
 */
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobState } from '../contract.ts';
import { EXIT, PlumblineError, toErrorData, type ErrorData } from '../errors.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { runIndex, type RunOptions } from './index-job.ts';
import { runRepair } from './repair-job.ts';
import { runRetry } from './retry-job.ts';
import { checkSameSource } from './same-source.ts';
import { pruneOlderItems, runValidation } from './validation.ts';

/** Shortest time between two progress events of a job. */
const PROGRESS_MS = 100;

/**
 * Runs a queued or interrupted job to its end; the job as it is then. Does not throw for what the job ran into: that is in
 * its state and error. Abort leaves it `interrupted`, with all that was committed.
 */
export async function runJob(
  context: JobContext,
  target: RecipeTarget,
  record: JobRecord,
  signal: AbortSignal,
): Promise<JobRecord> {
  const { catalog, source } = context;
  const startedAt = performance.now();
  const progress = watch(context, record.id);
  try {
    catalog.transaction(() => catalog.jobs.start(record.id));
    progress.now();
    await source.call('openType', target.spec);
    await body(context, target, record, { signal, onProgress: progress.sometimes });
    await checkSameSource(source, record);
    const { failed } = reread(context, record.id).job;
    finish(context, record.id, failed > 0 ? 'completed_with_failures' : 'completed', null, startedAt);
  } catch (error) {
    const data = describe(await preferReplaced(context, record, error), signal);
    const state = stateAfter(data, signal);
    if (!tryFinish(context, record.id, state, data, startedAt)) {
      return ended(reread(context, record.id), state, data);
    }
  }
  progress.now();
  return reread(context, record.id);
}

async function body(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
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
    case 'rollback':
      throw new PlumblineError('NOT_AVAILABLE', `this version cannot run ${job.kind} jobs`);
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

/** A replaced source explains any other error that the job ran into. */
async function preferReplaced(context: JobContext, job: JobRecord, error: unknown): Promise<unknown> {
  try {
    await checkSameSource(context.source, job);
    return error;
  } catch (found) {
    return found instanceof PlumblineError && found.code === 'SOURCE_REPLACED' ? found : error;
  }
}

function describe(error: unknown, signal: AbortSignal): ErrorData {
  if (!signal.aborted) return toErrorData(error);
  return {
    code: 'INTERRUPTED',
    message: 'the job was interrupted; everything committed so far stays',
    hint: null,
    retryable: true,
    exitCode: EXIT.interrupted,
  };
}

/** Errors of the surroundings leave a job resumable; errors of its own terms end it. Pure. */
function stateAfter(error: ErrorData, signal: AbortSignal): JobState {
  if (signal.aborted || error.exitCode === EXIT.interrupted) return 'interrupted';
  return error.retryable || error.exitCode === EXIT.unexpected ? 'interrupted' : 'failed';
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
function ended(record: JobRecord, state: JobState, data: ErrorData): JobRecord {
  const { code, message, hint, retryable } = data;
  const error = { code, message, hint, retryable };
  return { ...record, state, job: { ...record.job, state, error, finishedAt: Date.now() } };
}

function reread(context: JobContext, id: number): JobRecord {
  const record = context.catalog.jobs.get(id);
  if (record === null) throw new RangeError(`job ${id} is gone`);
  return record;
}

/** Progress events, throttled. */
function watch(context: JobContext, id: number) {
  let last = 0;
  const emit = (rows?: number): void => {
    last = performance.now();
    const { job, phase } = reread(context, id);
    // A repair's total is of entities to put right, not of the rows that its validations read.
    const total = job.kind === 'repair' ? null : job.total;
    context.emit({
      job: rows === undefined ? job : { ...job, processed: rows, total },
      stage: phase ?? stageOf(job.kind),
    });
  };
  return {
    now: () => emit(),
    sometimes: (rows?: number): void => {
      if (performance.now() - last >= PROGRESS_MS) emit(rows);
    },
  };
}

const stageOf = (kind: JobRecord['kind']): string =>
  ({
    index: 'indexing',
    validate: 'validating',
    repair: 'validating',
    retry: 'retrying',
    rebuild: 'rebuilding',
    rollback: 'rolling back',
  })[kind];
