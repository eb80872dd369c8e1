/**
 * What to do when a batch fails, as values. A batch is tried again as it is only where the cause may pass (a thread
 * died) and only before it was ever halved; anything else is halved at once, because trying an innocent neighbour three
 * times at each level multiplies the cost of one bad text. Alone, a text has {@link MAX_ATTEMPTS}.
 */

export const MAX_ATTEMPTS = 3;
const BASE_WAIT_MS = 100;

export interface BatchState {
  readonly size: number;
  /** How often this very batch has been tried, the failed attempt included. */
  readonly attempts: number;
  /** True where it is a part of a batch that failed. */
  readonly halved: boolean;
}

export interface BatchFailure {
  readonly code: string;
  readonly retryable: boolean;
}

export type Verdict = 'retry' | 'halve' | 'give up' | 'stop';

/** The model or the pool is unusable: no text is to blame, and none would succeed. */
const STOP = new Set(['MODEL_INVALID', 'MODEL_INCOMPLETE', 'THREAD_CLOSED', 'UNKNOWN_CALL']);

export function afterFailure(failure: BatchFailure, batch: BatchState): Verdict {
  if (STOP.has(failure.code)) return 'stop';
  if (batch.size === 1) return batch.attempts < MAX_ATTEMPTS ? 'retry' : 'give up';
  return failure.retryable && !batch.halved && batch.attempts < MAX_ATTEMPTS ? 'retry' : 'halve';
}

/**
 * A text's own failure inside a batch that ran. What the tokenizer says of a text is final; a vector that is not finite
 * may be a neighbour's fault, because dynamically quantized graphs take one scale for the whole batch.
 */
export function isFinal(code: string): boolean {
  return code !== 'VECTOR_NOT_FINITE';
}

/** Exponential, with jitter between half and once and a half, so that retries of many batches spread. */
export function backoffMs(attempts: number, random: () => number): number {
  return BASE_WAIT_MS * 2 ** (attempts - 1) * (0.5 + random());
}
