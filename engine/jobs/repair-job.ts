/**
 * Repair: validate, put right what was found, validate again. Three phases of one job, each with its own checkpoint, so
 * that an interrupted repair goes on where it was.
 */
import type { JobRecord } from '../catalog/jobs.ts';
import { noCounts } from '../catalog/jobs.ts';
import type { StoredDriftItem } from '../catalog/reports.ts';
import type { Report } from '../contract.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import { decodeKey, hasNull } from '../key.ts';
import { pack } from '../packed.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { addCounts } from './checkpoint.ts';
import { ensureGeneration, openPipeline, retryLetters, type RunOptions } from './index-job.ts';
import { recordNullKeys } from './null-keys.ts';
import type { Pipeline } from './pipeline.ts';
import { checkSameSource } from './same-source.ts';
import { scanAndProcess } from './scan.ts';
import { switchGeneration } from './switch-generation.ts';
import { pruneOlderItems, runValidation } from './validation.ts';

export interface RepairOptions {
  readonly maxDeletePercent?: number;
  /** The report that is being repaired, once the first phase is done. */
  readonly reportId?: number;
}

/** Items worked on at once. */
const PART_ITEMS = 256;

export async function runRepair(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<Report> {
  const { catalog } = context;
  const options = job.options as RepairOptions;
  const startedAt = Date.now();
  const resumed = reportUnderRepair(context, job);
  const reportId = resumed ?? (await findDrift(context, target, job, options, run));
  const generationId = ensureGeneration(context, target);
  if (resumed === null || job.phase !== 'verifying') {
    const checkpoint = resumed === null ? null : job.checkpoint;
    const pipeline = await openPipeline(context, target, generationId, job.id, false, run.signal);
    await applyRepairs(context, target, job, generationId, reportId, checkpoint, pipeline, run);
    await recordNullKeys(context, target, job.id, run.signal);
    // Those of rows that are gone are in no report.
    await retryLetters(context, target, pipeline, { jobId: job.id, startedAt, signal: run.signal });
    catalog.transaction(() => {
      catalog.jobs.setPhase(job.id, 'verifying');
      // The second validation's report will be the job's own; what it is held against must survive a kill, too.
      catalog.jobs.setCheckpoint(job.id, encodeNumber(reportId));
    });
  }
  await context.follower.settle(generationId);
  return verify(context, target, job, reportId, run);
}

/**
 * The report that an interrupted repair works through; null where it must start over: before its first report, or when a
 * newer one took that one's items away.
 */
function reportUnderRepair({ catalog }: JobContext, job: JobRecord): number | null {
  if (job.phase === 'verifying') return job.checkpoint === null ? null : decodeNumber(job.checkpoint);
  const isLatest = catalog.reports.latest(job.entityType)?.id === job.reportId;
  return job.phase === 'repairing' && isLatest ? job.reportId : null;
}

/** The first phase: what is to be repaired, as the items of a report. */
async function findDrift(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  options: RepairOptions,
  run: RunOptions,
): Promise<number> {
  const { catalog } = context;
  // One that starts over has a checkpoint in items of another report, and a cap that was checked against that.
  if (job.phase !== null) catalog.transaction(() => catalog.jobs.setPhase(job.id, 'validating'));
  const { reportId, report } = await runValidation(context, target, {
    job,
    signal: run.signal,
    onProgress: run.onProgress,
  });
  checkDeletionCap(target, report, options.maxDeletePercent ?? target.maxDeletePercent);
  catalog.transaction(() => {
    catalog.jobs.setPhase(job.id, 'repairing');
    catalog.jobs.setTotal(job.id, catalog.reports.countItems(reportId, null));
  });
  return reportId;
}

/** The last phase: what was repaired must be gone, or explained by a dead letter. */
async function verify(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  repairedReportId: number,
  run: RunOptions,
): Promise<Report> {
  const { reports } = context.catalog;
  const options = { job, signal: run.signal, onProgress: run.onProgress };
  const { reportId, report } = await runValidation(context, target, options);
  const left = reports.countUnrepaired(repairedReportId, reportId);
  pruneOlderItems(context, target.entityTypeId, reportId);
  if (left === 0) return report;
  // A resume starts over: only another validation can say what is left to repair.
  context.catalog.transaction(() => context.catalog.jobs.setPhase(job.id, 'validating'));
  throw new PlumblineError(
    'REPAIR_INCOMPLETE',
    `${target.name}: ${left} entities are still drifted after the repair`,
    {
      hint: 'Was the source written to meanwhile? `plumbline drift` lists them; run `plumbline fix-drift` again.',
      retryable: true,
    },
  );
}

/**
 * @throws PlumblineError `DELETE_CAP_EXCEEDED` before anything is written, when more would be deleted than a person
 * agreed to: a source that was truncated, or the wrong one, looks exactly like this.
 */
export function checkDeletionCap(
  target: { readonly name: string },
  report: { readonly orphaned: number; readonly indexed: number },
  maxPercent: number,
): void {
  const percent = deletePercent(report);
  if (percent <= maxPercent) return;
  throw new PlumblineError(
    'DELETE_CAP_EXCEEDED',
    `${target.name}: repairing would delete ${report.orphaned} of ${report.indexed} indexed entities ` +
      `(${percent.toFixed(1)} %, the cap is ${maxPercent} %); nothing was written`,
    {
      hint: `Check that the source is the right one and complete. If they are to go: plumbline fix-drift ${shellWord(target.name)} --max-delete ${Math.ceil(percent)}%`,
      exitCode: EXIT.usage,
      details: { orphaned: report.orphaned, indexed: report.indexed, percent, maxPercent },
    },
  );
}

export const deletePercent = (report: { readonly orphaned: number; readonly indexed: number }): number =>
  report.indexed === 0 ? 0 : (100 * report.orphaned) / report.indexed;

const shellWord = (text: string): string =>
  /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

async function applyRepairs(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  generationId: number,
  reportId: number,
  checkpoint: Buffer | null,
  pipeline: Pipeline,
  run: RunOptions,
): Promise<void> {
  const { catalog } = context;
  if (catalog.generations.get(generationId).state === 'building') {
    await fillNewGeneration(context, target, job, generationId, pipeline, run);
    return;
  }
  let after = checkpoint === null ? 0 : decodeNumber(checkpoint);
  for (;;) {
    run.signal.throwIfAborted();
    const items = catalog.reports.page(reportId, after, PART_ITEMS);
    const last = items.at(-1);
    if (last === undefined) return;
    after = last.number;
    await repairItems(context, target, job, generationId, pipeline, items);
    run.onProgress();
  }
}

/** A model of another vector space: everything is embedded anew beside the serving generation, then they switch. */
async function fillNewGeneration(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  generationId: number,
  pipeline: Pipeline,
  run: RunOptions,
): Promise<void> {
  const { maxDeletePercent = target.maxDeletePercent } = job.options as RepairOptions;
  await scanAndProcess(context, target, pipeline, {
    jobId: job.id,
    generationId,
    force: false,
    signal: run.signal,
    // What is there already is found in sync and skipped; the job's checkpoint counts items, not keys.
    after: null,
    limit: Infinity,
    counting: false,
    again: false,
    onProgress: run.onProgress,
  });
  switchGeneration(context, target, generationId, maxDeletePercent);
}

async function repairItems(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  generationId: number,
  pipeline: Pipeline,
  items: readonly StoredDriftItem[],
): Promise<void> {
  const { catalog } = context;
  const jobId = job.id;
  const orphaned = items.filter((item) => item.class === 'orphaned').map((item) => item.key);
  // Rows with NULL in their key are recorded together at the end: they cannot be read one by one.
  const others = items
    .filter((item) => item.class !== 'orphaned' && !hasNull(decodeKey(item.key)))
    .map((item) => item.key);
  let quiet = await pipeline.process(others, { fresh: true });
  const { gone, back } = await askAgain(context, target, job, orphaned);
  catalog.transaction(() => {
    const deleted = gone.filter((key) => catalog.writer.delete({ jobId, generationId }, key)).length;
    catalog.jobs.addCounts(jobId, { ...noCounts(), processed: deleted, deleted });
  });
  // Rows that came back since the validation may have come back with another text.
  quiet = addCounts(quiet, await pipeline.process(back, { fresh: true }));
  const checkpoint = encodeNumber(items.at(-1)?.number ?? 0);
  catalog.transaction(() => {
    catalog.jobs.addCounts(jobId, quiet);
    catalog.jobs.setCheckpoint(jobId, checkpoint);
  });
  context.follower.nudge(generationId);
}

/**
 * Asks the source once more before anything is deleted.
 * @throws PlumblineError `SOURCE_REPLACED`: what is gone from the file that was read may be in the one that is there now.
 */
async function askAgain(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  keys: readonly Buffer[],
): Promise<{ gone: Buffer[]; back: Buffer[] }> {
  if (keys.length === 0) return { gone: [], back: [] };
  const present = await context.source.call('checksums', target.name, pack(keys));
  await checkSameSource(context.source, job);
  return {
    gone: keys.filter((_key, i) => present[i] == null),
    back: keys.filter((_key, i) => present[i] != null),
  };
}

/** Checkpoints of repairs are numbers: of an item, or of a report. */
function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const decodeNumber = (bytes: Buffer): number => Number(bytes.readBigUInt64BE());
