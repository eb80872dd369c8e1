/** What became of a job, as values: which error it ended with, and which state that means. Pure. */
import type { JobState } from '../contract.ts';
import { EXIT, PlumblineError, toErrorData, type ErrorData } from '../errors.ts';

/**
 * What a job needs and has no influence on, that went away and can come back: the source's file, its tables and columns, the
 * model's folder, the threads, the disk. Their errors say `retryable` where trying again helps by itself; these need a
 * person first, and the job goes on all the same once that is done.
 */
const WENT_AWAY = new Set([
  'SOURCE_NOT_FOUND',
  'SOURCE_UNREADABLE',
  'SOURCE_NOT_A_DATABASE',
  'SOURCE_CORRUPT',
  'SOURCE_LOGIN_REFUSED',
  'SOURCE_TLS_REFUSED',
  'SOURCE_FORBIDDEN',
  'SOURCE_CHANGED',
  'MODEL_NOT_FOUND',
  'MODEL_INCOMPLETE',
  'MODEL_INVALID',
  'THREAD_CLOSED',
  'WORKSPACE_UNWRITABLE',
  'DISK_SPACE_LOW',
]);

/** The error that a job ends with: a person's wish, where there was one, whatever else broke off because of it. */
export function outcomeOf(error: unknown, signal: AbortSignal): ErrorData {
  if (!signal.aborted) return toErrorData(error);
  const reason: unknown = signal.reason;
  if (reason instanceof PlumblineError && STATES_OF_STOPS.has(reason.code)) return toErrorData(reason);
  return {
    code: 'INTERRUPTED',
    message: 'the job was interrupted; everything committed so far stays',
    hint: null,
    retryable: true,
    exitCode: EXIT.interrupted,
  };
}

const STATES_OF_STOPS: ReadonlyMap<string, JobState> = new Map([
  ['PAUSED', 'paused'],
  ['CANCELLED', 'cancelled'],
]);

/**
 * `failed` is for a job's own terms: it would end the same way again (a deletion cap, a wrong filter, a source that is
 * another one by now). What went away leaves it `interrupted`, to be resumed.
 */
export function stateAfter(error: ErrorData): JobState {
  const stopped = STATES_OF_STOPS.get(error.code);
  if (stopped !== undefined) return stopped;
  const resumable =
    error.retryable ||
    error.exitCode === EXIT.interrupted ||
    error.exitCode === EXIT.unexpected ||
    WENT_AWAY.has(error.code);
  return resumable ? 'interrupted' : 'failed';
}
