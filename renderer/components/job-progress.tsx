import { Group, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import type { Job } from '../../engine/contract.ts';
import { formatPercent } from '../format.ts';
import { stagesOf } from '../state/job-progress.ts';
import { useLive } from '../state/live.ts';
import { etaOf, rateOf, rowsOf } from './job-facts.ts';
import classes from './job-progress.module.css';
import { jobKindLooks } from './job-kinds.ts';

interface JobProgressProps {
  readonly job: Job;
  /** Rate and time left stand elsewhere. */
  readonly isBrief?: boolean;
}

/** How far a job is: a bar with a part for each of its stages, and what it does right now. Its height never changes. */
export function JobProgress({ job, isBrief = false }: JobProgressProps): JSX.Element {
  const told = useLive(({ jobs }) => jobs[job.id]);
  const stages =
    told === undefined ? [{ name: jobKindLooks[job.kind].label, percent: null }] : stagesOf(told);
  const overall = told?.overall ?? null;
  const eta = etaOf(told?.etaMs ?? null);
  const isRunning = job.state === 'running';
  return (
    <Stack gap={6} miw={0}>
      <div
        role="progressbar"
        aria-label={`${jobKindLooks[job.kind].label} ${job.entityType}`}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(overall === null ? {} : { 'aria-valuenow': Math.floor(overall) })}
        className={classes.bar}
      >
        {stages.map(({ name, percent }) => (
          <span
            key={name}
            className={classes.part}
            data-unknown={(isRunning && percent === null) || undefined}
          >
            <span className={classes.done} style={{ width: `${percent ?? 0}%` }} />
          </span>
        ))}
      </div>
      <Group gap="sm" wrap="nowrap" className={classes.facts ?? ''}>
        <Text span size="sm" fw={600} className={`numeric ${classes.percent ?? ''}`}>
          {overall === null ? '' : formatPercent(Math.floor(overall))}
        </Text>
        <Text span size="sm" className={`numeric ${classes.words ?? ''}`}>
          {job.state === 'queued'
            ? 'waits for its turn'
            : [
                told?.stage ?? 'running',
                rowsOf(told?.job ?? job),
                isBrief ? '' : rateOf(told?.ratePerSecond ?? null),
                isBrief || eta === '' ? '' : `${eta} left`,
              ]
                .filter((fact) => fact !== '')
                .join(' · ')}
        </Text>
      </Group>
    </Stack>
  );
}
