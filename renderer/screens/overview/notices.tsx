import { Alert, CloseButton, Group, List, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { JSX } from 'react';
import { TimeAgo } from '../../components/time-ago.tsx';
import { forgetNotices, useLive } from '../../state/live.ts';

/** Older ones have been overtaken. */
const SHOWN = 5;

/** What the engine had to say, newest first, until it is dismissed. */
export function Notices(): JSX.Element | null {
  const notices = useLive((live) => live.notices);
  if (notices.length === 0) return null;
  return (
    <Alert color="blue" icon={<IconInfoCircle aria-hidden />} role="status" mt="md" p="sm">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <List listStyleType="none" spacing={4} size="sm">
          {notices
            .slice(-SHOWN)
            .toReversed()
            .map(({ at, message }, i) => (
              <List.Item key={`${at} ${i}`} className="breakable">
                {message}{' '}
                <Text span size="sm" c="dimmed">
                  <TimeAgo at={at} />
                </Text>
              </List.Item>
            ))}
        </List>
        <CloseButton aria-label="Dismiss notices" onClick={forgetNotices} />
      </Group>
    </Alert>
  );
}
