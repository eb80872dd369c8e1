import { useCallback } from 'react';
import type { DriftClass, DriftItem, Report } from '../../../engine/contract.ts';
import { PlumblineError } from '../../../engine/errors.ts';
import type { PagedList } from '../../components/virtual-grid/paged-list.ts';
import { usePagedList } from '../../components/virtual-grid/use-paged-list.ts';
import { ask } from '../../api/ask.ts';

/** The items of a report, read as they are looked at. `text`: only those whose key or texts contain it; '' for all. */
export function useDriftList(
  report: Report,
  driftClass: DriftClass | null,
  text: string,
): PagedList<DriftItem> {
  const { entityType, id } = report;
  const load = useCallback(
    async (offset: number, limit: number, signal: AbortSignal) => {
      const input = {
        entityType,
        offset,
        limit,
        ...(driftClass === null ? {} : { class: driftClass }),
        ...(text === '' ? {} : { query: text }),
      };
      const { items, total, reportId, searched } = await ask(({ client }) =>
        client.call('drift', input, { signal }),
      );
      if (reportId !== id) throw newerReport();
      return { items, total, isComplete: searched === null || searched.items >= searched.of };
    },
    [entityType, id, driftClass, text],
  );
  return usePagedList(load);
}

/** Pages of two reports never stand in one list. The screen begins anew as soon as it has heard of the newer one. */
const newerReport = (): PlumblineError =>
  new PlumblineError('REPORT_REPLACED', 'a newer validation has ended meanwhile', {
    hint: 'Its report is being read.',
    retryable: true,
  });
