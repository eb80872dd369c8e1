import { Text } from '@mantine/core';
import type { DriftItem } from '../../../engine/contract.ts';
import { DriftBadge } from '../../components/drift-badge.tsx';
import type { Column } from '../../components/virtual-grid/grid-types.ts';

export const classColumn: Column<DriftItem> = {
  name: 'class',
  header: 'Class',
  width: '132px',
  cell: (item) => <DriftBadge driftClass={item.class} />,
};

export const keyColumn: Column<DriftItem> = {
  name: 'key',
  header: 'Key',
  width: 'minmax(90px, 0.5fr)',
  cell: (item) => <span className="mono">{item.key}</span>,
};

export const textColumn: Column<DriftItem> = {
  name: 'text',
  header: 'Text',
  width: 'minmax(0, 1.6fr)',
  // What the source says now; of an orphan, what is indexed still.
  cell: (item) => item.text ?? item.indexedText ?? '',
};

export const reasonColumn: Column<DriftItem> = {
  name: 'reason',
  header: 'Reason',
  width: 'minmax(0, 1fr)',
  cell: (item) => (
    <Text span size="sm" c="dimmed">
      {item.reason}
    </Text>
  ),
};
