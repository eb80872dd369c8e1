/**
 * Who works on which job in this process: jobs take turns, in the order in which they came, and each can be stopped while
 * it waits or works. Knows neither the catalog nor files; `jobs/runner.ts` turns the reasons given here into states.
 */
import { orAbort } from './abort.ts';
import { EXIT, PlumblineError } from './errors.ts';

/** What a person can ask of a job that is not over. */
export const stopRequests = ['pause', 'cancel'] as const;
export type StopRequest = (typeof stopRequests)[number];

/**
 * The reason with which a job's signal aborts, and the error that it ends with.
 * @param changes false for a job that changes nothing which could be taken back.
 */
export function stopReason(request: StopRequest, jobId: number, changes = true): PlumblineError {
  const ends = { retryable: request === 'pause', exitCode: EXIT.interrupted };
  return request === 'pause'
    ? new PlumblineError('PAUSED', 'the job was paused; everything committed so far stays', {
        hint: `\`plumbline resume ${jobId}\` goes on.`,
        ...ends,
      })
    : new PlumblineError('CANCELLED', 'the job was cancelled; everything committed so far stays', {
        ...(changes ? { hint: `\`plumbline rollback ${jobId}\` takes back what it changed.` } : {}),
        ...ends,
      });
}

/** A job's place in the line. */
export interface Turn {
  /** Aborts when the caller's signal does, or when somebody stops the job. */
  readonly signal: AbortSignal;
  /** True where other jobs are before it. */
  readonly waits: boolean;
  /** Resolves when the jobs before it are over; rejects with the signal's reason. */
  come(): Promise<void>;
}

/** Where jobs stand in line. */
export interface JobLine {
  /** True while a job waits for its turn or runs in this process. */
  holds(jobId: number): boolean;
  /**
   * Holds a job for as long as `work` takes.
   * @throws PlumblineError `JOB_RUNNING` where the job is held already.
   */
  run<T>(jobId: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T>;
  /** For jobs that a job starts: part of its turn, since waiting for it would wait for ever. */
  nested(): JobLine;
}

export class JobControl implements JobLine {
  readonly #held = new Map<number, AbortController>();
  #last: Promise<void> = Promise.resolve();
  readonly #onRelease: (jobId: number) => void;
  readonly #onHold: (jobId: number, signal: AbortSignal) => void;

  /**
   * @param onRelease told when nobody works on a job any more.
   * @param onHold told when somebody begins to, with the caller's signal; not of jobs that a job starts.
   */
  constructor(
    onRelease: (jobId: number) => void = () => {},
    onHold: (jobId: number, signal: AbortSignal) => void = () => {},
  ) {
    this.#onRelease = onRelease;
    this.#onHold = onHold;
  }

  holds(jobId: number): boolean {
    return this.#held.has(jobId);
  }

  async run<T>(jobId: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T> {
    const waits = this.#held.size > 0;
    const before = this.#last;
    const over = Promise.withResolvers<void>();
    try {
      return await this.#hold(jobId, signal, (both) => {
        this.#last = before.then(() => over.promise);
        this.#onHold(jobId, signal);
        return work({ signal: both, waits, come: () => orAbort(before, both) });
      });
    } finally {
      over.resolve();
    }
  }

  nested(): JobLine {
    return {
      holds: (jobId) => this.holds(jobId),
      run: (jobId, signal, work) =>
        this.#hold(jobId, signal, (both) =>
          work({ signal: both, waits: false, come: () => orAbort(Promise.resolve(), both) }),
        ),
      nested: () => this.nested(),
    };
  }

  /** Tells a job that is held to stop at its next safe point; false where it is not held. The first request counts. */
  stop(jobId: number, request: StopRequest, changes = true): boolean {
    const stop = this.#held.get(jobId);
    stop?.abort(stopReason(request, jobId, changes));
    return stop !== undefined;
  }

  async #hold<T>(jobId: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#held.has(jobId)) throw alreadyRunning(jobId);
    const stop = new AbortController();
    this.#held.set(jobId, stop);
    try {
      return await work(AbortSignal.any([signal, stop.signal]));
    } finally {
      this.#held.delete(jobId);
      this.#onRelease(jobId);
    }
  }
}

function alreadyRunning(jobId: number): PlumblineError {
  return new PlumblineError('JOB_RUNNING', `job ${jobId} is running, or waiting for its turn, already`, {
    hint: `\`plumbline status ${jobId}\` says how far it is.`,
    retryable: true,
  });
}
