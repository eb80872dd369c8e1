import { useMemo } from 'react';
import type { Output } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { isActive, isResumable, openStates } from '../../state/job-states.ts';
import type { TypeFacts } from './type-state.ts';

/** More open jobs than a workspace has entity types, by far. */
const MAX_OPEN_JOBS = 1000;

interface Facts {
  /** In the order of the configuration; undefined until they are known. */
  readonly facts: readonly TypeFacts[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** What is known of each selected entity type; job events have it read anew. */
export function useTypeFacts(): Facts {
  const status = useOperation('status', {});
  const open = useOperation('jobs', {
    states: [...openStates],
    limit: MAX_OPEN_JOBS,
  });
  const facts = useMemo(
    () =>
      status.data === undefined || open.data === undefined ? undefined : join(status.data, open.data.jobs),
    [status.data, open.data],
  );
  return {
    facts,
    error: status.error ?? open.error,
    refetch: () => {
      void status.refetch();
      void open.refetch();
    },
  };
}

function join(status: Output<'status'>, open: Output<'jobs'>['jobs']): TypeFacts[] {
  const { entityTypes = [], jobs, reports = [] } = status;
  return entityTypes.map((entityType) => {
    const ofType = open.filter((job) => job.entityType === entityType);
    // Of several, the one that runs; then the one whose turn comes first: lists are newest first.
    const active = ofType.find(({ state }) => state === 'running') ?? ofType.findLast(isActive);
    return {
      entityType,
      job: active ?? jobs.find((job) => job.entityType === entityType) ?? null,
      stopped: ofType.find(isResumable) ?? null,
      report: reports.find((report) => report.entityType === entityType) ?? null,
    };
  });
}
