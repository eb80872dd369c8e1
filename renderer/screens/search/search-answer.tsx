import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { JSX } from 'react';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { formatDuration, formatPlural } from '../../format.ts';
import { HitList } from './hit-list.tsx';
import type { SearchAddress, Wanted } from './search-address.ts';
import { NoHits, NoQuery, NotIndexed } from './search-empty.tsx';
import type { Answer } from './use-search.ts';

interface SearchAnswerProps {
  readonly entityType: string;
  readonly asked: Wanted;
  readonly answer: UseQueryResult<Answer | null>;
  /** Searches in another way. */
  readonly onTry: SearchAddress['change'];
}

export function SearchAnswer({ entityType, asked, answer, onTry }: SearchAnswerProps): JSX.Element {
  const { data, error } = answer;
  if (asked.query === '') return <NoQuery entityType={entityType} />;
  if (error !== null)
    return (
      <ProblemView title="The search did not work" error={error} onRetry={() => void answer.refetch()} />
    );
  if (data === undefined) return <RowsLoading rows={5} />;
  if (data === null) return <NotIndexed entityType={entityType} />;
  const { hits, warnings = [], tookMs, roundTripMs, asked: answered } = data;
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm" role="status" className="numeric">
        {formatPlural(hits.length, 'hit', 'hits')} for “{answered.query}” · {formatDuration(tookMs)} in the
        engine, {formatDuration(roundTripMs)} to here and back
      </Text>
      {warnings.map((warning) => (
        <Alert key={warning} color="yellow" mb="sm" icon={<IconAlertTriangle aria-hidden />} title="Left out">
          {warning}
        </Alert>
      ))}
      {hits.length === 0 ? (
        <NoHits entityType={entityType} asked={answered} onTry={onTry} />
      ) : (
        <HitList entityType={entityType} hits={hits} mode={answered.mode} isOld={answer.isPlaceholderData} />
      )}
    </>
  );
}
