import { List, Loader, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import { hasCode } from '../../../engine/errors.ts';
import { useOperation, useStart } from '../../api/queries.ts';
import { notifyDone } from '../notify.ts';
import { ProblemView } from '../problem.tsx';
import { PlanFooter } from './plan-footer.tsx';
import type { PlanViewProps } from './plan-parts.ts';
import type { PlanRequest } from './plan-request.ts';
import { rollbackSteps } from './rollback-summary.ts';

type Props = PlanViewProps & Pick<Extract<PlanRequest, { readonly operation: 'rollback' }>, 'input'>;

/** What stands in the way of a rollback that a person may decide to go on beside. */
const FORCEABLE = ['ROLLBACK_CONFLICT', 'RECIPE_CHANGED'] as const;

/** What taking a job back does, from what the job did. */
export function RollbackPlan({ input: { job }, onCancel, onStarted }: Props): JSX.Element {
  const audit = useOperation('audit', { job, limit: 1 });
  const rollback = useStart('rollback');
  // Refused in spite of force: there is nothing left to offer.
  const wasForced = rollback.variables?.force === true;
  const canForce = hasCode(rollback.error, ...FORCEABLE) && !wasForced;
  const force = canForce || (rollback.isPending && wasForced);

  const confirm = (): void =>
    rollback.mutate(force ? { job, force } : { job }, {
      onSuccess: (result) => {
        notifyDone(`Rollback of job ${job} started`);
        onStarted(result.done ? result.output.jobs : result.jobs);
      },
    });

  if (audit.data === undefined)
    return (
      <Stack>
        {audit.error === null ? (
          <Loader size="sm" role="status" aria-label="Reading what the job did" />
        ) : (
          <ProblemView
            error={audit.error}
            title="What the job did cannot be read"
            onRetry={() => void audit.refetch()}
          />
        )}
        <PlanFooter confirm={null} onCancel={onCancel} />
      </Stack>
    );

  const { steps, removes, isPossible } = rollbackSteps(audit.data);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Brings {audit.data.job.entityType} back to where it was before job {job}, without embedding anything.
        A rollback can itself be rolled back.
      </Text>
      <List spacing={4}>
        {steps.map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      {rollback.error !== null && (
        <ProblemView error={rollback.error} title="The job cannot simply be rolled back" />
      )}
      <PlanFooter
        confirm={
          isPossible
            ? {
                label: force ? 'Roll back the rest all the same' : `Roll back job ${job}`,
                isDangerous: removes > 0,
                isDisabled: rollback.error !== null && !canForce,
                // For good where it worked: the dialog can still be clicked while it fades away.
                isBusy: rollback.isPending || rollback.isSuccess,
                onConfirm: confirm,
              }
            : null
        }
        note="The source is never written to."
        onCancel={onCancel}
      />
    </Stack>
  );
}
