import { useInterval } from '@mantine/hooks';
import { useEffect, useState, type JSX } from 'react';
import type { Job } from '../../engine/contract.ts';
import { formatDuration } from '../format.ts';

const TICK_MS = 1000;

/** How long a job ran. Of one that runs: since when it has been running, which only a clock tells. */
export function Took({ job: { state, startedAt, durationMs } }: { readonly job: Job }): JSX.Element {
  const isRunning = state === 'running';
  const [now, setNow] = useState(Date.now);
  const { start, stop } = useInterval(() => setNow(Date.now()), TICK_MS);
  useEffect(() => {
    if (!isRunning) return;
    start();
    return stop;
  }, [isRunning, start, stop]);

  if (startedAt === null) return <>–</>;
  if (!isRunning) return <>{formatDuration(durationMs)}</>;
  const seconds = Math.max(1, Math.round((now - startedAt) / TICK_MS));
  return <>{formatDuration(seconds * TICK_MS)}</>;
}
