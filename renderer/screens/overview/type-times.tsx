import { Anchor, Group, Text } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Job, Report } from '../../../engine/contract.ts';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { jobStateLooks } from '../../components/job-state-badge.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { addressOf } from '../../addresses.ts';
import classes from './type-row.module.css';

interface TypeTimesProps {
  readonly job: Job | null;
  readonly report: Report | null;
}

/** When it was last validated, and what the last job was. */
export function TypeTimes({ job, report }: TypeTimesProps): JSX.Element {
  return (
    <div className={classes.times}>
      <Text size="sm" c="dimmed" truncate>
        {report === null ? (
          ' '
        ) : (
          <>
            Validated <TimeAgo at={report.finishedAt} />
          </>
        )}
      </Text>
      {job !== null && <LastJob job={job} />}
    </div>
  );
}

function LastJob({ job }: { readonly job: Job }): JSX.Element {
  const { label, color, icon: Icon } = jobStateLooks[job.state];
  return (
    <Group gap={5} wrap="nowrap">
      <Icon size={14} aria-hidden style={{ flex: 'none', color: `var(--mantine-color-${color}-text)` }} />
      <Text size="sm" truncate>
        <Anchor
          component={Link}
          href={addressOf.job(job.id)}
          size="sm"
          aria-label={`Last job: ${jobKindLooks[job.kind].label} ${job.entityType}, ${label.toLowerCase()}`}
        >
          {jobKindLooks[job.kind].label}
          {job.state === 'completed' ? '' : ` ${label.toLowerCase()}`}
        </Anchor>
        {job.finishedAt !== null && (
          <Text span size="sm" c="dimmed">
            {' '}
            <TimeAgo at={job.finishedAt} />
          </Text>
        )}
      </Text>
    </Group>
  );
}
