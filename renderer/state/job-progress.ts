/** How far a job has come, as a bar that never goes back. Pure. */
import type { JobTold } from '../../engine/doors/client/events.ts';

export interface StageProgress {
  readonly name: string;
  /** 0-100; null where the stage is under way and its end not known. */
  readonly percent: number | null;
}

type Told = Pick<JobTold, 'stage' | 'stages' | 'percent'> & { readonly job: Pick<JobTold['job'], 'state'> };

/** Each stage that the job goes through, the ones behind it full and the ones before it empty. */
export function stagesOf({ stage, stages, percent, job }: Told): StageProgress[] {
  const now = job.state === 'queued' ? -1 : stages.indexOf(stage);
  return stages.map((name, i) => ({ name, percent: i < now ? 100 : i > now ? 0 : percent }));
}

/** Of the whole job: every stage counts the same. Null where nothing can be said yet. */
export function overallPercent(told: Told): number | null {
  const stages = stagesOf(told);
  if (stages.length === 0 || (stages.length === 1 && told.percent === null)) return null;
  return stages.reduce((sum, { percent }) => sum + (percent ?? 0), 0) / stages.length;
}

/** The further of two: what an event says late, or a stage that begins anew, takes nothing back. */
export const furthest = (before: number | null, now: number | null): number | null =>
  before === null ? now : now === null ? before : Math.max(before, now);

export interface RateSample {
  /** Unix milliseconds. */
  readonly at: number;
  /** Rows per second. */
  readonly rate: number;
}

const SAMPLE_MS = 1000;
/** Two minutes. */
const MAX_SAMPLES = 120;

/** One sample a second, the newest last. */
export function sampled(
  samples: readonly RateSample[],
  rate: number | null,
  at: number,
): readonly RateSample[] {
  const last = samples.at(-1);
  if (rate === null || (last !== undefined && at - last.at < SAMPLE_MS)) return samples;
  return [...samples, { at, rate }].slice(-MAX_SAMPLES);
}
