/** Dead letters in numbers, and what a retry of them has to ask for. Pure. */
import type { DeadLetter, Input, Output } from '../../../engine/contract.ts';

export type LetterGroup = NonNullable<Output<'deadLetters'>['groups']>[number];

export interface LetterFilter {
  /** Null for all. */
  readonly entityType: string | null;
  readonly stage: DeadLetter['stage'] | null;
  readonly code: string | null;
}

export function inFilter(groups: readonly LetterGroup[], filter: Partial<LetterFilter>): LetterGroup[] {
  const { entityType = null, stage = null, code = null } = filter;
  return groups.filter(
    (group) =>
      (entityType === null || group.entityType === entityType) &&
      (stage === null || group.stage === stage) &&
      (code === null || group.code === code),
  );
}

/** Letters by some part of what tells groups apart, in the order of the groups. */
export function countBy<K extends 'entityType' | 'stage' | 'code'>(
  groups: readonly LetterGroup[],
  name: K,
): Map<LetterGroup[K], number> {
  const counts = new Map<LetterGroup[K], number>();
  for (const group of groups) counts.set(group[name], (counts.get(group[name]) ?? 0) + group.count);
  return counts;
}

/** What a retry of all under a filter asks for: one call, and so one job, each. Those set aside are never tried. */
export interface RetryStep {
  readonly input: Input<'retry'>;
  readonly count: number;
}

/** Retries know codes, not stages: under a stage, its codes are tried, wherever they came up. */
export function retrySteps(groups: readonly LetterGroup[], filter: LetterFilter): RetryStep[] {
  const isWholeType = filter.stage === null && filter.code === null;
  const steps = new Map<string, RetryStep>();
  for (const { entityType, code } of inFilter(groups, filter)) {
    const input = { target: entityType, ...(isWholeType ? {} : { code }) };
    const tried = inFilter(groups, { entityType, ...(isWholeType ? {} : { code }) });
    const count = tried.reduce((sum, group) => sum + group.count - group.excluded, 0);
    if (count > 0) steps.set(JSON.stringify(input), { input, count });
  }
  return [...steps.values()];
}
