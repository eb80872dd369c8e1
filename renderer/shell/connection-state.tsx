import { Group, Text, Tooltip } from '@mantine/core';
import type { JSX } from 'react';
import { formatDateTime } from '../format.ts';
import { useConnection } from '../state/connection.ts';
import classes from './shell.module.css';

const LOOKS = {
  connecting: { label: 'Connecting', color: 'var(--mantine-color-yellow-6)' },
  connected: { label: 'Connected', color: 'var(--mantine-color-green-6)' },
  lost: { label: 'Disconnected', color: 'var(--mantine-color-red-6)' },
} as const;

/** Whether the engine answers, and when it last did. */
export function ConnectionState(): JSX.Element {
  const { state, lastContactAt } = useConnection();
  // Without a workspace there are no events to be connected to, and answers say the same.
  const { label, color } = LOOKS[state === 'connecting' && lastContactAt !== null ? 'connected' : state];
  const contact = lastContactAt === null ? 'no contact yet' : `last contact ${formatDateTime(lastContactAt)}`;
  return (
    <Tooltip label={`Engine: ${label.toLowerCase()}, ${contact}`}>
      <Group gap={6} wrap="nowrap" role="status" miw={{ base: 12, md: 108 }}>
        <span
          aria-hidden
          style={{ width: 9, height: 9, borderRadius: 9, background: color, flexShrink: 0 }}
        />
        <Text size="sm" className={classes.state ?? ''}>
          {label}
        </Text>
      </Group>
    </Tooltip>
  );
}
