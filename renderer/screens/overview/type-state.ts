/** What an entity type stands at, and the one thing to do next. Pure: the time is passed in. */
import { driftClasses, type DriftClass, type Job, type Report } from '../../../engine/contract.ts';
import { isActive, isResumable } from '../../state/job-states.ts';

/** In sync longer ago than this says little about now. */
const FRESH_MS = 24 * 60 * 60 * 1000;

export interface TypeFacts {
  readonly entityType: string;
  /** The newest job. */
  readonly job: Job | null;
  /** The newest job that was paused or interrupted. */
  readonly stopped: Job | null;
  /** The latest validation. */
  readonly report: Report | null;
}

export type NextAction =
  | { readonly kind: 'progress'; readonly job: Job }
  | { readonly kind: 'resume'; readonly job: Job }
  | { readonly kind: 'index' }
  | { readonly kind: 'repair' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'dead-letters' }
  /** `isQuiet`: nothing asks for it. */
  | { readonly kind: 'validate'; readonly isQuiet: boolean };

/** The right next thing: what runs comes first, then what stopped half-way, then what the latest verdict asks for. */
export function nextAction(facts: TypeFacts, now: number): NextAction {
  const { job, report } = facts;
  if (job !== null && isActive(job)) return { kind: 'progress', job };
  const stopped = toResume(facts);
  if (stopped !== null) return { kind: 'resume', job: stopped };
  if (isNeverIndexed(facts)) return { kind: 'index' };
  if (report === null || isOutrun(report, job)) return { kind: 'validate', isQuiet: false };
  if (hasRepairableDrift(report)) return { kind: 'repair' };
  if (report.failed > 0)
    return {
      kind: job?.kind === 'retry' && job.state === 'completed_with_failures' ? 'dead-letters' : 'retry',
    };
  return { kind: 'validate', isQuiet: now - report.finishedAt < FRESH_MS };
}

/** A stopped job is worth going on with unless another one has written to the index since. */
function toResume({ job, stopped }: TypeFacts): Job | null {
  if (job !== null && isResumable(job)) return job;
  if (stopped === null || job === null) return stopped;
  return job.kind === 'validate' && stopped.kind !== 'validate' ? stopped : null;
}

/** As far as the newest job and the latest report tell. */
function isNeverIndexed({ job, report }: TypeFacts): boolean {
  if (report !== null && !isOutrun(report, job)) return report.indexed === 0 && report.source > 0;
  if (job === null || job.kind === 'rollback') return report === null;
  return report === null && job.kind === 'index' && (job.state === 'failed' || job.state === 'cancelled');
}

/** True where a job has written to the index after the report and ended without one of its own. */
function isOutrun(report: Report, job: Job | null): boolean {
  if (job === null || job.kind === 'validate' || job.reportId !== null) return false;
  const { embedded, reused, deleted } = job;
  return (job.finishedAt ?? 0) > report.finishedAt && embedded + reused + deleted > 0;
}

/** What a repair puts right; dead letters alone it would only try again. */
function hasRepairableDrift(report: Report): boolean {
  const { missing, stale, outdated, orphaned, lost, ghost, corrupt, deep } = report;
  const found = missing + stale + outdated + orphaned + (lost ?? 0) + (ghost ?? 0) + (corrupt ?? 0);
  return found > 0 || deep?.fullTextSound === false;
}

/** The classes that a report found, with their counts. */
export function driftOf(report: Report): [name: DriftClass, count: number][] {
  return driftClasses
    .map((name): [DriftClass, number] => [name, report[name] ?? 0])
    .filter(([, count]) => count > 0);
}

/** Something of this type waits for a person. */
export function needsAttention(facts: TypeFacts, now: number): boolean {
  const action = nextAction(facts, now);
  return (
    facts.job?.state === 'failed' ||
    !(action.kind === 'progress' || (action.kind === 'validate' && action.isQuiet))
  );
}
