import { Stack, Title } from '@mantine/core';
import type { JSX } from 'react';
import type { Job } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { openStates } from '../../state/job-states.ts';
import { JobHistory } from './job-history.tsx';
import { OpenJob } from './open-job.tsx';

/** More than anyone lets pile up. */
const MAX_OPEN = 50;

export function JobList(): JSX.Element {
  const open = useOperation('jobs', {
    states: [...openStates],
    limit: MAX_OPEN,
  });
  const jobs = (open.data?.jobs ?? []).toSorted((a, b) => rankOf(a) - rankOf(b));
  return (
    <>
      <ScreenHeader
        title="Jobs"
        description="What runs now, and what every job did. One runs at a time; the others wait for their turn."
      />
      {jobs.length > 0 && (
        <Stack gap="sm" mb="xl" component="section" aria-label="Not ended yet">
          <Title order={2}>Not ended yet</Title>
          {jobs.map((job) => (
            <OpenJob key={job.id} job={job} />
          ))}
        </Stack>
      )}
      <JobHistory />
    </>
  );
}

const rankOf = ({ state }: Job): number => openStates.indexOf(state);
