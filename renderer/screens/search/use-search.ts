import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Output } from '../../../engine/contract.ts';
import { ask } from '../../api/ask.ts';
import type { Wanted } from './search-address.ts';

export interface Answer extends Output<'search'> {
  /** From asking to having the answer, milliseconds. */
  readonly roundTripMs: number;
  /** What was asked: while the next answer is awaited, this one is shown. */
  readonly asked: Wanted;
}

/** Searches; an answer that nobody waits for any more is not waited for. */
export function useSearch(entityType: string, asked: Wanted): UseQueryResult<Answer> {
  return useQuery({
    queryKey: ['search', entityType, asked],
    enabled: asked.query !== '',
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Answer> => {
      const startedAt = performance.now();
      const output = await ask(({ client }) => client.call('search', { entityType, ...asked }, { signal }));
      return { ...output, roundTripMs: performance.now() - startedAt, asked };
    },
  });
}
