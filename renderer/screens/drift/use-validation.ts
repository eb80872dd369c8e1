import type { Job } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { isActive } from '../../state/job-states.ts';
import { useLive } from '../../state/live.ts';

/** The validation of an entity type that is under way, as it was last told of; null where there is none. */
export function useValidation(entityType: string): Job | null {
  const { data } = useOperation('status', {});
  const told = useLive(({ jobs }) => jobs);
  const known = new Map((data?.jobs ?? []).map((job) => [job.id, job]));
  for (const { job } of Object.values(told)) known.set(job.id, job);
  return (
    [...known.values()].find(
      (job) => job.kind === 'validate' && job.entityType === entityType && isActive(job),
    ) ?? null
  );
}
