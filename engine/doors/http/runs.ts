/**
 * Work that requests have started and that goes on without them: each start is a run, which ends with the operation's output
 * or an error and can be asked for a while after.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { operations, type OperationName } from '../../contract.ts';
import type { Engine } from '../../engine.ts';
import { EXIT, PlumblineError } from '../../errors.ts';
import { dispatch } from '../dispatch.ts';
import type { Fields } from './input.ts';

/** Starts at work or waiting for their turn; each holds a job or will. */
const MAX_ACTIVE = 32;
/** Results kept to be asked for. */
const MAX_FINISHED = 100;
/** A start without a job after this long (a model is being downloaded, an earlier job has to end) is answered without one. */
const FIRST_JOB_MS = 10_000;

type Outcome =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: unknown };

export interface Run {
  readonly id: string;
  /** Jobs that it has begun so far, by number. */
  readonly jobs: readonly number[];
  /** Entity types whose turn has not come yet. */
  readonly notStarted: readonly string[];
  readonly outcome: Outcome | null;
}

interface ActiveRun extends Run {
  readonly jobs: number[];
  notStarted: string[];
  outcome: Outcome | null;
  readonly stop: AbortController;
  /** Resolves with the first job. */
  readonly begun: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
}

/** Counts starts. */
export class RunNumbers {
  #last = 0;

  next(): string {
    return String((this.#last += 1));
  }
}

export class Runs {
  readonly #engine: Engine;
  readonly #numbers: RunNumbers;
  readonly #active = new Set<ActiveRun>();
  readonly #known = new Map<string, ActiveRun>();
  readonly #ofJob = new Map<number, string>();
  #isClosed = false;

  constructor(engine: Engine, numbers: RunNumbers) {
    this.#engine = engine;
    this.#numbers = numbers;
  }

  get active(): number {
    return this.#active.size;
  }

  /** The run that a job belongs to, while it is at work. */
  runOf(jobId: string): string | null {
    return this.#ofJob.get(Number(jobId)) ?? null;
  }

  /** @throws PlumblineError `OVERLOADED`, `SHUTTING_DOWN`. */
  start(operation: OperationName, input: Fields): Run {
    if (this.#isClosed) throw shuttingDown();
    if (this.#active.size >= MAX_ACTIVE) throw overloaded();
    const run: ActiveRun = {
      id: this.#numbers.next(),
      jobs: [],
      notStarted: [],
      outcome: null,
      stop: new AbortController(),
      begun: Promise.withResolvers(),
      over: Promise.withResolvers(),
    };
    this.#active.add(run);
    this.#known.set(run.id, run);
    void this.#work(run, operation, input);
    return run;
  }

  /** @throws PlumblineError `RUN_UNKNOWN`. */
  get(id: string): Run {
    const run = this.#known.get(id);
    if (run !== undefined) return run;
    throw new PlumblineError('RUN_UNKNOWN', `there is no run "${id}"`, {
      hint: `The last ${MAX_FINISHED} results are kept, until the server ends; \`plumbline jobs\` lists all jobs.`,
    });
  }

  /** Waits for the outcome so long; then, for a while, for a first job to name. Abort ends the waiting. */
  async wait(run: Run, milliseconds: number, signal: AbortSignal): Promise<void> {
    const { begun, over } = run as ActiveRun;
    const stop = new AbortController();
    const options = { signal: AbortSignal.any([signal, stop.signal]), ref: false };
    const passed = (time: number): Promise<void> => wait(time, undefined, options).catch(() => {});
    const named = Promise.race([begun.promise, passed(FIRST_JOB_MS)]);
    await Promise.race([over.promise, Promise.all([passed(milliseconds), named])]);
    stop.abort();
  }

  /**
   * Brings everything to a safe point and takes nothing more. Jobs that were under way are interrupted, to be resumed; true
   * where there were any.
   * @param why what they are interrupted with.
   */
  async close(why: PlumblineError): Promise<boolean> {
    this.#isClosed = true;
    const runs = [...this.#active];
    for (const run of runs) run.stop.abort(why);
    await Promise.all(runs.map((run) => run.over.promise));
    return runs.some(({ jobs }) =>
      jobs.some((id) => this.#engine.catalog.jobs.get(id)?.state === 'interrupted'),
    );
  }

  async #work(run: ActiveRun, operation: OperationName, input: Fields): Promise<void> {
    const { signal } = run.stop;
    this.#engine.watchJobs(signal, (jobId) => this.#noteJob(run, jobId));
    try {
      await this.#freshConfig(run);
      run.notStarted = this.#typesOf(operation, input);
      run.outcome = { ok: true, output: await dispatch(this.#engine, operation, input, signal) };
    } catch (error) {
      run.outcome = { ok: false, error };
    }
    this.#active.delete(run);
    for (const id of run.jobs) this.#ofJob.delete(id);
    run.over.resolve();
    const finished = [...this.#known.values()].filter(({ outcome }) => outcome !== null);
    for (const old of finished.slice(0, -MAX_FINISHED)) this.#known.delete(old.id);
  }

  /** What was started before a person changed the configuration ends with the one that it began with. */
  async #freshConfig(run: ActiveRun): Promise<void> {
    while (this.#engine.isConfigStale) {
      run.stop.signal.throwIfAborted();
      const others = [...this.#active].filter((other) => Number(other.id) < Number(run.id));
      if (others.length === 0) return this.#engine.reloadConfig();
      await Promise.race(others.map(({ over }) => over.promise));
    }
  }

  #noteJob(run: ActiveRun, jobId: number): void {
    const job = this.#engine.catalog.jobs.get(jobId);
    if (job === null) return; // A compaction takes its turn without being a job.
    run.jobs.push(jobId);
    run.notStarted = run.notStarted.filter((name) => name !== job.entityType);
    this.#ofJob.set(jobId, run.id);
    run.begun.resolve();
  }

  /** The entity types that a start has jobs for, as far as its input says. */
  #typesOf(operation: OperationName, { entityTypes, entityType }: Fields): string[] {
    const { input, output } = operations[operation];
    if (!('jobs' in output.shape)) return [];
    if (typeof entityType === 'string') return [entityType];
    if (!('entityTypes' in input.shape)) return [];
    const named = Array.isArray(entityTypes) ? (entityTypes as string[]) : [];
    return named.length > 0 ? [...new Set(named)] : Object.keys(this.#engine.config.entityTypes);
  }
}

export const shuttingDown = (): PlumblineError =>
  new PlumblineError('SHUTTING_DOWN', 'the server is shutting down', {
    hint: 'Start it again with `plumbline serve`.',
    retryable: true,
    exitCode: EXIT.interrupted,
  });

const overloaded = (): PlumblineError =>
  new PlumblineError('OVERLOADED', `${MAX_ACTIVE} starts are at work or waiting for their turn`, {
    hint: 'Wait for some to end, or cancel them; everything that only reads answers meanwhile.',
    retryable: true,
  });
