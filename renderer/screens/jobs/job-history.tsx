import { Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { IconArrowBarToUp, IconArrowRight, IconHistory } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useAddressQuery } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { JobFilters, useJobFilter } from './job-filters.tsx';
import classes from './job-history.module.css';
import { JobRow } from './job-row.tsx';

const PAGE_ROWS = 50;

/** All jobs, newest first, a page at a time; what is filtered stands in the address. */
export function JobHistory(): JSX.Element {
  const { query, change } = useAddressQuery();
  const filter = useJobFilter();
  const before = query.get('before') ?? undefined;
  const jobs = useOperation(
    'jobs',
    {
      limit: PAGE_ROWS,
      ...filter,
      ...(before === undefined ? {} : { before }),
    },
    { keepPrevious: true },
  );
  const oldest = jobs.data?.jobs.at(-1)?.id ?? null;
  const isFiltered = Object.keys(filter).length > 0;

  return (
    <Stack gap="sm" component="section" aria-label="History">
      <Group justify="space-between" gap="sm">
        <Title order={2}>History</Title>
        <JobFilters filter={filter} />
      </Group>
      {jobs.data === undefined ? (
        jobs.error === null ? (
          <RowsLoading rows={8} />
        ) : (
          <ProblemView
            error={jobs.error}
            title="The jobs cannot be read"
            onRetry={() => void jobs.refetch()}
          />
        )
      ) : jobs.data.jobs.length === 0 ? (
        <Card className="card">
          <EmptyState icon={IconHistory} title={isFiltered ? 'No such job' : 'No jobs yet'}>
            {isFiltered
              ? 'No job fits these filters.'
              : 'Indexing, validating and repairing are jobs: each of them is kept here, with what it did.'}
          </EmptyState>
        </Card>
      ) : (
        <Card className="card" padding={0}>
          <Table
            highlightOnHover
            aria-label="Jobs, newest first"
            aria-busy={jobs.isPlaceholderData}
            className={classes.jobs ?? ''}
            data-old={jobs.isPlaceholderData || undefined}
          >
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Job</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th visibleFrom="sm">Asked for</Table.Th>
                <Table.Th visibleFrom="sm" ta="right">
                  Took
                </Table.Th>
                <Table.Th visibleFrom="md" ta="right">
                  Read
                </Table.Th>
                <Table.Th visibleFrom="md" ta="right">
                  Embedded
                </Table.Th>
                <Table.Th visibleFrom="lg" ta="right">
                  Reused
                </Table.Th>
                <Table.Th visibleFrom="lg" ta="right">
                  Deleted
                </Table.Th>
                <Table.Th visibleFrom="lg" ta="right">
                  Failed
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {jobs.data.jobs.map((job) => (
                <JobRow key={job.id} job={job} />
              ))}
            </Table.Tbody>
          </Table>
        </Card>
      )}
      <Group justify="space-between" mih={36}>
        <Text size="sm" c="dimmed">
          {before !== undefined && `Jobs before job ${before}`}
        </Text>
        <Group gap="xs">
          {before !== undefined && (
            <Button
              variant="default"
              size="xs"
              leftSection={<IconArrowBarToUp size={15} aria-hidden />}
              onClick={() => change({ before: null })}
            >
              Newest
            </Button>
          )}
          {jobs.data?.more === true && (
            <Button
              variant="default"
              size="xs"
              rightSection={<IconArrowRight size={15} aria-hidden />}
              onClick={() => change({ before: oldest })}
            >
              Older
            </Button>
          )}
        </Group>
      </Group>
    </Stack>
  );
}
