import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Output } from '../../../engine/contract.ts';
import { hasCode } from '../../../engine/errors.ts';
import { ask } from '../../api/ask.ts';
import type { Wanted } from './search-address.ts';

export interface Answer extends Output<'search'> {
  /** From asking to having the answer, milliseconds. */
  readonly roundTripMs: number;
  /** What was asked: while the next answer is awaited, this one is shown. */
  readonly asked: Wanted;
}

/**
 * Searches; an answer that nobody waits for any more is not waited for. Null where there is no index yet: an answer like others, since
 * an error goes while the question is asked anew, and with it the button under a person's finger.
 */
export function useSearch(entityType: string, asked: Wanted): UseQueryResult<Answer | null> {
  return useQuery({
    queryKey: ['search', entityType, asked],
    enabled: asked.query !== '',
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Answer | null> => {
      const startedAt = performance.now();
      try {
        const output = await ask(({ client }) => client.call('search', { entityType, ...asked }, { signal }));
        return { ...output, roundTripMs: performance.now() - startedAt, asked };
      } catch (error) {
        if (hasCode(error, 'NOT_INDEXED')) return null;
        throw error;
      }
    },
  });
}
