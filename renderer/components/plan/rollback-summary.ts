import type { Audit } from '../../../engine/contract.ts';
import { formatPlural } from '../../format.ts';

export interface RollbackSteps {
  /** What is done, in words. */
  readonly steps: readonly string[];
  /** Entities that the rollback takes out of the index. */
  readonly removes: number;
  /** False where there is nothing that could be taken back. */
  readonly isPossible: boolean;
}

/** What a rollback does, told from what its job did. Whether later jobs stand in its way only the engine can say. Pure. */
export function rollbackSteps({ job, generation, changes }: Audit): RollbackSteps {
  if (!job.reversible)
    return {
      steps: ['What this job replaced is not kept: it cannot be taken back.'],
      removes: 0,
      isPossible: false,
    };
  const { added, changed, removed } = changes;
  const entities = (count: number): string => formatPlural(count, 'entity', 'entities');
  const steps = [
    ...(generation?.previous == null
      ? []
      : [`Searches go back to index ${generation.previous}, which served before index ${generation.number}`]),
    ...((added ?? 0) > 0 ? [`${entities(added ?? 0)} that it added: out of the index`] : []),
    ...((changed ?? 0) > 0
      ? [`${entities(changed ?? 0)} that it changed: former text and vectors again`]
      : []),
    ...((removed ?? 0) > 0 ? [`${entities(removed ?? 0)} that it removed: back in the index`] : []),
  ];
  return {
    steps: steps.length > 0 ? steps : ['It changed nothing that would have to be taken back'],
    removes: added ?? 0,
    isPossible: true,
  };
}
