/**
 * Rebuild: reads the source anew into a generation beside the serving one, which answers searches until one atomic switch.
 * Texts that have sound vectors in the same vector space keep them; `force` embeds them again.
 */
import { formatBytes } from '../bytes.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { Report } from '../contract.ts';
import { GRAPH_PARAMETERS } from '../graph.ts';
import { decodeKey, hasNull } from '../key.ts';
import { pack } from '../packed.ts';
import { compare, type Drifted } from './compare.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { deleteWritten } from './counted.ts';
import { checkDiskSpace, estimateRebuildBytes, freeBytes, type DiskSpace } from './disk-space.ts';
import type { RunOptions } from './index-job.ts';
import { Pipeline } from './pipeline.ts';
import { generationOf } from './job-generation.ts';
import type { JobPass } from './job-pass.ts';
import { retryLetters } from './letters.ts';
import { recordNullKeys } from './null-keys.ts';
import { checkSameSource } from './same-source.ts';
import { shellWord } from '../shell-word.ts';
import { scanAndProcess } from './scan.ts';
import { superseded, switchGeneration } from './switch-generation.ts';
import { pruneOlderItems, runValidation } from './validation.ts';

export interface RebuildOptions {
  readonly force?: boolean;
  /** Percent of the serving generation's entities that the new one may lack; default from the configuration. */
  readonly maxDeletePercent?: number;
}

/** Documents measured to estimate the size of all. */
const SAMPLE_DOCUMENTS = 500;

/** Runs a rebuild from wherever it was; the report of the validation that ends it. */
export async function runRebuild(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<Report> {
  const { catalog } = context;
  const generationId = generationOf(context, job, () => beginGeneration(context, target));
  // Killed after the switch, it has only its verdict left to give.
  if (catalog.generations.get(generationId).state === 'building') {
    const options = job.options as RebuildOptions;
    const pipeline = new Pipeline(context, target, {
      jobId: job.id,
      generationId,
      force: options.force ?? false,
      signal: run.signal,
    });
    const pass = { context, target, job, run, generationId, pipeline };
    await fill(pass);
    await bringUpToDate(pass);
    // Graph and snapshot first: the switch itself is one commit, and no search waits for it.
    await context.follower.settle(generationId);
    await checkSameSource(context.source, job);
    await switchGeneration(context, target, {
      jobId: job.id,
      generationId,
      maxDeletePercent: options.maxDeletePercent ?? target.maxDeletePercent,
      capCommand: `plumbline rebuild ${shellWord(target.name)}${options.force === true ? ' --force' : ''}`,
    });
  }
  catalog.transaction(() => catalog.jobs.setPhase(job.id, 'verifying'));
  const { reportId, report } = await runValidation(context, target, {
    job,
    signal: run.signal,
    onProgress: run.onProgress,
  });
  await pruneOlderItems(context, target.entityTypeId, reportId);
  return report;
}

/** A new generation in the place of one that others had begun to build: there can be one beside the serving one. */
function beginGeneration({ catalog }: JobContext, target: RecipeTarget): number {
  return catalog.transaction(() => {
    const building = catalog.generations.building(target.entityTypeId);
    if (building !== null) {
      for (const job of catalog.jobs.openOn(building.id)) catalog.jobs.cancel(job.id, superseded());
      catalog.generations.retire(building.id);
    }
    // The first one replaces an empty one, so that a rollback has something to switch back to.
    if (catalog.generations.serving(target.entityTypeId) === null)
      catalog.generations.create(target.entityTypeId, target.modelId, 'serving', GRAPH_PARAMETERS);
    return catalog.generations.create(target.entityTypeId, target.modelId, 'building', GRAPH_PARAMETERS).id;
  });
}

/** Everything there is in the source, window by window, with checkpoints. */
async function fill(pass: JobPass): Promise<void> {
  const { context, target, job, run, generationId, pipeline } = pass;
  const { catalog, source } = context;
  await source.call('proveKey', target.name);
  const rows = await source.call('count', target.name);
  const { force = false } = job.options as RebuildOptions;
  // What an earlier run of the job has written is on the disk already.
  const left = Math.max(0, rows - catalog.generations.get(generationId).entities);
  const disk = rebuildDiskSpace(context, target, left, force);
  checkDiskSpace(target.name, context.dataFolder, disk);
  if (job.checkpoint === null) {
    context.notice(
      `rebuilding ${target.name} needs about ${formatBytes(disk.neededBytes)} on disk beside the index that serves meanwhile; ${formatBytes(disk.freeBytes)} are free`,
    );
  }
  catalog.transaction(() => catalog.jobs.setTotal(job.id, rows));
  run.onProgress();
  await scanAndProcess(context, target, pipeline, {
    jobId: job.id,
    generationId,
    force,
    signal: run.signal,
    after: job.checkpoint,
    limit: Infinity,
    counting: true,
    again: false,
    onProgress: run.onProgress,
  });
}

/** Bytes that rebuilding a type takes, and that are free. */
export function rebuildDiskSpace(
  { catalog, dataFolder }: Pick<JobContext, 'catalog' | 'dataFolder'>,
  target: RecipeTarget,
  rows: number,
  force: boolean,
): DiskSpace {
  const serving = catalog.generations.serving(target.entityTypeId);
  return {
    neededBytes: estimateRebuildBytes({
      rows,
      serving,
      documentBytes:
        serving === null ? 0 : catalog.generations.averageDocumentBytes(serving.id, SAMPLE_DOCUMENTS),
      dimensions: target.modelInfo.dimensions,
      newVectors: force || serving?.modelId !== target.modelId,
    }),
    freeBytes: freeBytes(dataFolder),
  };
}

/**
 * What changed in the source while the generation was filled, an interruption included, is put right before it serves:
 * rows that came, changed or went.
 */
async function bringUpToDate(pass: JobPass): Promise<void> {
  const { context, target, job, run, generationId, pipeline } = pass;
  const startedAt = Date.now();
  await compare(context.catalog, context.source, {
    target,
    recipeId: target.recipeId,
    entityTypeId: target.entityTypeId,
    generation: context.catalog.generations.get(generationId),
    signal: run.signal,
    maxText: 0,
    onProgress: () => run.onProgress(),
    onDrift: (drifted) => putRight(pass, drifted),
  });
  await recordNullKeys(context, target, job.id, run.signal);
  await retryLetters(context, target, pipeline, { jobId: job.id, startedAt, signal: run.signal });
}

async function putRight(pass: JobPass, drifted: readonly Drifted[]): Promise<void> {
  const { context, target, job, generationId, pipeline } = pass;
  const { catalog, source } = context;
  const { force = false } = job.options as RebuildOptions;
  // Failed ones were tried a moment ago; what is left of them is retried at the end.
  const changed = drifted.filter(
    ({ class: name, key }) => isChange(name) && !hasNull(decodeKey(Buffer.from(key))),
  );
  const quiet = await pipeline.process(
    changed.map(({ key }) => key),
    { fresh: true, again: true },
  );
  const orphans = drifted.filter(({ class: name }) => name === 'orphaned').map(({ key }) => key);
  const present = orphans.length === 0 ? [] : await source.call('checksums', target.name, pack(orphans));
  catalog.transaction(() => {
    const gone = orphans.filter((_key, i) => present[i] == null);
    catalog.jobs.addCounts(job.id, quiet);
    catalog.jobs.addCounts(job.id, deleteWritten(catalog, { jobId: job.id, generationId, force }, gone));
  });
}

const isChange = (name: Drifted['class']): boolean =>
  name === 'missing' || name === 'stale' || name === 'outdated';
