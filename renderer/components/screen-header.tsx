import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { JSX, ReactNode } from 'react';

interface ScreenHeaderProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Buttons, on the right. */
  readonly actions?: ReactNode;
}

/** A screen's heading, which is also the window's title. */
export function ScreenHeader({ title, description, actions }: ScreenHeaderProps): JSX.Element {
  useDocumentTitle(`${title} · Plumbline`);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Stack gap={2} miw={0}>
        <Title order={1} className="breakable">
          {title}
        </Title>
        {description !== undefined && (
          <Text c="dimmed" size="sm" component="div">
            {description}
          </Text>
        )}
      </Stack>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
