import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { PagedList, type PagedListOptions } from './paged-list.ts';

/** Four screenfuls; small enough for an answer in milliseconds. */
const PAGE_ITEMS = 200;
/** 8,000 items: some megabytes. */
const MAX_PAGES = 40;

/**
 * A list that renders its component anew when a page arrives.
 * @param load to be kept (`useCallback`): another one is another list.
 */
export function usePagedList<T>(load: PagedListOptions<T>['load']): PagedList<T> {
  const list = useMemo(() => new PagedList<T>({ load, pageSize: PAGE_ITEMS, maxPages: MAX_PAGES }), [load]);
  useSyncExternalStore(list.subscribe, list.version);
  useEffect(() => {
    list.want(0, 0);
    return () => list.stop();
  }, [list]);
  return list;
}
