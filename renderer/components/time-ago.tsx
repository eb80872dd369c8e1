import { Tooltip } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState, type JSX } from 'react';
import { formatAgo, formatDateTime } from '../format.ts';

const TICK_MS = 30_000;

/** `3 minutes ago`, kept true; the moment itself on demand. */
export function TimeAgo({ at }: { readonly at: number }): JSX.Element {
  const [now, setNow] = useState(Date.now);
  useInterval(() => setNow(Date.now()), TICK_MS, { autoInvoke: true });
  return (
    <Tooltip label={formatDateTime(at)}>
      <time dateTime={new Date(at).toISOString()}>{formatAgo(at, now)}</time>
    </Tooltip>
  );
}
