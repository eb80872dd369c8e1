import type { Report } from '../../../engine/contract.ts';
import { driftOf } from './type-state.ts';

export interface Totals {
  /** Rows in the source, as of each type's latest validation; so are the others. */
  readonly rows: number;
  readonly indexed: number;
  readonly drift: number;
  /** 0-100, two decimals, 100 only where nothing drifted. Null where nothing was validated, or there is nothing. */
  readonly inSyncPercent: number | null;
  /** Entity types that were validated. */
  readonly validated: number;
}

/** What the latest reports come to together; shares as the engine counts them: of all entities, in source or catalog. Pure. */
export function totalsOf(reports: readonly Report[]): Totals {
  const sum = (count: (report: Report) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const drift = sum((report) => driftOf(report).reduce((total, [, count]) => total + count, 0));
  // A ghost belongs to no entity.
  const drifted = drift - sum(({ ghost }) => ghost ?? 0);
  const entities = sum(({ source, orphaned }) => source + orphaned);
  const isInSync = reports.every(({ state }) => state === 'in_sync');
  return {
    rows: sum(({ source }) => source),
    indexed: sum(({ indexed }) => indexed),
    drift,
    inSyncPercent: reports.length === 0 ? null : isInSync ? 100 : shareInSync(drifted, entities),
    validated: reports.length,
  };
}

function shareInSync(drifted: number, entities: number): number {
  const share = Math.floor((1 - drifted / Math.max(entities, drifted, 1)) * 10_000) / 100;
  return Math.max(0, Math.min(99.99, share));
}
