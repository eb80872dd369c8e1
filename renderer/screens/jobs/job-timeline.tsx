import { Text, Timeline } from '@mantine/core';
import type { JSX } from 'react';
import type { Audit } from '../../../engine/contract.ts';
import { jobStateLooks } from '../../components/job-state-badge.tsx';
import { formatDateTime, formatDuration } from '../../format.ts';

/** The states that a job went through, attempt by attempt. */
export function JobTimeline({ events }: Pick<Audit, 'events'>): JSX.Element {
  if (events.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The version of Plumbline that ran it did not note when its state changed.
      </Text>
    );
  return (
    <Timeline bulletSize={24} lineWidth={2} active={events.length - 1} color="gray">
      {events.map(({ at, state, pid, error }, i) => {
        const { label, icon: Icon } = jobStateLooks[state];
        const before = events[i - 1];
        return (
          <Timeline.Item
            key={`${at} ${state}`}
            bullet={<Icon size={14} aria-hidden />}
            title={label}
            styles={{ itemTitle: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 600 } }}
          >
            <Text size="sm" c="dimmed" className="numeric">
              {formatDateTime(at)}
              {before !== undefined && `, ${formatDuration(at - before.at)} later`}, process {pid}
            </Text>
            {error !== null && (
              <Text size="sm" className="breakable">
                {error.message} ({error.code})
              </Text>
            )}
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}
