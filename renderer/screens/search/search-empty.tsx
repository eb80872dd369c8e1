/** What stands in the place of hits where there are none. */
import { Button, Group } from '@mantine/core';
import { IconBulb, IconDatabaseOff, IconSearch, IconTableOff, IconZoomQuestion } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { useStart } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { notifyProblem } from '../../components/notify.ts';
import { addressOf } from '../../addresses.ts';
import type { SearchAddress, Wanted } from './search-address.ts';

export function NothingToSearch(): JSX.Element {
  return (
    <EmptyState icon={IconTableOff} title="Nothing to search">
      No entity types are selected in this workspace.
    </EmptyState>
  );
}

export function NoQuery({ entityType }: { readonly entityType: string }): JSX.Element {
  return (
    <EmptyState icon={IconSearch} title={`Search ${entityType}`}>
      By meaning and by words at once: a question finds its answer though they share no word, and a name or a
      number finds exactly itself. Press / to type, ↓ to go through the hits.
    </EmptyState>
  );
}

export function NotIndexed({ entityType }: { readonly entityType: string }): JSX.Element {
  const index = useStart('index');
  return (
    <EmptyState
      icon={IconDatabaseOff}
      title={`${entityType} is not indexed yet`}
      action={
        <Button
          loading={index.isPending}
          onClick={() =>
            index.mutate(
              { entityTypes: [entityType] },
              { onError: (error) => notifyProblem('Indexing could not be started', error) },
            )
          }
        >
          Index {entityType}
        </Button>
      }
    >
      There is nothing to find before its rows have been read and embedded.
    </EmptyState>
  );
}

interface NoHitsProps {
  readonly entityType: string;
  readonly asked: Wanted;
  readonly onTry: SearchAddress['change'];
}

export function NoHits({ entityType, asked, onTry }: NoHitsProps): JSX.Element {
  return (
    <EmptyState
      icon={asked.mode === 'text' ? IconBulb : IconZoomQuestion}
      title="Nothing found"
      action={
        <Group gap="sm" justify="center">
          {asked.mode !== 'hybrid' && (
            <Button onClick={() => onTry({ mode: 'hybrid' }, { keep: true })}>Search by meaning, too</Button>
          )}
          <Button component={Link} href={addressOf.drift(entityType)} variant="default">
            See what is missing
          </Button>
        </Group>
      }
    >
      {asked.mode === 'text'
        ? `No document of ${entityType} has any of these words. Try other ones, or search by meaning.`
        : `The index of ${entityType} holds no documents. Its rows may be missing, or their texts empty.`}
    </EmptyState>
  );
}
