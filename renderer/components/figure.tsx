import { Stack, Text } from '@mantine/core';
import type { JSX, ReactNode } from 'react';

interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly detail?: ReactNode;
  readonly size?: 'md' | 'xl';
}

/** A number with its name: inside a `dl`. */
export function Figure({ label, value, detail, size = 'md' }: FigureProps): JSX.Element {
  return (
    <Stack gap={0} miw={0}>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fw={600} fz={size} className="numeric breakable">
        {value}
        {detail !== undefined && (
          <Text span display="block" size="xs" c="dimmed" fw={400}>
            {detail}
          </Text>
        )}
      </Text>
    </Stack>
  );
}
