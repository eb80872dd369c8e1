import { Skeleton, Stack } from '@mantine/core';
import type { JSX } from 'react';

/** A screen that is not there yet, in the places where it will be. */
export function ScreenLoading(): JSX.Element {
  return (
    <Stack role="status" aria-label="Loading" gap="md">
      <Skeleton h={32} w={220} />
      <RowsLoading rows={6} />
    </Stack>
  );
}

export function RowsLoading({ rows }: { readonly rows: number }): JSX.Element {
  return (
    <Stack gap="xs" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} h={44} />
      ))}
    </Stack>
  );
}
