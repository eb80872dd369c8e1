import { Card, Group, Stack, Text, Title } from '@mantine/core';
import type { JSX, ReactNode } from 'react';

interface SettingCardProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Buttons beside the title. */
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** Settings that belong together. */
export function SettingCard({ title, description, actions, children }: SettingCardProps): JSX.Element {
  return (
    <Card className="card">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div>
            <Title order={2}>{title}</Title>
            {description !== undefined && (
              <Text size="sm" c="dimmed" component="div">
                {description}
              </Text>
            )}
          </div>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
        {children}
      </Stack>
    </Card>
  );
}
