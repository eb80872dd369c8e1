import { Box, Group, Progress, Text, UnstyledButton } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { jobKindLooks } from '../components/job-kinds.ts';
import { formatPercent } from '../format.ts';
import { addressOf } from '../addresses.ts';
import { isActive } from '../state/job-states.ts';
import { useLive } from '../state/live.ts';

/** The job under way, wherever the person is. Its place is kept while there is none: nothing moves when it comes and goes. */
const WIDTH = 300;

export function RunningJobs(): JSX.Element {
  const jobs = useLive((live) => live.jobs);
  const active = Object.values(jobs).filter(({ job }) => isActive(job));
  const first = active.find(({ job }) => job.state === 'running') ?? active[0];
  if (first === undefined) return <Box w={WIDTH} visibleFrom="md" />;
  const { job, overall } = first;
  const what = `${jobKindLooks[job.kind].label} ${job.entityType}`;
  const others = active.length > 1 ? ` +${active.length - 1}` : '';
  return (
    <UnstyledButton
      component={Link}
      href={addressOf.job(job.id)}
      visibleFrom="md"
      w={WIDTH}
      aria-label={`Job ${job.id}: ${what}`}
    >
      <Group gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed" flex={1} ta="right" truncate>
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
