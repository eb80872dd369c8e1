import { Button, Group, Text } from '@mantine/core';
import {
  IconArrowBackUp,
  IconBan,
  IconPlayerPause,
  IconPlayerTrackNext,
  IconRefresh,
  type Icon,
} from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import type { Job } from '../../../engine/contract.ts';
import { useStart } from '../../api/queries.ts';
import { openConfirmation } from '../../components/confirm.ts';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { notifyProblem } from '../../components/notify.ts';
import { openPlan } from '../../components/plan-dialog.tsx';
import { addressOf } from '../../addresses.ts';
import { possibleActions, type JobAction } from './job-actions.ts';

const LOOKS: Readonly<Record<JobAction, { readonly label: string; readonly icon: Icon }>> = {
  pause: { label: 'Pause', icon: IconPlayerPause },
  resume: { label: 'Resume', icon: IconPlayerTrackNext },
  retry: { label: 'Retry failed', icon: IconRefresh },
  rollback: { label: 'Roll back …', icon: IconArrowBackUp },
  cancel: { label: 'Cancel …', icon: IconBan },
};

/** What can be done with a job where it stands. What the engine refuses is told with its hint. */
export function JobControls({ job }: { readonly job: Job }): JSX.Element | null {
  const [, navigate] = useLocation();
  const pause = useStart('pause');
  const resume = useStart('resume');
  const retry = useStart('retry');
  const cancel = useStart('cancel');
  const possible = possibleActions(job);
  const show = ([first]: readonly Job[]): void => {
    if (first !== undefined) navigate(addressOf.job(first.id));
  };
  const told = (what: string) => ({
    onError: (error: unknown) => notifyProblem(`Job ${job.id} could not be ${what}`, error),
  });

  const does: Readonly<Record<JobAction, () => void>> = {
    pause: () => pause.mutate({ job: job.id }, told('paused')),
    resume: () => resume.mutate({ job: job.id }, told('resumed')),
    retry: () =>
      retry.mutate(
        { target: job.id },
        {
          ...told('tried again'),
          onSuccess: (result) => show(result.done ? result.output.jobs : result.jobs),
        },
      ),
    rollback: () => openPlan({ operation: 'rollback', input: { job: job.id } }, { onStarted: show }),
    cancel: () => confirmCancel(job, () => cancel.mutate({ job: job.id }, told('cancelled'))),
  };
  const isBusy: Readonly<Record<JobAction, boolean>> = {
    pause: pause.isPending,
    resume: resume.isPending,
    retry: retry.isPending,
    rollback: false,
    cancel: cancel.isPending,
  };

  if (possible.length === 0) return null;
  return (
    <Group gap="xs">
      {possible.map((action) => {
        const { label, icon: Icon } = LOOKS[action];
        return (
          <Button
            key={action}
            size="xs"
            variant={action === 'resume' ? 'filled' : 'default'}
            leftSection={<Icon size={15} aria-hidden />}
            loading={isBusy[action]}
            onClick={does[action]}
            aria-label={`${label} (job ${job.id})`}
          >
            {label}
          </Button>
        );
      })}
    </Group>
  );
}

function confirmCancel(job: Job, onConfirm: () => void): void {
  openConfirmation({
    title: `Cancel job ${job.id}: ${jobKindLooks[job.kind].label} ${job.entityType}?`,
    children: (
      <Text size="sm">
        It ends for good at its next safe point. What it has written until then stays, and can be rolled back;
        pause it instead to go on later.
      </Text>
    ),
    labels: { confirm: 'Cancel the job', cancel: 'Keep it' },
    confirmProps: { color: 'red.8' },
    onConfirm,
  });
}
