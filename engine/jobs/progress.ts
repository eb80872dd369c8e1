/** What a job tells its watchers: not more often than they can use it, with its rate and what is left. */
import type { JobPhase, JobRecord } from '../catalog/jobs.ts';
import type { Job, JobKind, ProgressEvent } from '../contract.ts';
import { RateMeter } from '../rate.ts';
import { isChosen } from './repair-choice.ts';

/** Shortest time between two progress events of a job. */
const PROGRESS_MS = 100;

export interface JobProgress {
  /** Tells at once: of a state that changed. */
  now(): void;
  /** Tells unless it has just done so. `rows`: rows read by a pass whose progress the catalog does not keep. */
  sometimes(rows?: number): void;
}

export interface ProgressOptions {
  /** The job as it is now. */
  readonly read: () => JobRecord;
  readonly emit: (event: ProgressEvent) => void;
  /** Embedding threads that are up. */
  readonly workers: () => number;
}

export function watchProgress({ read, emit, workers }: ProgressOptions): JobProgress {
  let last = 0;
  let pass = '';
  let meter = new RateMeter();
  const tell = (rows?: number): void => {
    last = performance.now();
    const record = read();
    const stages = stagesOf(record);
    const stage = stages.find((name) => name === record.phase) ?? stages[0] ?? record.kind;
    const job = rows === undefined ? record.job : withRows(record.job, rows);
    // Each pass counts from the beginning, in a unit of its own.
    const counted = `${stage} ${job.state} ${rows === undefined}`;
    if (counted !== pass) meter = new RateMeter();
    pass = counted;
    const { percent, rate, etaMs } = meter.update(job.processed, job.total, last);
    const isRunning = job.state === 'running';
    emit({
      job,
      stage,
      stages,
      percent,
      ratePerSecond: isRunning ? rate : null,
      etaMs: isRunning ? etaMs : null,
      workers: workers(),
      memoryBytes: process.memoryUsage.rss(),
    });
  };
  return {
    now: () => tell(),
    sometimes(rows) {
      if (performance.now() - last >= PROGRESS_MS) tell(rows);
    },
  };
}

/** The total of any other kind is not of the rows that its validations read. */
const withRows = (job: Job, rows: number): Job => ({
  ...job,
  processed: rows,
  total: job.kind === 'validate' ? job.total : null,
});

const STAGES: Readonly<Record<JobKind, readonly string[]>> = {
  index: ['indexing'],
  validate: ['validating'],
  repair: ['validating', 'repairing', 'verifying'] satisfies JobPhase[],
  retry: ['retrying'],
  rebuild: ['rebuilding', 'verifying'],
  rollback: ['rolling back'],
};

/** A repair of chosen items begins with what a report says. */
const stagesOf = ({ kind, options }: JobRecord): readonly string[] =>
  kind === 'repair' && isChosen(options) ? STAGES[kind].slice(1) : STAGES[kind];
