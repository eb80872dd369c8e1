import type { Job } from '../../engine/contract.ts';
import type { JobTold } from '../../engine/doors/client/events.ts';
import { formatCount, formatDuration, formatPlural } from '../format.ts';

/** A rate below this is said with a decimal's worth of care: as less than one. */
const SLOWEST_TOLD = 1;

/** `1,203 of 9,051 rows`: against the fixed total where there is one. Pure. */
export function rowsOf({ processed, total }: Pick<Job, 'processed' | 'total'>): string {
  return total === null
    ? formatPlural(processed, 'row', 'rows')
    : `${formatCount(processed)} of ${formatPlural(Math.max(total, processed), 'row', 'rows')}`;
}

export const rateOf = (ratePerSecond: number | null): string =>
  ratePerSecond === null
    ? ''
    : ratePerSecond > 0 && ratePerSecond < SLOWEST_TOLD
      ? 'under 1 a second'
      : `${formatCount(Math.round(ratePerSecond))} a second`;

/** `about 2 min 10 s left`, in whole seconds: nothing that flickers. */
export const timeLeftOf = ({ etaMs }: Pick<JobTold, 'etaMs'>): string =>
  etaMs === null ? '' : `about ${formatDuration(Math.max(1000, Math.round(etaMs / 1000) * 1000))} left`;
