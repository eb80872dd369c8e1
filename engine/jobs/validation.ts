/** One validation of one entity type: the comparison, its items in the catalog, and the report at the end. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { JobRecord } from '../catalog/jobs.ts';
import type { Report } from '../contract.ts';
import { driftClasses, type DriftClass, type DriftItem } from '../contract.ts';
import { compare, type Drifted } from './compare.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { checkSameSource } from './same-source.ts';

/** Characters of old and new text that an item keeps. */
const EXCERPT = 400;
/** Keys per class that a report shows. */
const SAMPLES = 3;
/** Items removed from older reports per transaction. */
const PRUNE_ITEMS = 5000;

export interface ValidationOptions {
  readonly job: JobRecord;
  readonly signal: AbortSignal;
  /** Rows read so far. */
  readonly onProgress: (rows: number) => void;
}

/**
 * Runs a validation and stores its report; only the newest report of a type keeps its items.
 * @throws PlumblineError `SOURCE_REPLACED`, and no report: it would be the newest verdict, about data that nobody has.
 */
export async function runValidation(
  context: JobContext,
  target: RecipeTarget,
  options: ValidationOptions,
): Promise<{ reportId: number; report: Report }> {
  const { catalog } = context;
  const { job } = options;
  const startedAt = performance.now();
  const generation = catalog.generations.serving(target.entityTypeId);
  const reportId = catalog.transaction(() => catalog.reports.create(job.id, target.entityTypeId));
  const counts = Object.fromEntries(driftClasses.map((name) => [name, 0])) as Record<DriftClass, number>;
  let number = 0;
  const result = await compare(catalog, context.source, {
    target,
    entityTypeId: target.entityTypeId,
    recipeId: target.recipeId,
    generation,
    signal: options.signal,
    maxText: EXCERPT,
    onProgress: options.onProgress,
    onDrift(drifted) {
      catalog.transaction(() => {
        for (const item of drifted) {
          counts[item.class] += 1;
          number += 1;
          catalog.reports.addItem(reportId, number, toItem(context, item));
        }
      });
    },
  });
  await checkSameSource(context.source, job);
  const report = toReport({
    reportId,
    options,
    target,
    result,
    counts,
    durationMs: Math.round(performance.now() - startedAt),
    samples: readSamples(context, reportId, counts),
  });
  catalog.transaction(() => {
    catalog.reports.finish(reportId, report);
    catalog.jobs.setReport(job.id, reportId);
  });
  return { reportId, report };
}

/** Removes the items of reports older than this one, a little at a time. */
export async function pruneOlderItems(
  context: JobContext,
  entityTypeId: number,
  reportId: number,
): Promise<void> {
  const { catalog } = context;
  const prune = (): number => catalog.reports.pruneItems(entityTypeId, reportId, PRUNE_ITEMS);
  while (catalog.transaction(prune) > 0) await letOthersRun();
}

function toItem(context: JobContext, item: Drifted) {
  const indexedText =
    item.entityId === null ? null : context.catalog.entities.excerpt(item.entityId, EXCERPT);
  return {
    class: item.class,
    key: item.key,
    reason: item.reason,
    text: item.text?.toWellFormed() ?? null,
    indexedText,
  };
}

function readSamples(context: JobContext, reportId: number, counts: Record<DriftClass, number>) {
  const samples: Partial<Record<DriftClass, DriftItem[]>> = {};
  for (const name of driftClasses) {
    if (counts[name] > 0) samples[name] = context.catalog.reports.items(reportId, name, SAMPLES);
  }
  return samples;
}

function toReport(from: {
  reportId: number;
  options: ValidationOptions;
  target: RecipeTarget;
  result: { source: number; indexed: number; excluded: number; snapshot: boolean };
  counts: Record<DriftClass, number>;
  durationMs: number;
  samples: Report['samples'];
}): Report {
  const { counts, result } = from;
  const drifted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    id: String(from.reportId),
    jobId: String(from.options.job.id),
    entityType: from.target.name,
    state: drifted === 0 ? 'in_sync' : 'drifted',
    source: result.source,
    indexed: result.indexed,
    missing: counts.missing,
    stale: counts.stale,
    orphaned: counts.orphaned,
    outdated: counts.outdated,
    failed: counts.failed,
    excluded: result.excluded,
    lost: null,
    ghost: null,
    corrupt: null,
    deep: null,
    inSyncPercent: inSyncPercent(drifted, result.source + counts.orphaned),
    snapshot: result.snapshot,
    durationMs: from.durationMs,
    finishedAt: Date.now(),
    notChecked: ['lost, ghost and corrupt vectors (they need a comparison with the index itself)'],
    samples: from.samples,
  };
}

/** Share of all entities, in source or catalog, that are in sync: two decimals, rounded down so that 100 means all. */
export function inSyncPercent(drifted: number, entities: number): number {
  if (drifted === 0) return 100;
  return Math.max(0, Math.floor((1 - drifted / Math.max(entities, drifted)) * 10_000) / 100);
}
