import { Skeleton, Text } from '@mantine/core';
import type { JSX } from 'react';

/** A number with what it counts; null while it is not there yet. */
export function Figure({
  label,
  value,
}: {
  readonly label: string;
  readonly value: string | null;
}): JSX.Element {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      {value === null ? (
        <Skeleton h={28} w={90} mt={2} />
      ) : (
        <Text fw={650} fz={20} className="numeric breakable">
          {value}
        </Text>
      )}
    </div>
  );
}
