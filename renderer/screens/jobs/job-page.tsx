import { Alert, Anchor, Card, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconInfoCircle } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Audit } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { JobProgress } from '../../components/job-progress.tsx';
import { JobStateBadge } from '../../components/job-state-badge.tsx';
import { ScreenLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { formatDateTime } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { hasBroken, isActive } from '../../state/job-states.ts';
import { useLive, useNewest } from '../../state/live.ts';
import { JobChanges } from './job-changes.tsx';
import { JobControls } from './job-controls.tsx';
import { JobCounts } from './job-counts.tsx';
import { JobOptions } from './job-options.tsx';
import { JobProblems } from './job-problems.tsx';
import { JobTimeline } from './job-timeline.tsx';
import { JobVerdict } from './job-verdict.tsx';
import { LiveFacts } from './live-facts.tsx';
import { RateChart } from './rate-chart.tsx';

const NO_SAMPLES = [] as const;

/** Everything that is known of one job. */
export function JobPage({ id }: { readonly id: string }): JSX.Element {
  const audit = useOperation('audit', { job: id, limit: 1 });
  return (
    <>
      <Anchor component={Link} href="/jobs" size="sm" display="inline-flex" mb={6}>
        <Group gap={4}>
          <IconArrowLeft size={15} aria-hidden /> All jobs
        </Group>
      </Anchor>
      {audit.data !== undefined ? (
        <AuditPage audit={audit.data} />
      ) : audit.error === null ? (
        <ScreenLoading />
      ) : (
        <>
          <ScreenHeader title={`Job ${id}`} />
          <ProblemView
            error={audit.error}
            title="This job cannot be shown"
            onRetry={() => void audit.refetch()}
          />
        </>
      )}
    </>
  );
}

function AuditPage({ audit }: { readonly audit: Audit }): JSX.Element {
  const job = useNewest(audit.job);
  const samples = useLive(({ jobs }) => jobs[job.id]?.rates ?? NO_SAMPLES);
  return (
    <>
      <ScreenHeader
        title={`${jobKindLooks[job.kind].label} ${job.entityType}`}
        description={
          <Group gap="sm">
            <JobStateBadge state={job.state} />
            <span>
              Job {job.id}, asked for {formatDateTime(job.createdAt)}
            </span>
            {job.ofJob !== null && (
              <Anchor component={Link} href={addressOf.job(job.ofJob)} size="sm" underline="always">
                of job {job.ofJob}
              </Anchor>
            )}
          </Group>
        }
        actions={<JobControls job={job} />}
      />
      <Stack gap="md">
        {job.error !== null &&
          (hasBroken(job) ? (
            <ProblemView error={job.error} title="Why it stopped" />
          ) : (
            !isActive(job) && (
              <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
                {job.error.message}
              </Alert>
            )
          ))}
        <Card className="card" padding="md" component="section" aria-label="Progress">
          <Stack gap="md">
            {isActive(job) && <JobProgress job={job} isBrief />}
            {job.state === 'running' && <LiveFacts job={job.id} />}
            <JobCounts job={job} />
            {job.state === 'running' && <RateChart samples={samples} />}
          </Stack>
        </Card>
        {audit.warnings.map((warning) => (
          <Text key={warning} size="sm" c="dimmed">
            {warning}
          </Text>
        ))}
        {job.failed > 0 && (
          <Card className="card" padding="md">
            <JobProblems job={job} />
          </Card>
        )}
        <JobVerdict job={job} />
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <JobChanges job={job.id} isRunning={job.state === 'running'} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack gap="md">
              <Card className="card" padding="md" component="section" aria-label="What happened">
                <Title order={2} mb="md">
                  What happened
                </Title>
                <JobTimeline events={audit.events} />
              </Card>
              <JobOptions audit={audit} />
            </Stack>
          </Grid.Col>
        </Grid>
      </Stack>
    </>
  );
}
