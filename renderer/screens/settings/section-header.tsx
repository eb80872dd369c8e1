import { Group, Text, Title } from '@mantine/core';
import type { JSX, ReactNode } from 'react';

interface SectionHeaderProps {
  readonly title: string;
  readonly description: string;
  /** Buttons, on the right. */
  readonly actions?: ReactNode;
}

/** Above a list that is a card, or several, by itself. */
export function SectionHeader({ title, description, actions }: SectionHeaderProps): JSX.Element {
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <div>
        <Title order={2}>{title}</Title>
        <Text size="sm" c="dimmed">
          {description}
        </Text>
      </div>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
