import type { Job, JobKind } from '../../../engine/contract.ts';
import { hasEnded, isResumable } from '../../state/job-states.ts';

const jobActions = ['pause', 'resume', 'retry', 'rollback', 'cancel'] as const;
export type JobAction = (typeof jobActions)[number];

/** These leave dead letters behind. */
const EMBEDDING: ReadonlySet<JobKind> = new Set(['index', 'repair', 'rebuild', 'retry']);

/** What can be asked of a job in its state. Whether later jobs stand in the way only the engine can say. Pure. */
export function possibleActions(job: Job): JobAction[] {
  const { state, kind, failed, reversible } = job;
  const isPossible: Readonly<Record<JobAction, boolean>> = {
    pause: state === 'running',
    resume: isResumable(job),
    retry: hasEnded(job) && failed > 0 && EMBEDDING.has(kind),
    rollback: reversible,
    cancel: !hasEnded(job),
  };
  return jobActions.filter((action) => isPossible[action]);
}
