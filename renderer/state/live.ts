/** What running jobs tell of themselves, newer than what any screen has read. */
import { create } from 'zustand';
import type { Job } from '../../engine/contract.ts';
import type { JobTold } from '../../engine/doors/client/events.ts';

export interface LiveJob extends JobTold {
  /** Unix milliseconds. */
  readonly at: number;
}

interface Live {
  /** By job id. */
  readonly jobs: Readonly<Record<string, LiveJob>>;
  /** Newest last; bounded. */
  readonly notices: readonly { readonly at: number; readonly message: string }[];
}

const MAX_JOBS = 200;
const MAX_NOTICES = 50;

export const useLive = create<Live>(() => ({ jobs: {}, notices: [] }));

export function tellJob(told: JobTold): void {
  useLive.setState(({ jobs }) => {
    const kept = Object.entries(jobs).filter(([id]) => id !== told.job.id);
    return {
      jobs: Object.fromEntries([...kept.slice(-MAX_JOBS), [told.job.id, { ...told, at: Date.now() }]]),
    };
  });
}

export function tellNotice(message: string): void {
  useLive.setState(({ notices }) => ({
    notices: [...notices, { at: Date.now(), message }].slice(-MAX_NOTICES),
  }));
}

/** After a gap nothing that was told is known to hold. */
export function forgetJobsEvents(): void {
  useLive.setState({ jobs: {} });
}

const ENDED = new Set(['completed', 'completed_with_failures', 'failed', 'cancelled']);

/** The job as it was last told of, where that is newer than what was read. */
export function useNewest(job: Job): Job {
  const told = useLive(({ jobs }) => jobs[job.id]?.job);
  if (told === undefined || ENDED.has(job.state)) return job;
  return told;
}

export const isActive = (job: Job): boolean => job.state === 'running' || job.state === 'queued';
