import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../../engine/contract.ts';
import { rowsOf } from '../../components/job-facts.ts';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { JobProgress } from '../../components/job-progress.tsx';
import { JobStateBadge } from '../../components/job-state-badge.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { addressOf } from '../../addresses.ts';
import { hasBroken, isActive, isResumable } from '../../state/job-states.ts';
import { useLive, useNewest } from '../../state/live.ts';
import { JobControls } from './job-controls.tsx';
import { JobCounts } from './job-counts.tsx';
import { JobProblems } from './job-problems.tsx';
import { LiveFacts } from './live-facts.tsx';
import { RateChart } from './rate-chart.tsx';

const NO_SAMPLES = [] as const;

/** A job that has not ended: how far it is, and what can be done with it. */
export function OpenJob({ job: read }: { readonly job: Job }): JSX.Element {
  const job = useNewest(read);
  const samples = useLive(({ jobs }) => jobs[job.id]?.rates ?? NO_SAMPLES);
  const isRunning = job.state === 'running';
  return (
    <Card className="card" padding="md" component="article" aria-label={`Job ${job.id}`}>
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <Title order={3} className="breakable">
              <Anchor component={Link} href={addressOf.job(job.id)} inherit>
                {jobKindLooks[job.kind].label} {job.entityType}
              </Anchor>
            </Title>
            <JobStateBadge state={job.state} />
            <Text size="sm" c="dimmed">
              job {job.id}, asked for <TimeAgo at={job.createdAt} />
            </Text>
          </Group>
          <JobControls job={job} />
        </Group>
        {isActive(job) && <JobProgress job={job} isBrief />}
        {isRunning && (
          <>
            <LiveFacts job={job.id} />
            <JobCounts job={job} />
            <RateChart samples={samples} />
          </>
        )}
        {isResumable(job) && (
          <Text size="sm" className="numeric">
            Stopped at {rowsOf(job)}
          </Text>
        )}
        {job.error !== null && hasBroken(job) && (
          <Text size="sm" c="var(--mantine-color-error)" className="breakable">
            {job.error.message} {job.error.hint}
          </Text>
        )}
        <JobProblems job={job} />
      </Stack>
    </Card>
  );
}
