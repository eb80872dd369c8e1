/** What the latest report of an entity type found, window by window. Works beside a writer. */
import { driftClasses, type DriftClass, type Input, type Output, type Report } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import { searchItems } from './drift-search.ts';
import { checkType } from './select.ts';

/** Items listed when no limit is given. */
const DEFAULT_ITEMS = 1000;

export async function drift(
  engine: Engine,
  input: Input<'drift'>,
  signal: AbortSignal,
): Promise<Output<'drift'>> {
  const { entityType, query, limit = DEFAULT_ITEMS, offset = 0 } = input;
  const latest = latestReport(engine, entityType);
  const driftClass = input.class ?? null;
  const of = countItems(latest.report, driftClass);
  const found = { reportId: String(latest.id), offset };
  if (query !== undefined) {
    const wanted = { reportId: latest.id, driftClass, query, offset, limit, of };
    return { ...found, ...(await searchItems(engine.catalog.reports, wanted, signal)) };
  }
  const items = engine.catalog.reports.items(latest.id, driftClass, limit, offset);
  return { ...found, items, total: of, searched: null };
}

/** @throws PlumblineError `ENTITY_TYPE_UNKNOWN`, `NOT_VALIDATED`. */
export function latestReport(engine: Engine, entityType: string): { id: number; report: Report } {
  checkType(engine, entityType);
  const latest = engine.catalog.reports.latest(entityType);
  if (latest !== null) return latest;
  throw new PlumblineError('NOT_VALIDATED', `"${entityType}" was never validated`, {
    hint: `Run \`plumbline validate ${entityType}\` first; drift lists what its report found.`,
  });
}

/** How many items a report has: it says so itself, so that a million need not be counted for every window. */
export function countItems(report: Report, driftClass: DriftClass | null): number {
  const classes: readonly DriftClass[] = driftClass === null ? driftClasses : [driftClass];
  return classes.reduce((sum, name) => sum + (report[name] ?? 0), 0);
}
