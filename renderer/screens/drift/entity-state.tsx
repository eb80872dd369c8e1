import { Badge, Group, Text } from '@mantine/core';
import { IconBan, IconCheck, IconQuestionMark, IconX, type Icon } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { Entity, EntityClass } from '../../../engine/contract.ts';
import { DriftBadge } from '../../components/drift-badge.tsx';

const OTHERS: Readonly<
  Record<
    'in_sync' | 'absent' | 'excluded',
    { readonly label: string; readonly color: string; readonly icon: Icon }
  >
> = {
  in_sync: { label: 'In sync now', color: 'green', icon: IconCheck },
  absent: { label: 'Gone from both', color: 'gray', icon: IconX },
  excluded: { label: 'Excluded', color: 'gray', icon: IconBan },
};

/** How the entity stands right now, and what the report said of it. */
export function EntityState({ entity }: { readonly entity: Entity }): JSX.Element {
  const { class: now, reported } = entity;
  return (
    <Group gap="xs">
      <StateBadge state={now} />
      {reported !== null && (
        <Text size="sm" className="breakable">
          {reported.reason}
        </Text>
      )}
      {reported !== null && now !== null && now !== reported.class && (
        <Text size="sm" c="dimmed">
          The report found it {reported.class}; it has changed since.
        </Text>
      )}
    </Group>
  );
}

function StateBadge({ state }: { readonly state: EntityClass | null }): JSX.Element {
  if (state === null)
    return (
      <Badge color="gray" tt="none" leftSection={<IconQuestionMark size={13} aria-hidden />}>
        Not known now
      </Badge>
    );
  if (state === 'in_sync' || state === 'absent' || state === 'excluded') {
    const { label, color, icon: Icon } = OTHERS[state];
    return (
      <Badge color={color} tt="none" leftSection={<Icon size={13} aria-hidden />}>
        {label}
      </Badge>
    );
  }
  return <DriftBadge driftClass={state} />;
}
