/**
 * Repair: validate, put right what was found, validate again. Three phases of one job, each with its own checkpoint, so
 * that an interrupted repair goes on where it was. A repair of chosen items begins with what the latest report says of them.
 */
import type { JobRecord } from '../catalog/jobs.ts';
import type { ItemChoice } from '../catalog/reports.ts';
import type { Report } from '../contract.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import { servingGeneration, type JobContext, type RecipeTarget } from './context.ts';
import { shellWord } from '../shell-word.ts';
import { applyRepairs, decodeNumber, encodeNumber, type RepairOptions } from './apply-repairs.ts';
import { mendStructure } from './deep/structure.ts';
import type { RunOptions } from './index-job.ts';
import { Pipeline } from './pipeline.ts';
import { ensureGeneration } from './job-generation.ts';
import { retryLetters } from './letters.ts';
import { recordNullKeys } from './null-keys.ts';
import { chooseItems, chosenNullKeys, countChosen, isChosen, modelChanged } from './repair-choice.ts';
import { pruneOlderItems, runValidation } from './validation.ts';

/** What a repair is about. */
interface Repaired {
  readonly reportId: number;
  readonly choice: ItemChoice;
}

/** Runs a repair from wherever it was; the report of its last validation. */
export async function runRepair(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<Report> {
  const { catalog } = context;
  const options = job.options as RepairOptions;
  const startedAt = Date.now();
  if (isChosen(options)) checkSameModel(context, target.name, target.modelId);
  const resumed = reportUnderRepair(context, job);
  const repaired =
    resumed === null
      ? await findOrChoose(context, target, job, run)
      : await chooseIn(context, target, options, resumed);
  const { reportId, choice } = repaired;
  const generationId = ensureGeneration(context, target);
  if (resumed === null || job.phase !== 'verifying') {
    const checkpoint = resumed === null ? null : job.checkpoint;
    const pipeline = new Pipeline(context, target, {
      jobId: job.id,
      generationId,
      force: false,
      signal: run.signal,
    });
    const pass = { context, target, job, run, generationId, pipeline };
    await applyRepairs(pass, reportId, choice, checkpoint === null ? 0 : decodeNumber(checkpoint));
    if (isChosen(options)) {
      const nullKeys = await chosenNullKeys(catalog.reports, reportId, choice);
      if (nullKeys.length > 0) await recordNullKeys(context, target, job.id, run.signal, nullKeys);
    } else {
      await recordNullKeys(context, target, job.id, run.signal);
      // Those of rows that are gone are in no report.
      await retryLetters(context, target, pipeline, { jobId: job.id, startedAt, signal: run.signal });
    }
    catalog.transaction(() => {
      catalog.jobs.setPhase(job.id, 'verifying');
      // The second validation's report will be the job's own; what it is held against must survive a kill, too.
      catalog.jobs.setCheckpoint(job.id, encodeNumber(reportId));
    });
  }
  await context.follower.settle(generationId);
  return verify(context, target, job, repaired, run);
}

/**
 * The report that an interrupted repair works through; null where it must start over: before its first report, or when a
 * newer one took that one's items away.
 */
function reportUnderRepair({ catalog }: JobContext, job: JobRecord): number | null {
  if (job.phase === 'verifying') {
    const repaired = job.checkpoint === null ? null : decodeNumber(job.checkpoint);
    return repaired !== null && catalog.reports.countItems(repaired) > 0 ? repaired : null;
  }
  const isLatest = catalog.reports.latest(job.entityType)?.id === job.reportId;
  return job.phase === 'repairing' && isLatest ? job.reportId : null;
}

/** The first phase: what is to be repaired, as the items of a report. */
async function findOrChoose(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<Repaired> {
  const options = job.options as RepairOptions;
  if (isChosen(options)) return chooseDrift(context, target, job, options);
  return chooseIn(context, target, options, await findDrift(context, target, job, options, run));
}

async function chooseIn(
  { catalog }: JobContext,
  target: RecipeTarget,
  options: RepairOptions,
  reportId: number,
): Promise<Repaired> {
  const { choice } = await chooseItems(catalog.reports, reportId, target.spec.keyColumns.length, options);
  return { reportId, choice };
}

/** Chosen items are those of the latest report, whichever that is by now. */
async function chooseDrift(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  options: RepairOptions,
): Promise<Repaired> {
  const { catalog } = context;
  const latest = catalog.reports.latest(target.name);
  if (latest === null) throw new RangeError('items of a report were chosen, and there is none');
  const chosen = await chooseIn(context, target, options, latest.id);
  const counts = await countChosen(catalog.reports, latest.id, latest.report, chosen.choice);
  checkDeletionCap(
    target,
    { orphaned: counts.orphaned, indexed: latest.report.indexed },
    options.maxDeletePercent ?? target.maxDeletePercent,
    'run the same again with',
  );
  catalog.transaction(() => {
    if (latest.report.deep?.fullTextSound === false) catalog.audit.rebuildFullText();
    catalog.jobs.setPhase(job.id, 'repairing');
    catalog.jobs.setReport(job.id, latest.id);
    catalog.jobs.setTotal(
      job.id,
      Object.values(counts).reduce((sum, count) => sum + count, job.job.processed),
    );
  });
  return chosen;
}

/** @throws PlumblineError `MODEL_CHANGED`: another model needs another index, with everything in it. */
export function checkSameModel(
  { catalog }: Pick<JobContext, 'catalog'>,
  entityType: string,
  modelId: number | null,
): void {
  const serving = servingGeneration(catalog, entityType);
  if (serving !== null && serving.modelId !== modelId) throw modelChanged(entityType);
}

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
  const deep = options.deep ?? needsDeep(catalog.reports.latestDeep(target.name));
  if (deep) mendStructure(context);
  const { reportId, report } = await runValidation(context, target, {
    job,
    deep,
    signal: run.signal,
    onProgress: run.onProgress,
  });
  checkDeletionCap(target, report, options.maxDeletePercent ?? target.maxDeletePercent);
  catalog.transaction(() => {
    // First: an index that agrees with the documents, damaged ones included, takes their replacement like any other, and one
    // whose own tables are damaged takes nothing at all.
    if (report.deep?.fullTextSound === false) catalog.audit.rebuildFullText();
    catalog.jobs.setPhase(job.id, 'repairing');
    catalog.jobs.setTotal(job.id, job.job.processed + catalog.reports.countItems(reportId));
  });
  return reportId;
}

/**
 * Whether the last look into the index found something that only another one can repair. A plain validation since then
 * has not looked, and takes nothing back.
 */
export function needsDeep(latest: Report | null): latest is Report {
  if (latest === null) return false;
  const { lost, ghost, corrupt, deep } = latest;
  return (lost ?? 0) + (ghost ?? 0) + (corrupt ?? 0) > 0 || deep?.fullTextSound === false;
}

/** The last phase: what was repaired must be gone, or explained by a dead letter. */
async function verify(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  repaired: Repaired,
  run: RunOptions,
): Promise<Report> {
  const { reports } = context.catalog;
  const { reportId, report } = await runValidation(context, target, {
    job,
    // As deep as the look that found what was repaired.
    deep: reports.get(repaired.reportId)?.deep != null,
    signal: run.signal,
    onProgress: run.onProgress,
  });
  const left = reports.countUnrepaired(repaired.reportId, reportId, repaired.choice);
  // A resume starts over, also where a kill has left the items only half pruned: those repaired cannot be held against them again.
  if (left > 0) context.catalog.transaction(() => context.catalog.jobs.setPhase(job.id, 'validating'));
  await pruneOlderItems(context, target.entityTypeId, reportId);
  if (left === 0) return report;
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
function checkDeletionCap(
  target: { readonly name: string },
  report: { readonly orphaned: number; readonly indexed: number },
  maxPercent: number,
  command = `plumbline fix-drift ${shellWord(target.name)}`,
): void {
  const percent = deletePercent(report);
  if (percent <= maxPercent) return;
  throw new PlumblineError(
    'DELETE_CAP_EXCEEDED',
    `${target.name}: repairing would delete ${report.orphaned} of ${report.indexed} indexed entities ` +
      `(${percent.toFixed(1)} %, the cap is ${maxPercent} %); nothing was written`,
    {
      hint: `Check that the source is the right one and complete. If they are to go: ${command} --max-delete ${Math.ceil(percent)}%`,
      exitCode: EXIT.usage,
      details: { orphaned: report.orphaned, indexed: report.indexed, percent, maxPercent },
    },
  );
}

export const deletePercent = (report: { readonly orphaned: number; readonly indexed: number }): number =>
  report.indexed === 0 ? 0 : (100 * report.orphaned) / report.indexed;
