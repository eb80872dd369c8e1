import { Group, Progress, Text, UnstyledButton } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { formatPercent } from '../format.ts';
import { addressOf } from '../screens.ts';
import { isActive, useLive } from '../state/live.ts';

/** The job under way, wherever the person is. Takes its place whether or not anything runs: nothing beside it moves. */
export function RunningJobs(): JSX.Element | null {
  const jobs = useLive((live) => live.jobs);
  const active = Object.values(jobs).filter(({ job }) => isActive(job));
  const first = active.find(({ job }) => job.state === 'running') ?? active[0];
  if (first === undefined) return null;
  const { job } = first;
  const percent =
    job.total === null || job.total === 0 ? null : Math.min(100, (100 * job.processed) / job.total);
  const what = `${job.kind} ${job.entityType}`;
  return (
    <UnstyledButton component={Link} href={addressOf.job(job.id)} visibleFrom="sm" aria-label={`Job ${what}`}>
      <Group gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed" maw={160} truncate>
          {what}
          {active.length > 1 ? ` +${active.length - 1}` : ''}
        </Text>
        <Progress value={percent ?? 100} animated={percent === null} w={90} size="sm" aria-label={what} />
        <Text size="xs" className="numeric" w={58} ta="right">
          {percent === null ? '' : formatPercent(Math.floor(percent))}
        </Text>
      </Group>
    </UnstyledButton>
  );
}
