/** What a measured recall says of a graph. Pure. */
import type { Report } from './contract.ts';

/** Below this share of the exact nearest neighbours people notice what is missing. */
const LOW_RECALL = 0.95;

/**
 * Whether the last look into an index found that it does not find what it holds: then it is worth building anew, in an order
 * that spans the collection (bench/recall.ts).
 */
export function isRecallLow(latest: Pick<Report, 'deep'> | null): boolean {
  const { recall = null, selfQuery } = latest?.deep ?? {};
  const isBlind = selfQuery !== undefined && selfQuery.found < selfQuery.sampled * LOW_RECALL;
  return isBlind || (recall !== null && recall.value < LOW_RECALL);
}
