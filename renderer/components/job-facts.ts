import type { Job } from '../../engine/contract.ts';
import { formatCount, formatDuration, formatPlural } from '../format.ts';

/** `1,203 of 9,051`: against the fixed total where there is one. Pure, like the others. */
export function rowsOf({ processed, total }: Pick<Job, 'processed' | 'total'>): string {
  return total === null
    ? formatPlural(processed, 'row', 'rows')
    : `${formatCount(processed)} of ${formatCount(Math.max(total, processed))}`;
}

/** `1,154/s`; nothing where it is not known. What crawls is not said to stand still. */
export function rateOf(ratePerSecond: number | null): string {
  if (ratePerSecond === null) return '';
  return ratePerSecond > 0 && ratePerSecond < 1 ? 'under 1/s' : `${formatCount(Math.round(ratePerSecond))}/s`;
}

/** `2 min 10 s`, in whole seconds: nothing that flickers. Nothing where it is not known. */
export const etaOf = (etaMs: number | null): string =>
  etaMs === null ? '' : formatDuration(Math.max(1, Math.round(etaMs / 1000)) * 1000);
