/** What running jobs tell of themselves, newer than what any screen has read. */
import { create } from 'zustand';
import type { Job, ProblemEvent } from '../../engine/contract.ts';
import type { JobTold } from '../../engine/doors/client/events.ts';
import { furthest, overallPercent, sampled, type RateSample } from './job-progress.ts';
import { hasEnded } from './job-states.ts';

export interface LiveJob extends JobTold {
  /** Unix milliseconds. */
  readonly at: number;
  /** 0-100, of the whole job; never goes back while it runs. */
  readonly overall: number | null;
  readonly rates: readonly RateSample[];
}

interface Live {
  /** By job id. */
  readonly jobs: Readonly<Record<string, LiveJob>>;
  /** By job id, newest last; bounded. */
  readonly problems: Readonly<Record<string, readonly ProblemEvent[]>>;
  /** Newest last; bounded. */
  readonly notices: readonly Notice[];
}

export interface Notice {
  readonly at: number;
  readonly message: string;
}

const MAX_JOBS = 200;
const MAX_PROBLEMS = 100;
const MAX_NOTICES = 50;

export const useLive = create<Live>(() => ({ jobs: {}, problems: {}, notices: [] }));

export function tellJob(told: JobTold): void {
  useLive.setState(({ jobs }) => {
    const kept = Object.entries(jobs).filter(([id]) => id !== told.job.id);
    const next = advance(jobs[told.job.id], told, Date.now());
    return { jobs: Object.fromEntries([...kept.slice(-MAX_JOBS), [told.job.id, next]]) };
  });
}

/** What is known of a job after it told something. Another attempt begins anew. */
function advance(before: LiveJob | undefined, told: JobTold, at: number): LiveJob {
  const goesOn = before?.job.state === 'running';
  const isRunning = told.job.state === 'running';
  return {
    ...told,
    at,
    overall: furthest(goesOn && isRunning ? before.overall : null, overallPercent(told)),
    rates: sampled(goesOn ? before.rates : [], told.ratePerSecond, at),
  };
}

export function tellProblem(problem: ProblemEvent): void {
  useLive.setState(({ problems }) => ({
    problems: {
      ...problems,
      [problem.jobId]: [...(problems[problem.jobId] ?? []), problem].slice(-MAX_PROBLEMS),
    },
  }));
}

export function tellNotice(message: string): void {
  useLive.setState(({ notices }) => ({
    notices: [...notices, { at: Date.now(), message }].slice(-MAX_NOTICES),
  }));
}

export function forgetNotices(): void {
  useLive.setState({ notices: [] });
}

/** Jobs of another workspace have the same numbers. */
export function forgetWorkspaceEvents(): void {
  useLive.setState({ jobs: {}, problems: {}, notices: [] });
}

/** After a gap nothing that was told is known to hold. */
export function forgetJobsEvents(): void {
  useLive.setState({ jobs: {} });
}

/** The job as it was last told of, where that is newer than what was read. */
export function newest(job: Job, told: Job | undefined): Job {
  return told === undefined || hasEnded(job) ? job : told;
}

export function useNewest(job: Job): Job {
  return newest(
    job,
    useLive(({ jobs }) => jobs[job.id]?.job),
  );
}
