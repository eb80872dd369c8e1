/** Shows what would be done before it is: for repairs, rebuilds and rollbacks, from every screen. */
import { modals } from '@mantine/modals';
import type { Job } from '../../engine/contract.ts';
import { DryRunPlan } from './plan/dry-run-plan.tsx';
import { titleOf, type PlanRequest } from './plan/plan-request.ts';
import { RollbackPlan } from './plan/rollback-plan.tsx';

interface PlanDialogOptions {
  /** Called once what the person agreed to has begun, with the jobs that are known by then. */
  readonly onStarted?: (jobs: readonly Job[]) => void;
}

/**
 * Opens the plan of an operation. Nothing is done unless the person confirms it; what goes wrong is told in the dialog.
 *
 *     openPlan({ operation: 'fixDrift', input: { entityTypes: ['Track'], keys: ['7', '12'] } });
 */
export function openPlan(request: PlanRequest, { onStarted }: PlanDialogOptions = {}): void {
  const close = (): void => modals.close(id);
  const started = (jobs: readonly Job[]): void => {
    close();
    onStarted?.(jobs);
  };
  const id = modals.open({
    title: titleOf(request),
    size: 'xl',
    children:
      request.operation === 'rollback' ? (
        <RollbackPlan input={request.input} onCancel={close} onStarted={started} />
      ) : (
        <DryRunPlan request={request} onCancel={close} onStarted={started} />
      ),
  });
}
