import { Text } from '@mantine/core';
import type { JSX } from 'react';
import { useOperation } from '../../api/queries.ts';
import { FieldList } from '../../components/entity/field-list.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import classes from './hit.module.css';

interface HitFieldsProps {
  readonly entityType: string;
  readonly entityKey: string;
}

/** The row as the source has it now. */
export function HitFields({ entityType, entityKey }: HitFieldsProps): JSX.Element {
  const { data, error, refetch } = useOperation('entity', { entityType, key: entityKey });
  const problem = error ?? data?.sourceError ?? null;
  if (problem !== null)
    return <ProblemView title="The row cannot be read" error={problem} onRetry={() => void refetch()} />;
  if (data === undefined) return <RowsLoading rows={2} />;
  if (data.source === null)
    return (
      <Text size="sm" c="dimmed" mt="xs">
        The source has no such row any more: what is found here is orphaned.
      </Text>
    );
  return <FieldList fields={data.source.fields} className={classes.facts ?? ''} />;
}
