import { SimpleGrid } from '@mantine/core';
import type { JSX } from 'react';
import type { Job } from '../../../engine/contract.ts';
import { Figure } from '../../components/figure.tsx';
import { Took } from '../../components/took.tsx';
import { formatCount } from '../../format.ts';

/** What a job has done to entities so far. */
export function JobCounts({ job }: { readonly job: Job }): JSX.Element {
  const { processed, embedded, reused, unchanged, deleted, failed } = job;
  return (
    <SimpleGrid cols={{ base: 2, xs: 4, sm: 7 }} spacing="sm" component="dl" m={0}>
      <Figure label="Took" value={<Took job={job} />} />
      <Figure label="Read" value={formatCount(processed)} />
      <Figure label="Embedded" value={formatCount(embedded)} />
      <Figure label="Reused" value={formatCount(reused)} />
      <Figure label="Unchanged" value={formatCount(unchanged)} />
      <Figure label="Deleted" value={formatCount(deleted)} />
      <Figure label="Failed" value={formatCount(failed)} />
    </SimpleGrid>
  );
}
