/** What operations that start jobs have in common: their context, checks before the first job, the job in the catalog, its end. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { Job, JobKind, Report } from '../contract.ts';
import type { JobContext, RecipeTarget, Target } from '../jobs/context.ts';
import { isReplaced } from '../jobs/job-generation.ts';
import { runJob } from '../jobs/runner.ts';
import { registerRecipe } from '../jobs/targets.ts';
import { decodeKey } from '../key.ts';

export type Context = JobContext & { readonly sourceIdentity: string };

/** Unfinished jobs of a type and kind, but those that wait for their turn: they are another caller's. */
export const unheldJobs = ({ catalog, control }: Context, target: RecipeTarget, kind: JobKind): JobRecord[] =>
  catalog.jobs.resumable(target.entityTypeId, kind).filter((job) => !control.holds(job.id));

/** Whether an unfinished job is what is asked for: the same recipe, source and options, and its generation still counts. */
export const canGoOn = (context: Context, job: JobRecord, target: RecipeTarget, options: object): boolean =>
  job.recipeId === target.recipeId &&
  // The key is no part of the recipe: the same text may be indexed under another one.
  (job.checkpoint === null || decodeKey(job.checkpoint).length === target.spec.keyColumns.length) &&
  job.sourceIdentity === context.sourceIdentity &&
  !isReplaced(context, job) &&
  JSON.stringify(job.options) === JSON.stringify(options);

/** Runs a job. What retention has pruned after it may have taken the way back. */
export async function runToEnd(
  context: Context,
  recipe: RecipeTarget,
  job: JobRecord,
  signal: AbortSignal,
): Promise<JobRecord> {
  const ended = await runJob(context, recipe, job, signal);
  const reversible = context.catalog.jobs.get(ended.id)?.job.reversible ?? ended.job.reversible;
  return { ...ended, job: { ...ended.job, reversible } };
}

/** A job in the catalog, queued. */
export function create(context: Context, target: RecipeTarget, kind: JobKind, options: object): JobRecord {
  const { catalog } = context;
  return catalog.transaction(() =>
    catalog.jobs.create({
      kind,
      entityTypeId: target.entityTypeId,
      recipeId: target.recipeId,
      generationId: null,
      options: { ...options },
      sourceIdentity: context.sourceIdentity,
    }),
  );
}

export async function openRecipes(context: Context, targets: readonly Target[]): Promise<RecipeTarget[]> {
  await openTypes(context, targets);
  return registerRecipes(context, targets);
}

/**
 * Checks every target against the source before anything is written, so that a typing error in one entity type neither
 * leaves a job behind nor comes to light an hour into the run.
 */
export async function openTypes(context: Context, targets: readonly Target[]): Promise<void> {
  for (const target of targets) await context.source.call('openType', target.spec);
}

/** Resolves all models before the first job, for the same reason. */
export async function registerRecipes(context: Context, targets: readonly Target[]): Promise<RecipeTarget[]> {
  const recipes: RecipeTarget[] = [];
  for (const target of targets) {
    recipes.push(await registerRecipe(context.catalog, context.models, target));
  }
  return recipes;
}

export function reportsOf(context: Context, jobs: readonly Job[]): Report[] {
  return jobs.flatMap((job) => {
    const report = job.reportId === null ? null : context.catalog.reports.get(Number(job.reportId));
    return report === null ? [] : [report];
  });
}
