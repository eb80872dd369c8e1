/** Entities that failed for good: why, how often, and what to do with them. */
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useAddressName } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EntityTypeSelect } from '../../components/entity-type-select.tsx';
import { ScreenLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import screen from '../../components/tall-screen.module.css';
import { addressOf } from '../../addresses.ts';
import { DeadLetters } from './dead-letters.tsx';
import { NoDeadLetters } from './letters-empty.tsx';
import { countBy, inFilter } from './letter-groups.ts';

const ALL_TYPES = '/dead-letters';

export function DeadLettersScreen(): JSX.Element {
  const named = useAddressName();
  const [, navigate] = useLocation();
  const status = useOperation('status', {});
  const letters = useOperation('deadLetters', { groups: true, limit: 1 });
  const problem = status.error ?? letters.error;
  if (status.data === undefined || letters.data === undefined)
    return problem === null ? (
      <ScreenLoading />
    ) : (
      <ProblemView
        error={problem}
        onRetry={() => {
          void status.refetch();
          void letters.refetch();
        }}
      />
    );

  const { entityTypes: types = [] } = status.data;
  const { groups = [] } = letters.data;
  const entityType = named !== null && types.includes(named) ? named : null;
  const isEmpty = inFilter(groups, { entityType }).length === 0;
  return (
    <div className={screen.screen}>
      <ScreenHeader
        title="Dead letters"
        description="Rows that failed for good, kept with their text until a later try succeeds"
        actions={
          <EntityTypeSelect
            types={types}
            counts={countBy(groups, 'entityType')}
            value={entityType}
            allLabel="All entity types"
            onChange={(name) => navigate(name === null ? ALL_TYPES : addressOf.deadLetters(name))}
          />
        }
      />
      {isEmpty ? (
        <NoDeadLetters entityType={entityType} />
      ) : (
        <DeadLetters
          key={entityType}
          entityType={entityType}
          groups={groups}
          version={letters.dataUpdatedAt}
        />
      )}
    </div>
  );
}
