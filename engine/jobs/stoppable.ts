/** What a job works with, seen through its signal: it stops waiting where its parts do not know of signals. */
import { orAbort } from '../abort.ts';
import type { IndexFollower, JobContext, Models, SourceThread } from './context.ts';

/**
 * Source calls that may take minutes (counts, sums, sorts of views) and are no part of a micro-batch. SQLite finishes them
 * behind the job's back; the calls after them, letting go of a snapshot among them, wait their turn on the source thread.
 */
const SLOW_CALLS: ReadonlySet<string> = new Set([
  'openType',
  'count',
  'proveKey',
  'scan',
  'sums',
  'releaseSnapshot',
]);

export function stoppable<C extends JobContext>(context: C, signal: AbortSignal): C {
  const { source, follower } = context;
  const call = (name: string, ...args: unknown[]): Promise<unknown> => {
    const run = source.call as (name: string, ...args: unknown[]) => Promise<unknown>;
    const answer = run.call(source, name, ...args);
    return SLOW_CALLS.has(name) ? orAbort(answer, signal) : answer;
  };
  return {
    ...context,
    control: context.control.nested(),
    source: {
      get pending() {
        return source.pending;
      },
      call: call as SourceThread['call'],
      finish: () => source.finish(),
      close: () => source.close(),
    },
    models: stoppableModels(context.models, signal),
    follower: {
      nudge: (generationId: number) => follower.nudge(generationId),
      // Everything is committed by then. The index is brought up to date behind the job's back, or by the next one.
      settle: (generationId: number) => orAbort(follower.settle(generationId, signal), signal),
      // The work itself listens to the signal, between its steps.
      withGraph: (generationId, work) => follower.withGraph(generationId, work),
      keep: (generationId) => follower.keep(generationId),
      forget: (generationId) => follower.forget(generationId),
      discardOf: (generationId) => follower.discardOf(generationId),
    } satisfies IndexFollower,
  };
}

/** Stops waiting for a download or a load, which go on for whoever asks next. */
export function stoppableModels(models: Models, signal: AbortSignal): Models {
  return {
    info: (name) => orAbort(models.info(name), signal),
    embedder: (name) => orAbort(models.embedder(name), signal),
    threads: () => models.threads(),
  };
}
