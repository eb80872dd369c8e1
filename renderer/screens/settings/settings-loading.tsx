import type { UseQueryResult } from '@tanstack/react-query';
import type { JSX } from 'react';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import type { SettingsRead } from './settings-draft.ts';

/** In the place of settings that are not there: still being read, or not readable. */
export function SettingsLoading({ query }: { readonly query: UseQueryResult<SettingsRead> }): JSX.Element {
  const { error, refetch } = query;
  if (error === null) return <RowsLoading rows={6} />;
  return <ProblemView error={error} title="The settings cannot be read" onRetry={() => void refetch()} />;
}
