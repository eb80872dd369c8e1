import { Anchor, List, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { formatPlural } from '../../format.ts';
import { addressOf } from '../../screens.ts';
import { isActive } from '../../state/live.ts';

/** No event tells of a dead letter's text. */
const LOOK_MS = 3000;
const SHOWN = 5;
/** The latest are among these, whichever job they are of. */
const READ = 200;

/** Entities that failed for good in this job, the latest first, as they happen. */
export function JobProblems({ job }: { readonly job: Job }): JSX.Element | null {
  const { data } = useOperation(
    'deadLetters',
    { entityType: job.entityType, limit: READ },
    { enabled: job.failed > 0, everyMs: isActive(job) ? LOOK_MS : false },
  );
  const own = (data?.items ?? [])
    .filter(({ jobId }) => jobId === job.id)
    .toSorted((a, b) => b.lastAt - a.lastAt)
    .slice(0, SHOWN);
  if (job.failed === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {formatPlural(job.failed, 'entity', 'entities')} failed:{' '}
        <Anchor component={Link} href={addressOf.deadLetters(job.entityType)} size="sm" underline="always">
          dead letters of {job.entityType}
        </Anchor>
      </Text>
      {own.length > 0 && (
        <List size="sm" spacing={2} aria-label="Latest failures">
          {own.map(({ key, code, message }) => (
            <List.Item key={key} className="breakable">
              <span className="mono">{key}</span> {message} ({code})
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}
