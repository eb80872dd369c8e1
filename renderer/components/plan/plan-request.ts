import type { Input } from '../../../engine/contract.ts';

/** What a person asks for that is to be seen before it is done. Without entity types: all that are selected. */
export type PlanRequest =
  | { readonly operation: 'fixDrift'; readonly input: Omit<Input<'fixDrift'>, 'dryRun'> }
  | { readonly operation: 'rebuild'; readonly input: Omit<Input<'rebuild'>, 'dryRun'> }
  | { readonly operation: 'rollback'; readonly input: Omit<Input<'rollback'>, 'force'> };

/** Those that a dry run plans; a rollback has its plan in the job's audit trail. */
export type DryRunRequest = Extract<PlanRequest, { readonly operation: 'fixDrift' | 'rebuild' }>;

/** `Repair Track`, `Repair everything`: what the person asked for, before it is known what that takes. */
export function titleOf(request: PlanRequest): string {
  switch (request.operation) {
    case 'fixDrift': {
      const { entityTypes = [], keys, classes } = request.input;
      const [only] = entityTypes;
      if (entityTypes.length === 0) return 'Repair everything';
      if (only === undefined || entityTypes.length > 1) return `Repair ${entityTypes.length} entity types`;
      return keys !== undefined || classes !== undefined ? `Repair some of ${only}` : `Repair ${only}`;
    }
    case 'rebuild':
      return `Rebuild ${request.input.entityType}`;
    case 'rollback':
      return `Roll back job ${request.input.job}`;
    default:
      return request satisfies never;
  }
}
