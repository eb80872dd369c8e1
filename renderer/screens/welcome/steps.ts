/** The way to a new workspace: its steps, their addresses, and which of them can be reached. Pure. */

export const steps = [
  { name: 'source', title: 'Source' },
  { name: 'types', title: 'Entity types' },
  { name: 'model', title: 'Model' },
  { name: 'summary', title: 'Summary' },
] as const;

export type StepName = (typeof steps)[number]['name'];

export const addressOfStep = (step: StepName): string => `/welcome/${step}`;

/** Null for the start. */
export function stepOf(location: string): StepName | null {
  const [, name] = /^\/welcome\/(\w+)$/.exec(location) ?? [];
  return steps.find((step) => step.name === name)?.name ?? null;
}

interface Progress {
  /** The source was read. */
  readonly isRead: boolean;
  /** At least one type is selected, and nothing is wrong with any that is. */
  readonly isChosen: boolean;
}

/** The furthest step that what was chosen so far leads to. */
export function furthest({ isRead, isChosen }: Progress): StepName {
  if (!isRead) return 'source';
  return isChosen ? 'summary' : 'types';
}

export const isReachable = (step: StepName, progress: Progress): boolean =>
  indexOf(step) <= indexOf(furthest(progress));

export const indexOf = (step: StepName): number => steps.findIndex(({ name }) => name === step);
