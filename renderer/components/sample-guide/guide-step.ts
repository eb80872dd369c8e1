/** Where the guide through the sample is: told from what is indexed and validated, not from what was clicked. Pure. */
import type { Output } from '../../../engine/contract.ts';

export const guideSteps = ['index', 'change', 'validate', 'look', 'repair'] as const;
export type GuideStep = (typeof guideSteps)[number];

export interface GuideMemory {
  /** When the sample's data was changed last, Unix milliseconds; null before that. */
  readonly changedAt: number | null;
  /** The person has looked at the drift since. */
  readonly hasLooked: boolean;
}

const INDEXED: ReadonlySet<string> = new Set(['completed', 'completed_with_failures']);

/** The step that comes next; null once all of them are done. */
export function nextStep(
  { jobs, reports = [], entityTypes = [] }: Output<'status'>,
  { changedAt, hasLooked }: GuideMemory,
): GuideStep | null {
  const isIndexed = entityTypes.every(
    (name) =>
      reports.some(({ entityType }) => entityType === name) ||
      // Whatever else was started since came after an index job.
      jobs.some(
        ({ entityType, kind, state }) => entityType === name && (kind !== 'index' || INDEXED.has(state)),
      ),
  );
  if (!isIndexed) return 'index';
  if (changedAt === null) return 'change';
  const isValidated = entityTypes.every((name) =>
    reports.some(({ entityType, finishedAt }) => entityType === name && finishedAt > changedAt),
  );
  if (!isValidated) return 'validate';
  if (reports.every(({ state }) => state === 'in_sync')) return null;
  return hasLooked ? 'repair' : 'look';
}
