/** Asks the index as a program would, and says why it answers what it does. */
import { useRef, type JSX } from 'react';
import { useLocation } from 'wouter';
import { useAddressName } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EntityTypeSelect } from '../../components/entity-type-select.tsx';
import { ScreenLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { addressOf } from '../../addresses.ts';
import { SearchAnswer } from './search-answer.tsx';
import { useSearchAddress } from './search-address.ts';
import { SearchForm } from './search-form.tsx';
import { NothingToSearch } from './search-empty.tsx';
import { useSearch } from './use-search.ts';

export function SearchScreen(): JSX.Element {
  const status = useOperation('status', {});
  const named = useAddressName();
  if (status.error !== null && status.data === undefined)
    return <ProblemView error={status.error} onRetry={() => void status.refetch()} />;
  if (status.data === undefined) return <ScreenLoading />;
  const { entityTypes: types = [] } = status.data;
  const entityType = named !== null && types.includes(named) ? named : types[0];
  return entityType === undefined ? (
    <>
      <ScreenHeader title="Search" />
      <NothingToSearch />
    </>
  ) : (
    <SearchType key={entityType} entityType={entityType} types={types} />
  );
}

interface SearchTypeProps {
  readonly entityType: string;
  readonly types: readonly string[];
}

function SearchType({ entityType, types }: SearchTypeProps): JSX.Element {
  const [, navigate] = useLocation();
  const address = useSearchAddress();
  const { query, mode, k } = address;
  const asked = { query, mode, k };
  const answer = useSearch(entityType, asked);
  const results = useRef<HTMLDivElement>(null);
  return (
    <>
      <ScreenHeader
        title="Search"
        description="What a program that searches this index is answered, and why"
        actions={
          <EntityTypeSelect
            types={types}
            value={entityType}
            onChange={(name) =>
              name !== null &&
              navigate(
                `${addressOf.search(name)}${query === '' ? '' : `?${new URLSearchParams({ q: query, mode, k: String(k) })}`}`,
              )
            }
          />
        }
      />
      <SearchForm
        key={entityType}
        address={address}
        isAsking={answer.isFetching}
        onDown={() => results.current?.querySelector<HTMLElement>('[data-hit]')?.focus()}
      />
      <div ref={results}>
        <SearchAnswer entityType={entityType} asked={asked} answer={answer} onTry={address.change} />
      </div>
    </>
  );
}
