import type { Job, JobKind, JobState } from '../../../engine/contract.ts';

export const jobActions = ['pause', 'resume', 'retry', 'rollback', 'cancel'] as const;
export type JobAction = (typeof jobActions)[number];

const STOPPABLE: ReadonlySet<JobState> = new Set(['running', 'queued', 'paused', 'interrupted']);
const RESUMABLE: ReadonlySet<JobState> = new Set(['paused', 'interrupted']);
const ENDED: ReadonlySet<JobState> = new Set(['completed', 'completed_with_failures', 'failed', 'cancelled']);
/** These leave dead letters behind. */
const EMBEDDING: ReadonlySet<JobKind> = new Set(['index', 'repair', 'rebuild', 'retry']);

/** What can be asked of a job in its state. Whether later jobs stand in the way only the engine can say. Pure. */
export function possibleActions({ state, kind, failed, reversible }: Job): JobAction[] {
  const isPossible: Readonly<Record<JobAction, boolean>> = {
    pause: state === 'running',
    resume: RESUMABLE.has(state),
    retry: ENDED.has(state) && failed > 0 && EMBEDDING.has(kind),
    rollback: reversible,
    cancel: STOPPABLE.has(state),
  };
  return jobActions.filter((action) => isPossible[action]);
}
