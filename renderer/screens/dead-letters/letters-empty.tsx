import { Button } from '@mantine/core';
import { IconMailCheck } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../../components/empty-state.tsx';

export function NoDeadLetters({ entityType }: { readonly entityType: string | null }): JSX.Element {
  return (
    <EmptyState
      icon={IconMailCheck}
      title={entityType === null ? 'No dead letters' : `No dead letters of ${entityType}`}
      action={
        <Button component={Link} href="/jobs" variant="default">
          See the jobs
        </Button>
      }
    >
      Every row that was tried could be read, rendered and embedded. One that cannot be comes here, with its
      text and the reason, and the job goes on without it.
    </EmptyState>
  );
}
