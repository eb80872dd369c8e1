import { Badge, Text } from '@mantine/core';
import { IconBan } from '@tabler/icons-react';
import type { DeadLetter } from '../../../engine/contract.ts';
import { TimeAgo } from '../../components/time-ago.tsx';
import type { Column } from '../../components/virtual-grid/grid-types.ts';
import { stageLabels } from './letter-codes.ts';

export const typeColumn: Column<DeadLetter> = {
  name: 'type',
  header: 'Type',
  width: 'minmax(80px, 0.6fr)',
  cell: ({ entityType }) => entityType,
};

export const keyColumn: Column<DeadLetter> = {
  name: 'key',
  header: 'Key',
  width: 'minmax(80px, 0.6fr)',
  cell: ({ key }) => <span className="mono">{key}</span>,
};

export const stageColumn: Column<DeadLetter> = {
  name: 'stage',
  header: 'Stage',
  width: '96px',
  cell: ({ stage }) => stageLabels[stage],
};

export const codeColumn: Column<DeadLetter> = {
  name: 'code',
  header: 'Code',
  width: '190px',
  cell: ({ code, excluded }) => (
    <>
      <span className="mono">{code}</span>{' '}
      {excluded !== null && (
        <Badge size="sm" color="gray" tt="none" leftSection={<IconBan size={11} aria-hidden />}>
          Excluded
        </Badge>
      )}
    </>
  ),
};

export const messageColumn: Column<DeadLetter> = {
  name: 'message',
  header: 'Message',
  width: 'minmax(0, 1.6fr)',
  cell: ({ message }) => (
    <Text span size="sm" c="dimmed">
      {message}
    </Text>
  ),
};

export const lastColumn: Column<DeadLetter> = {
  name: 'last',
  header: 'Last tried',
  width: '124px',
  cell: ({ lastAt }) => <TimeAgo at={lastAt} />,
};
