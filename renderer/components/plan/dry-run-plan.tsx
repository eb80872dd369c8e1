import { Group, Loader, Stack, Text } from '@mantine/core';
import { useState, type JSX } from 'react';
import type { Job, Plan } from '../../../engine/contract.ts';
import { usePlans, useStart } from '../../api/queries.ts';
import { formatPlural } from '../../format.ts';
import { notifyDone, notifyProblem } from '../notify.ts';
import { ProblemView } from '../problem.tsx';
import { ManyPlans } from './many-plans.tsx';
import { OnePlan } from './one-plan.tsx';
import { PlanFooter } from './plan-footer.tsx';
import type { PlanViewProps } from './plan-parts.ts';
import type { DryRunRequest } from './plan-request.ts';
import { agreedPlans, confirmLabel, doesNothing, startsOf, totalsOf, type Start } from './plan-summary.ts';

type Props = PlanViewProps & { readonly request: DryRunRequest };

/** A plan that is made now, by comparing the source with the index. */
export function DryRunPlan({ request, onCancel, onStarted }: Props): JSX.Element {
  const plans = usePlans(request.operation, request.input);
  if (plans.data !== undefined)
    return <MadePlan request={request} plans={plans.data} onCancel={onCancel} onStarted={onStarted} />;
  return (
    <Stack>
      {plans.error === null ? (
        <Group gap="sm" role="status" mih={160} justify="center">
          <Loader size="sm" aria-hidden />
          <Text size="sm">Comparing the source with the index. Nothing is changed by this.</Text>
        </Group>
      ) : (
        <ProblemView error={plans.error} title="There is no plan" onRetry={() => void plans.refetch()} />
      )}
      <PlanFooter confirm={null} onCancel={onCancel} />
    </Stack>
  );
}

function MadePlan({
  request,
  plans,
  onCancel,
  onStarted,
}: Props & { readonly plans: readonly Plan[] }): JSX.Element {
  const { operation } = request;
  const [allowed, setAllowed] = useState<ReadonlySet<string>>(new Set());
  const { start, isBusy, error } = useStarts();
  const agreed = agreedPlans(plans, allowed);
  const planned = plans.filter((plan) => !doesNothing(plan));
  const leftOut = planned.length - agreed.length;
  const [only] = plans;
  // What is confirmed; before a cap is raised, what would be.
  const shown = agreed.length > 0 ? agreed : planned;

  const toggle = (entityType: string, isAllowed: boolean): void =>
    setAllowed((before) => {
      const after = new Set(before);
      if (isAllowed) after.add(entityType);
      else after.delete(entityType);
      return after;
    });

  const confirm = async (): Promise<void> => {
    const jobs = await start(startsOf(request, plans, allowed));
    if (jobs === null) return;
    notifyDone(operation === 'rebuild' ? 'Rebuild started' : 'Repair started');
    onStarted(jobs);
  };

  return (
    <Stack>
      {only !== undefined && plans.length === 1 ? (
        <OnePlan plan={only} allowed={allowed} onAllow={toggle} />
      ) : (
        <ManyPlans plans={plans} allowed={allowed} onAllow={toggle} />
      )}
      {error !== null && <ProblemView error={error} title="It could not be started" />}
      <PlanFooter
        confirm={
          planned.length === 0
            ? null
            : {
                label: confirmLabel(operation, shown),
                isDangerous: totalsOf(shown).deleted > 0,
                isDisabled: agreed.length === 0,
                isBusy,
                onConfirm: () => void confirm(),
              }
        }
        note={
          leftOut > 0 && agreed.length > 0
            ? `${formatPlural(leftOut, 'entity type', 'entity types')} left out`
            : planned.length === 0
              ? ''
              : 'The source is never written to.'
        }
        onCancel={onCancel}
      />
    </Stack>
  );
}

/** Several starts as one, once: the jobs that are known, or null where the first of them was refused (`error`). */
function useStarts(): {
  readonly start: (starts: readonly Start[]) => Promise<Job[] | null>;
  readonly isBusy: boolean;
  readonly error: Error | null;
} {
  const repair = useStart('fixDrift');
  const rebuild = useStart('rebuild');
  // For good where it worked: the dialog can still be clicked while it fades away.
  const [isBusy, setBusy] = useState(false);
  const start = async (starts: readonly Start[]): Promise<Job[] | null> => {
    const jobs: Job[] = [];
    setBusy(true);
    for (const [i, { operation, input }] of starts.entries()) {
      try {
        const result = await (operation === 'fixDrift'
          ? repair.mutateAsync(input)
          : rebuild.mutateAsync(input));
        jobs.push(...(result.done ? result.output.jobs : result.jobs));
      } catch (error) {
        if (i === 0) {
          // The mutation keeps it.
          setBusy(false);
          return null;
        }
        notifyProblem('Not everything could be started', error);
        break;
      }
    }
    return jobs;
  };
  return {
    start,
    isBusy,
    error: repair.error ?? rebuild.error,
  };
}
