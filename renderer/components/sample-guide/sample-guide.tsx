import { Button, Card, CloseButton, Group, Text, Title } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useOperation, useSetup, useSetupChange, useStart } from '../../api/queries.ts';
import { formatPlural } from '../../format.ts';
import { isActive } from '../../state/job-states.ts';
import { useLive } from '../../state/live.ts';
import { notifyDone, notifyProblem } from '../notify.ts';
import { openPlan } from '../plan-dialog.tsx';
import { remember, useGuideMemory } from './guide-memory.ts';
import { guideSteps, nextStep, type GuideStep } from './guide-step.ts';
import classes from './sample-guide.module.css';

const TEXTS: Readonly<
  Record<GuideStep, { readonly title: string; readonly text: string; readonly action: string }>
> = {
  index: {
    title: 'Index everything',
    text: 'Every row becomes text, and every text a vector.',
    action: 'Index everything',
  },
  change: {
    title: 'Change the data',
    text: 'Behind the index’s back, as an application would.',
    action: 'Change the data',
  },
  validate: { title: 'Validate', text: 'Every row is compared with the index.', action: 'Validate' },
  look: {
    title: 'See the drift',
    text: 'What is missing, stale or orphaned, row by row.',
    action: 'See the drift',
  },
  repair: {
    title: 'Repair',
    text: 'The plan first; then what drifted, and nothing else.',
    action: 'Repair…',
  },
};

/** A walk through the sample, one button at a time. Nothing on workspaces that are no sample. */
export function SampleGuide(): JSX.Element | null {
  const open = useSetup('workspaces', {}).data?.open ?? null;
  return open?.sample === true ? <Guide folder={open.folder} /> : null;
}

function Guide({ folder }: { readonly folder: string }): JSX.Element | null {
  const [, navigate] = useLocation();
  const memory = useGuideMemory(folder);
  const { data: status } = useOperation('status', {});
  const isBusy = useLive(({ jobs }) => Object.values(jobs).some(({ job }) => isActive(job)));
  const index = useStart('index');
  const validate = useStart('validate');
  const changing = useSetupChange('changeSample');
  if (memory.isDismissed || status === undefined) return null;

  const next = nextStep(status, memory);
  const act: Readonly<Record<GuideStep, () => void>> = {
    index: () =>
      index.mutate({}, { onError: (error) => notifyProblem('Indexing could not be started', error) }),
    change: () =>
      changing.mutate(
        {},
        {
          onSuccess: ({ changes }) => {
            remember(folder, { changedAt: Date.now(), hasLooked: false });
            notifyDone('The data has changed', describe(changes));
          },
          onError: (error) => notifyProblem('The data could not be changed', error),
        },
      ),
    validate: () =>
      validate.mutate({}, { onError: (error) => notifyProblem('Validation could not be started', error) }),
    look: () => {
      remember(folder, { hasLooked: true });
      navigate('/drift');
    },
    repair: () => openPlan({ operation: 'fixDrift', input: {} }),
  };
  const isWaiting = isBusy || index.isPending || validate.isPending || changing.isPending;

  return (
    <Card className="card" mb="md" component="section" aria-labelledby="sample-guide">
      <Group justify="space-between" wrap="nowrap" mb="sm" align="flex-start">
        <div>
          <Title order={2} id="sample-guide">
            {next === null ? 'In sync again' : 'A walk through the sample'}
          </Title>
          <Text size="sm" c="dimmed">
            {next === null
              ? 'That is all there is to it. Change the data once more, or set up a database of your own.'
              : 'Five buttons, one after the other.'}
          </Text>
        </div>
        <CloseButton aria-label="Close the guide" onClick={() => remember(folder, { isDismissed: true })} />
      </Group>
      <ol className={classes.steps}>
        {guideSteps.map((step, position) => {
          const isDone = next === null || position < guideSteps.indexOf(next);
          const { title, text, action } = TEXTS[step];
          return (
            <li key={step} aria-current={step === next ? 'step' : undefined} data-done={isDone || undefined}>
              <Group gap={8} wrap="nowrap">
                <span className={classes.number} aria-hidden>
                  {isDone ? <IconCheck size={14} stroke={2.5} /> : position + 1}
                </span>
                <Text size="sm" fw={600}>
                  {title}
                </Text>
              </Group>
              <Text size="sm" c="dimmed">
                {text}
              </Text>
              {step === next && (
                <Button size="xs" mt="auto" loading={isWaiting} onClick={act[step]}>
                  {action}
                </Button>
              )}
            </li>
          );
        })}
      </ol>
      {next === null && (
        <Group mt="sm" gap="xs">
          <Button size="xs" variant="default" loading={isWaiting} onClick={act.change}>
            Change the data once more
          </Button>
          <Button size="xs" variant="default" onClick={() => navigate('/welcome')}>
            Set up a database of your own
          </Button>
        </Group>
      )}
    </Card>
  );
}

function describe(
  changes: readonly { readonly inserted: number; readonly updated: number; readonly deleted: number }[],
): string {
  const sum = (of: 'inserted' | 'updated' | 'deleted'): number =>
    changes.reduce((total, change) => total + change[of], 0);
  return `${formatPlural(sum('inserted'), 'row', 'rows')} inserted, ${sum('updated')} changed, ${sum('deleted')} deleted.`;
}
