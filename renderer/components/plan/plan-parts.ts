import type { Job } from '../../../engine/contract.ts';

/** What every plan's view is given by the dialog. */
export interface PlanViewProps {
  readonly onCancel: () => void;
  readonly onStarted: (jobs: readonly Job[]) => void;
}
