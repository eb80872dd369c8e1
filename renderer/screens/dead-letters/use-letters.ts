import { useCallback } from 'react';
import type { DeadLetter } from '../../../engine/contract.ts';
import type { PagedList } from '../../components/virtual-grid/paged-list.ts';
import { usePagedList } from '../../components/virtual-grid/use-paged-list.ts';
import { ask } from '../../api/ask.ts';
import type { LetterFilter } from './letter-groups.ts';

/** Dead letters under a filter, read as they are looked at. @param version another one reads them anew. */
export function useLetters(
  { entityType, stage, code }: LetterFilter,
  version: number,
): PagedList<DeadLetter> {
  const load = useCallback(
    async (offset: number, limit: number, signal: AbortSignal) => {
      const input = {
        offset,
        limit,
        ...(entityType === null ? {} : { entityType }),
        ...(stage === null ? {} : { stage }),
        ...(code === null ? {} : { code }),
      };
      const { items, total } = await ask(({ client }) => client.call('deadLetters', input, { signal }));
      return { items, total, isComplete: true };
    },
    // oxlint-disable-next-line react/exhaustive-deps -- the version makes a new list of the same filter
    [entityType, stage, code, version],
  );
  return usePagedList(load);
}
