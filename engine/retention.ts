/** What retention no longer covers. Pure: what a catalog holds in, ids of what may go out. */
import type { Retention } from './config.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A job that has undo records. Times are Unix milliseconds. */
export interface UndoableJob {
  readonly id: number;
  readonly startedAt: number;
  /** Null while it, or a rollback of it, can still go on. */
  readonly endedAt: number | null;
}

/** A generation that no longer serves. */
export interface RetiredGeneration {
  readonly id: number;
  /** When another one took its place; null where it never served, and so cannot be gone back to. */
  readonly retiredAt: number | null;
}

/**
 * The jobs of one entity type whose undo records are beyond retention. Besides the newest ones, and those that can still go
 * on, every job is kept that ended after a kept one began: its records are how a rollback of that one sees that somebody
 * else has changed the same entity since.
 */
export function undoBeyond(jobs: readonly UndoableJob[], retention: Retention, now: number): number[] {
  const endOf = (job: UndoableJob): number => job.endedAt ?? Infinity;
  const newestFirst = jobs.toSorted((a, b) => (endOf(a) === endOf(b) ? b.id - a.id : endOf(b) - endOf(a)));
  const isCovered = (job: UndoableJob, rank: number): boolean =>
    job.endedAt === null || (rank < retention.undoJobs && isWithin(job.endedAt, retention.undoDays, now));
  const kept = new Set(newestFirst.filter(isCovered));
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    const horizon = [...kept].reduce((earliest, job) => Math.min(earliest, job.startedAt), Infinity);
    for (const job of newestFirst) if (endOf(job) > horizon) kept.add(job);
  }
  return newestFirst.filter((job) => !kept.has(job)).map((job) => job.id);
}

/** The retired generations of one entity type that are beyond retention. */
export function generationsBeyond(
  retired: readonly RetiredGeneration[],
  retention: Retention,
  now: number,
): number[] {
  const served = retired
    .filter((generation) => generation.retiredAt !== null)
    .toSorted((a, b) => (b.retiredAt ?? 0) - (a.retiredAt ?? 0) || b.id - a.id);
  const kept = served
    .slice(0, retention.generations)
    .filter(({ retiredAt }) => isWithin(retiredAt ?? 0, retention.generationDays, now));
  return retired.filter((generation) => !kept.includes(generation)).map((generation) => generation.id);
}

const isWithin = (at: number, days: number, now: number): boolean => now - at <= days * DAY_MS;
