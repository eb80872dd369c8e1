import { Anchor, Table, Text } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../../engine/contract.ts';
import { Took } from '../../components/took.tsx';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { JobStateBadge } from '../../components/job-state-badge.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatCount } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { useNewest } from '../../state/live.ts';

export function JobRow({ job: read }: { readonly job: Job }): JSX.Element {
  const job = useNewest(read);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Anchor component={Link} href={addressOf.job(job.id)} size="sm" fw={600} className="breakable">
          {jobKindLooks[job.kind].label} {job.entityType}
        </Anchor>{' '}
        <Text span size="sm" c="dimmed" className="numeric">
          {job.id}
        </Text>
      </Table.Th>
      <Table.Td>
        <JobStateBadge state={job.state} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <TimeAgo at={job.createdAt} />
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right" className="numeric">
        <Took job={job} />
      </Table.Td>
      <Figure visibleFrom="md" count={job.processed} />
      <Figure visibleFrom="md" count={job.embedded} />
      <Figure visibleFrom="lg" count={job.reused} />
      <Figure visibleFrom="lg" count={job.deleted} />
      <Figure visibleFrom="lg" count={job.failed} />
    </Table.Tr>
  );
}

function Figure({
  count,
  visibleFrom,
}: {
  readonly count: number;
  readonly visibleFrom: 'md' | 'lg';
}): JSX.Element {
  return (
    <Table.Td visibleFrom={visibleFrom} ta="right" className="numeric">
      {formatCount(count)}
    </Table.Td>
  );
}
