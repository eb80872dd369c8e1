import { Anchor, List, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { DeadLetter, Job, ProblemEvent } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { useLive } from '../../state/live.ts';

const SHOWN = 5;
/** The latest of the job are among these, whichever jobs they are of. */
const READ = 200;
const NONE: readonly ProblemEvent[] = [];

/** What failed in a job, the latest first: as it happens, and as it was kept once nothing tells of it any more. */
export function JobProblems({ job }: { readonly job: Job }): JSX.Element | null {
  const told = useLive(({ problems }) => problems[job.id] ?? NONE);
  const letters = useOperation(
    'deadLetters',
    { entityType: job.entityType, limit: READ },
    { enabled: job.failed > 0 && told.length === 0 },
  );
  const lines = told.length > 0 ? told.map(lineOf) : kept(letters.data?.items ?? [], job);
  if (job.failed === 0 && lines.length === 0) return null;
  return (
    <Stack gap={4}>
      {job.failed > 0 && (
        <Text size="sm" fw={600}>
          {formatPlural(job.failed, 'entity', 'entities')} failed:{' '}
          <Anchor component={Link} href={addressOf.deadLetters(job.entityType)} size="sm" underline="always">
            dead letters of {job.entityType}
          </Anchor>
        </Text>
      )}
      {lines.length > 0 && (
        <List size="sm" spacing={2} aria-label="Latest failures">
          {lines
            .slice(-SHOWN)
            .toReversed()
            .map(({ id, text }) => (
              <List.Item key={id} className="breakable">
                {text}
              </List.Item>
            ))}
        </List>
      )}
    </Stack>
  );
}

interface Line {
  readonly id: string;
  readonly text: string;
}

function lineOf({ at, kind, key, code, message, count }: ProblemEvent, i: number): Line {
  const what =
    kind === 'retry'
      ? `${formatPlural(count, 'batch is', 'batches are')} tried again`
      : count === 1
        ? (key ?? 'a row')
        : `${key ?? 'a row'} and ${formatPlural(count - 1, 'other', 'others')}`;
  return { id: `${at} ${i}`, text: `${what}: ${message} (${code})` };
}

/** Oldest first. */
function kept(letters: readonly DeadLetter[], job: Job): Line[] {
  return letters
    .filter(({ jobId }) => jobId === job.id)
    .toSorted((a, b) => a.lastAt - b.lastAt)
    .map(({ key, code, message }) => ({ id: key, text: `${key}: ${message} (${code})` }));
}
