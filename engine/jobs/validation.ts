/**
 * One validation of one entity type: the comparison with the source, with `deep` also the index tier, its items in the
 * catalog, and the report at the end.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { catalogError } from '../catalog/database.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { DeepResult, DriftClass, Report } from '../contract.ts';
import { compare, type CompareResult } from './compare.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { runIndexTier, type IndexTierResult } from './deep/index-tier.ts';
import type { Random } from './deep/sample.ts';
import { EXCERPT, ReportItems } from './report-items.ts';
import { checkSameSource } from './same-source.ts';

/** Items removed from older reports per transaction. */
const PRUNE_ITEMS = 5000;
/** What a validation that is not deep leaves out. */
const SHALLOW = 'lost, ghost and corrupt vectors (a deep validation looks for them)';

/** What a validation was asked to do; kept with the job. */
export interface ValidateOptions {
  readonly deep?: boolean;
}

export interface ValidationOptions {
  readonly job: JobRecord;
  /** Also holds the catalog against itself, and the index against the catalog. Default: as the job was asked to. */
  readonly deep?: boolean;
  readonly signal: AbortSignal;
  /** Rows read so far. */
  readonly onProgress: (rows: number) => void;
  /** Draws the samples of a deep validation. Default: others each time. */
  readonly random?: Random;
}

/**
 * Runs a validation and stores its report; only the newest report of a type keeps its items.
 * @throws PlumblineError `SOURCE_REPLACED`, and no report: it would be the newest verdict, about data that nobody has.
 * `CATALOG_DAMAGED` where the catalog cannot be read.
 */
export async function runValidation(
  context: JobContext,
  target: RecipeTarget,
  options: ValidationOptions,
): Promise<{ reportId: number; report: Report }> {
  const { catalog } = context;
  try {
    return await validate(context, target, options);
  } catch (error) {
    throw catalogError(error, catalog.path);
  }
}

async function validate(
  context: JobContext,
  target: RecipeTarget,
  options: ValidationOptions,
): Promise<{ reportId: number; report: Report }> {
  const { catalog } = context;
  const { job, signal } = options;
  const startedAt = performance.now();
  const generation = catalog.generations.serving(target.entityTypeId);
  const reportId = catalog.transaction(() => catalog.reports.create(job.id, target.entityTypeId));
  const items = new ReportItems(context, reportId);
  const result = await compare(catalog, context.source, {
    target,
    entityTypeId: target.entityTypeId,
    recipeId: target.recipeId,
    generation,
    signal,
    maxText: EXCERPT,
    onProgress: options.onProgress,
    onDrift: (drifted) => items.add(drifted),
  });
  const { deep = (job.options as ValidateOptions).deep ?? false, random = Math.random } = options;
  const tier = deep ? await runIndexTier(context, { target, generation, items, signal, random }) : null;
  await checkSameSource(context.source, job);
  const report = toReport({
    options,
    target,
    result,
    tier,
    items,
    durationMs: Math.round(performance.now() - startedAt),
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

function toReport(from: {
  options: ValidationOptions;
  target: RecipeTarget;
  result: CompareResult;
  tier: IndexTierResult | null;
  items: ReportItems;
  durationMs: number;
}): Report {
  const { result, tier, items } = from;
  const { counts } = items;
  const state = isDrifted(counts, tier?.deep ?? null) ? 'drifted' : 'in_sync';
  return {
    id: String(items.reportId),
    jobId: String(from.options.job.id),
    entityType: from.target.name,
    state,
    source: result.source,
    indexed: result.indexed,
    missing: counts.missing,
    stale: counts.stale,
    orphaned: counts.orphaned,
    outdated: counts.outdated,
    failed: counts.failed,
    excluded: result.excluded,
    lost: tier === null ? null : counts.lost,
    ghost: tier === null ? null : counts.ghost,
    corrupt: tier === null ? null : counts.corrupt,
    deep: tier?.deep ?? null,
    inSyncPercent:
      state === 'in_sync' ? 100 : inSyncPercent(driftedEntities(counts), result.source + counts.orphaned),
    snapshot: result.snapshot,
    durationMs: from.durationMs,
    finishedAt: Date.now(),
    notChecked: tier?.notChecked ?? [SHALLOW],
    samples: items.samples(),
  };
}

/** Everything but ghosts, which belong to no entity. */
const driftedEntities = (counts: Record<DriftClass, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.ghost;

/** A ghost, or a full-text index that lies, is drift though all entities are well. */
const isDrifted = (counts: Record<DriftClass, number>, deep: DeepResult | null): boolean =>
  driftedEntities(counts) + counts.ghost > 0 || deep?.fullTextSound === false;

/**
 * Share of all entities, in source or catalog, that are in sync, where something drifted: two decimals, rounded down and never
 * 100, which means that nothing did.
 */
export function inSyncPercent(drifted: number, entities: number): number {
  const share = Math.floor((1 - drifted / Math.max(entities, drifted, 1)) * 10_000) / 100;
  return Math.max(0, Math.min(99.99, share));
}
