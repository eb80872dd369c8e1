/**
 * Finds items of a report whose key or texts contain a word. There is no index for that: items are read in slices between
 * which others get their turn, for a bounded time per call; what was found is kept, so that the next window, or the next call,
 * goes on from there. A finished report never changes, so neither does what was found in it.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReportReader } from '../catalog/reports.ts';
import type { DriftClass, DriftItem } from '../contract.ts';

/** Items read before others get their turn: some milliseconds. */
const SLICE_ITEMS = 500;
/** Longest time that a call looks for more. */
const SEARCH_MS = 250;
/** Searches remembered; the page has one at a time. */
const MAX_SEARCHES = 4;

export interface ItemSearch {
  readonly reportId: number;
  readonly driftClass: DriftClass | null;
  readonly query: string;
  readonly offset: number;
  readonly limit: number;
  /** Items of the class in the report. */
  readonly of: number;
}

export interface FoundItems {
  readonly items: DriftItem[];
  /** Found so far. */
  readonly total: number;
  readonly searched: { readonly items: number; readonly of: number };
}

/** How far a search has come. */
interface Progress {
  /** Numbers of the items that contain the query, in order. */
  readonly numbers: number[];
  /** Number of the last item looked at. */
  after: number;
  looked: number;
}

const searches = new WeakMap<ReportReader, Map<string, Progress>>();

/** Abort ends the looking; what was found stays. */
export async function searchItems(
  reports: ReportReader,
  search: ItemSearch,
  signal: AbortSignal,
): Promise<FoundItems> {
  const { reportId, offset, limit, of } = search;
  const progress = progressOf(reports, search);
  const startedAt = performance.now();
  while (progress.looked < of && performance.now() - startedAt < SEARCH_MS) {
    signal.throwIfAborted();
    if (!lookOn(reports, search, progress)) break;
    await letOthersRun();
  }
  return {
    items: reports.itemsNumbered(reportId, progress.numbers.slice(offset, offset + limit)),
    total: progress.numbers.length,
    searched: { items: progress.looked, of },
  };
}

/** Looks at the next slice, in one go, so that calls beside each other never look at one twice; false where there is none. */
function lookOn(reports: ReportReader, search: ItemSearch, progress: Progress): boolean {
  const query = search.query.toLowerCase();
  const slice = reports.itemsAfter(search.reportId, search.driftClass, progress.after, SLICE_ITEMS);
  for (const { number, item } of slice) {
    const { key, text, indexedText } = item;
    if ([key, text, indexedText].some((part) => part?.toLowerCase().includes(query)))
      progress.numbers.push(number);
    progress.after = number;
  }
  progress.looked += slice.length;
  return slice.length > 0;
}

function progressOf(reports: ReportReader, { reportId, driftClass, query }: ItemSearch): Progress {
  const known = searches.get(reports) ?? new Map<string, Progress>();
  searches.set(reports, known);
  const name = JSON.stringify([reportId, driftClass, query.toLowerCase()]);
  const progress = known.get(name) ?? { numbers: [], after: 0, looked: 0 };
  known.delete(name);
  known.set(name, progress);
  for (const old of [...known.keys()].slice(0, -MAX_SEARCHES)) known.delete(old);
  return progress;
}
