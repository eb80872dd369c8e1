/**
 * What happened lately, numbered: a bounded list that every event stream reads at its own pace. A reader that is too slow,
 * or comes back too late, is told that it missed something; nothing is kept for it.
 */
import { randomBytes } from 'node:crypto';
import type { JobState, ProblemEvent, ProgressEvent } from '../../contract.ts';
import { stringify } from '../../json.ts';

/** `job`: a job's state changed; `progress`: its counts did; `problem`: something in it failed; `notice`: a line for the person. */
export type EventType = 'job' | 'progress' | 'problem' | 'notice';

export interface LoggedEvent {
  readonly number: number;
  readonly type: EventType;
  /** JSON, one line. */
  readonly data: string;
  /** The job it tells of; null for notices. */
  readonly job: string | null;
}

/** Some minutes of state changes; with progress told once per job, far more than a reconnecting page needs. */
const CAPACITY = 1000;

/** Newest failures kept: a job that fails on everything must not push out what else happened. */
const MAX_PROBLEMS = 100;

export class EventLog {
  /** Tells this server's numbers from those of the one before. */
  readonly epoch = randomBytes(6).toString('hex');
  readonly #capacity: number;
  #events: LoggedEvent[] = [];
  #last = 0;
  /** The newest event that fell out, whoever had seen it. */
  #lost = 0;
  readonly #states = new Map<string, JobState>();
  #arrival = Promise.withResolvers<void>();
  #closed = false;

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  get last(): number {
    return this.#last;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes in what a job tells of itself. `run` is the start that it belongs to. */
  progress(event: ProgressEvent, run: string | null): void {
    const { job } = event;
    const isNew = this.#states.get(job.id) !== job.state;
    if (job.state === 'running' || job.state === 'queued') this.#states.set(job.id, job.state);
    else this.#states.delete(job.id);
    // The newest says everything: what a job told before of its counts only costs room.
    this.#events = this.#events.filter((told) => told.type !== 'progress' || told.job !== job.id);
    this.#add(isNew ? 'job' : 'progress', { ...event, run }, job.id);
  }

  /** Takes in a failure of a job. Of many the newest are kept; `dead-letters` has them all. */
  problem(event: ProblemEvent): void {
    const known = this.#events.filter((told) => told.type === 'problem');
    const oldest = known.length < MAX_PROBLEMS ? undefined : known[0];
    if (oldest !== undefined) this.#events = this.#events.filter((told) => told !== oldest);
    this.#add('problem', event, event.jobId);
  }

  notice(message: string): void {
    this.#add('notice', { message }, null);
  }

  /** The oldest event after this one; null where there is none yet. */
  after(number: number): LoggedEvent | null {
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.number ?? 0) > number) index -= 1;
    return this.#events[index] ?? null;
  }

  /** True where an event after this one has fallen out. */
  hasGapAfter(number: number): boolean {
    return number < this.#lost;
  }

  /** Where a reader begins that wants everything that is still here. */
  get begin(): number {
    return this.#lost;
  }

  /** Resolves when there is something new, or the log is closed. */
  arrival(): Promise<void> {
    return this.#arrival.promise;
  }

  /** Ends all readers, after what they have not read yet. */
  close(): void {
    this.#closed = true;
    this.#arrival.resolve();
  }

  /** The number that an id names; null for another server's, or one that never was. */
  parse(id: string): number | null {
    const [, epoch, number] = /^(\w+)-(\d{1,15})$/.exec(id) ?? [];
    return epoch === this.epoch && Number(number) <= this.#last ? Number(number) : null;
  }

  format(number: number): string {
    return `${this.epoch}-${number}`;
  }

  #add(type: EventType, data: unknown, job: string | null): void {
    if (this.#closed) return;
    this.#last += 1;
    this.#events.push({ number: this.#last, type, data: stringify(data), job });
    if (this.#events.length > this.#capacity) this.#lost = this.#events.shift()?.number ?? this.#lost;
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }
}
