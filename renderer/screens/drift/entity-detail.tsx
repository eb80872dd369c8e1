/** All that is known of one drifted entity: what is indexed, what the source has now, and how it came to be. */
import { Alert, Stack, Text } from '@mantine/core';
import { IconGhost2, IconInfoCircle } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { Entity } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import type { OpenItem } from './drift-address.ts';
import { EntityActions } from './entity-actions.tsx';
import { EntityFacts } from './entity-facts.tsx';
import { EntityState } from './entity-state.tsx';
import { SourceFields } from '../../components/entity/source-fields.tsx';
import { TextComparison } from './text-comparison.tsx';

interface EntityDetailProps {
  readonly open: OpenItem;
  readonly entityType: string;
}

export function EntityDetail({ open, entityType }: EntityDetailProps): JSX.Element {
  return open.isGhost ? (
    <GhostDetail label={open.key} />
  ) : (
    <KnownDetail entityKey={open.key} entityType={entityType} />
  );
}

function GhostDetail({ label }: { readonly label: string }): JSX.Element {
  return (
    <Alert color="grape" icon={<IconGhost2 aria-hidden />} title="A vector that belongs to no entity">
      The index holds a vector under the number {label} that the catalog does not know. It has no text and no
      row; searches leave it out. A repair of all ghosts drops it from the index.
    </Alert>
  );
}

interface KnownDetailProps {
  readonly entityKey: string;
  readonly entityType: string;
}

function KnownDetail({ entityKey, entityType }: KnownDetailProps): JSX.Element {
  const { data, error, refetch } = useOperation('entity', { entityType, key: entityKey });
  if (error !== null && data === undefined)
    return <ProblemView title="The entity cannot be read" error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <RowsLoading rows={6} />;
  return (
    <Stack gap="md">
      <EntityState entity={data} />
      <Texts entity={data} />
      <EntityActions entity={data} />
      {data.source !== null && <SourceFields fields={data.source.fields} />}
      <EntityFacts entity={data} />
    </Stack>
  );
}

function Texts({ entity }: { readonly entity: Entity }): JSX.Element {
  const { source, sourceError, indexed, deadLetter } = entity;
  return (
    <>
      {sourceError !== null && (
        <ProblemView title="The source cannot be asked: this is what the index knows" error={sourceError} />
      )}
      {source?.error != null && (
        <ProblemView title="The row cannot be turned into text" error={source.error} />
      )}
      {indexed?.sound === false && (
        <Alert color="red" icon={<IconInfoCircle aria-hidden />} title="What is stored is damaged">
          The stored text or a vector does not fit its checksum. Searches leave it out; a repair embeds it
          anew.
        </Alert>
      )}
      <TextComparison
        indexed={indexed?.text ?? null}
        current={source?.text ?? null}
        currentMissing={
          sourceError !== null
            ? 'Not known: the source cannot be asked.'
            : source === null
              ? 'The source has no such row any more.'
              : 'The row cannot be turned into text.'
        }
      />
      {deadLetter !== null && (
        <Text size="sm" className="breakable">
          <strong>{deadLetter.code}</strong>: {deadLetter.message}
        </Text>
      )}
    </>
  );
}
