import { Group, Progress, Text, UnstyledButton } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { jobKindLooks } from '../components/job-kinds.ts';
import { formatPercent } from '../format.ts';
import { addressOf } from '../screens.ts';
import { isActive, useLive } from '../state/live.ts';

/** The job under way, wherever the person is: left of what is always there, so that nothing moves when it comes and goes. */
export function RunningJobs(): JSX.Element | null {
  const jobs = useLive((live) => live.jobs);
  const active = Object.values(jobs).filter(({ job }) => isActive(job));
  const first = active.find(({ job }) => job.state === 'running') ?? active[0];
  if (first === undefined) return null;
  const { job, overall } = first;
  const what = `${jobKindLooks[job.kind].label} ${job.entityType}`;
  const others = active.length > 1 ? ` +${active.length - 1}` : '';
  return (
    <UnstyledButton
      component={Link}
      href={addressOf.job(job.id)}
      visibleFrom="sm"
      aria-label={`Job ${job.id}: ${what}`}
    >
      <Group gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed" maw={160} truncate>
          {what}
          {others}
        </Text>
        <Progress value={overall ?? 100} animated={overall === null} w={90} size="sm" aria-label={what} />
        <Text size="xs" className="numeric" w={36} ta="right">
          {overall === null ? '' : formatPercent(Math.floor(overall))}
        </Text>
      </Group>
    </UnstyledButton>
  );
}
