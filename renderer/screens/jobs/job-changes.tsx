import { Badge, Button, Card, Group, Table, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import type { Audit, ChangeKind } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { formatCount } from '../../format.ts';

const PAGE_KEYS = 20;
/** No event tells which keys a running job has changed. */
const LOOK_MS = 5000;

const LOOKS: Readonly<Record<ChangeKind, { readonly label: string; readonly color: string }>> = {
  added: { label: 'Added', color: 'green' },
  changed: { label: 'Changed', color: 'blue' },
  removed: { label: 'Removed', color: 'red' },
  none: { label: 'As before', color: 'gray' },
};

const WITHOUT_RECORDS: Readonly<Record<Exclude<Audit['changes']['records'], 'kept'>, string>> = {
  pruned: 'What it changed is not kept any more: retention says how long jobs can be taken back.',
  none: 'It changed nothing that serves searches, or filled an index that took over as a whole.',
};

interface JobChangesProps {
  readonly job: string;
  readonly isRunning: boolean;
}

/** What a job changed, key by key. */
export function JobChanges({ job, isRunning }: JobChangesProps): JSX.Element {
  const [offset, setOffset] = useState(0);
  const audit = useOperation(
    'audit',
    { job, limit: PAGE_KEYS, offset },
    { keepPrevious: true, everyMs: isRunning ? LOOK_MS : false },
  );
  return (
    <Card className="card" padding="md" component="section" aria-label="What it changed">
      <Title order={2} mb="sm">
        What it changed
      </Title>
      {audit.data !== undefined ? (
        <Changes changes={audit.data.changes} onPage={setOffset} />
      ) : audit.error === null ? (
        <RowsLoading rows={4} />
      ) : (
        <ProblemView error={audit.error} onRetry={() => void audit.refetch()} />
      )}
    </Card>
  );
}

interface ChangesProps {
  readonly changes: Audit['changes'];
  readonly onPage: (offset: number) => void;
}

function Changes({ changes, onPage }: ChangesProps): JSX.Element {
  const { records, added, changed, removed, offset, items } = changes;
  if (records !== 'kept')
    return (
      <Text size="sm" c="dimmed">
        {WITHOUT_RECORDS[records]}
      </Text>
    );
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs" className="numeric">
        {formatCount(added ?? 0)} added, {formatCount(changed ?? 0)} changed, {formatCount(removed ?? 0)}{' '}
        removed
      </Text>
      <Table aria-label="Changed keys" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Key</Table.Th>
            <Table.Th w={120}>Change</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(({ key, change }) => (
            <Table.Tr key={key}>
              <Table.Td className="mono breakable">{key}</Table.Td>
              <Table.Td>
                <Badge color={LOOKS[change].color} tt="none">
                  {LOOKS[change].label}
                </Badge>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="space-between" mt="sm" mih={30}>
        <Text size="sm" c="dimmed" className="numeric">
          {items.length > 0 && `${formatCount(offset + 1)} to ${formatCount(offset + items.length)}`}
        </Text>
        <Group gap="xs">
          {offset > 0 && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconArrowLeft size={15} aria-hidden />}
              onClick={() => onPage(Math.max(0, offset - PAGE_KEYS))}
            >
              Previous keys
            </Button>
          )}
          {items.length === PAGE_KEYS && (
            <Button
              size="xs"
              variant="default"
              rightSection={<IconArrowRight size={15} aria-hidden />}
              onClick={() => onPage(offset + PAGE_KEYS)}
            >
              Next keys
            </Button>
          )}
        </Group>
      </Group>
    </>
  );
}
