/** What a plan comes to, and what is asked of the engine once a person agrees. Pure. */
import type { Input, Plan } from '../../../engine/contract.ts';
import { formatCount, formatDuration, formatPlural } from '../../format.ts';
import type { DryRunRequest } from './plan-request.ts';

/** True where more would be deleted than the cap lets pass: nothing is done to this type unless a person raises it. */
export const exceedsCap = ({ deletePercent, maxDeletePercent }: Plan): boolean =>
  deletePercent > maxDeletePercent;

/** The cap that just lets this plan pass: whole percents, as people write them. */
export const capFor = ({ deletePercent }: Plan): number => Math.min(100, Math.ceil(deletePercent));

export const lacksSpace = ({ disk }: Plan): boolean =>
  disk !== undefined && disk.freeBytes < disk.neededBytes;

/** What is put right without being deleted. */
const repairedBy = (plan: Plan): number =>
  plan.missing +
  plan.stale +
  plan.outdated +
  plan.failed +
  (plan.lost ?? 0) +
  (plan.ghost ?? 0) +
  (plan.corrupt ?? 0);

/** A repair without drift would only validate once more; a rebuild always has the whole type to read. */
export const doesNothing = (plan: Plan): boolean =>
  plan.kind !== 'rebuild' && repairedBy(plan) + plan.delete === 0;

/** The plans that a confirmation covers: those with something to do, that are within their cap or were allowed beyond it. */
export function agreedPlans(plans: readonly Plan[], allowed: ReadonlySet<string>): Plan[] {
  return plans.filter(
    (plan) => !doesNothing(plan) && !lacksSpace(plan) && (!exceedsCap(plan) || allowed.has(plan.entityType)),
  );
}

export interface PlanTotals {
  readonly repaired: number;
  readonly deleted: number;
  readonly embed: number;
  /** Jobs take turns. Null where nothing is to be embedded. */
  readonly estimatedMs: number | null;
}

export function totalsOf(plans: readonly Plan[]): PlanTotals {
  const sum = (count: (plan: Plan) => number): number =>
    plans.reduce((total, plan) => total + count(plan), 0);
  return {
    repaired: sum(repairedBy),
    deleted: sum((plan) => plan.delete),
    embed: sum((plan) => plan.embed),
    estimatedMs: plans.every(({ estimatedMs }) => estimatedMs === null)
      ? null
      : sum(({ estimatedMs }) => estimatedMs ?? 0),
  };
}

/** How long embedding takes, as far as a sample tells. */
export function estimateOf(estimatedMs: number | null): string {
  if (estimatedMs === null) return 'moments';
  return estimatedMs < 1000 ? 'under a second' : `about ${formatDuration(estimatedMs)}`;
}

/** The button that does it: the verb, and what it will do. `Repair 21 rows, delete 6`. */
export function confirmLabel(operation: DryRunRequest['operation'], plans: readonly Plan[]): string {
  const { repaired, deleted } = totalsOf(plans);
  if (operation === 'rebuild') {
    const rows = plans.reduce((total, { source }) => total + source, 0);
    const verb = `Rebuild from ${formatPlural(rows, 'row', 'rows')}`;
    return deleted === 0 ? verb : `${verb}, drop ${formatCount(deleted)}`;
  }
  // Of the index: the source is never written to.
  if (repaired === 0) return `Delete ${formatCount(deleted)} from the index`;
  const verb = `Repair ${formatPlural(repaired, 'row', 'rows')}`;
  return deleted === 0 ? verb : `${verb}, delete ${formatCount(deleted)}`;
}

export type Start =
  | { readonly operation: 'fixDrift'; readonly input: Input<'fixDrift'> }
  | { readonly operation: 'rebuild'; readonly input: Input<'rebuild'> };

/**
 * What to ask the engine for. A raised cap is asked for with the types alone that need just that one, so that no other may
 * delete more than its configuration lets it.
 */
export function startsOf(
  request: DryRunRequest,
  plans: readonly Plan[],
  allowed: ReadonlySet<string>,
): Start[] {
  const agreed = agreedPlans(plans, allowed);
  const raised = agreed.filter(exceedsCap);
  if (request.operation === 'rebuild') {
    const { input } = request;
    return agreed.map((plan) => ({
      operation: 'rebuild',
      input: exceedsCap(plan) ? { ...input, maxDeletePercent: capFor(plan) } : input,
    }));
  }
  const start = (entityTypes: string[], cap?: number): Start => ({
    operation: 'fixDrift',
    input: { ...request.input, entityTypes, ...(cap === undefined ? {} : { maxDeletePercent: cap }) },
  });
  const within = agreed.filter((plan) => !exceedsCap(plan)).map(({ entityType }) => entityType);
  return [
    ...(within.length === 0 ? [] : [start(within)]),
    ...[...Map.groupBy(raised, capFor)].map(([cap, plans]) =>
      start(
        plans.map(({ entityType }) => entityType),
        cap,
      ),
    ),
  ];
}
