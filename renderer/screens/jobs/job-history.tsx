import { Button, Card, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { IconArrowBarToUp, IconArrowRight, IconHistory } from '@tabler/icons-react';
import type { JSX } from 'react';
import { jobKinds, jobStates } from '../../../engine/contract.ts';
import { useAddressQuery } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { EntityTypeSelect } from '../../components/entity-type-select.tsx';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { jobStateLooks } from '../../components/job-state-badge.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import classes from './job-history.module.css';
import { JobRow } from './job-row.tsx';

const PAGE_ROWS = 50;
const ANY = '';

/** All jobs, newest first, a page at a time; what is filtered stands in the address. */
export function JobHistory(): JSX.Element {
  const { query, change } = useAddressQuery();
  const { data: status } = useOperation('status', {});
  const kind = jobKinds.find((name) => name === query.get('kind'));
  const state = jobStates.find((name) => name === query.get('state'));
  const entityType = query.get('type') ?? undefined;
  const before = query.get('before') ?? undefined;
  const jobs = useOperation(
    'jobs',
    {
      limit: PAGE_ROWS,
      ...(kind === undefined ? {} : { kind }),
      ...(state === undefined ? {} : { state }),
      ...(entityType === undefined ? {} : { entityType }),
      ...(before === undefined ? {} : { before }),
    },
    { keepPrevious: true },
  );
  const oldest = jobs.data?.jobs.at(-1)?.id ?? null;
  const isFiltered = kind !== undefined || state !== undefined || entityType !== undefined;
  const filter = (field: string, value: string | null): void =>
    change({ [field]: value === ANY ? null : value, before: null });

  return (
    <Stack gap="sm" component="section" aria-label="History">
      <Group justify="space-between" gap="sm">
        <Title order={2}>History</Title>
        <Group gap="xs">
          <Select
            aria-label="Kind of job"
            w={150}
            allowDeselect={false}
            value={kind ?? ANY}
            onChange={(value) => filter('kind', value)}
            data={[
              { value: ANY, label: 'Any kind' },
              ...jobKinds.map((name) => ({ value: name, label: jobKindLooks[name].label })),
            ]}
          />
          <Select
            aria-label="State of the job"
            w={200}
            allowDeselect={false}
            value={state ?? ANY}
            onChange={(value) => filter('state', value)}
            data={[
              { value: ANY, label: 'Any state' },
              ...jobStates.map((name) => ({ value: name, label: jobStateLooks[name].label })),
            ]}
          />
          <EntityTypeSelect
            types={status?.entityTypes ?? []}
            value={entityType ?? null}
            onChange={(name) => filter('type', name)}
            allLabel="Any entity type"
          />
        </Group>
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
