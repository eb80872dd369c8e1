/** Rebuild: an entity type into a new generation, or what that would take. */
import { orAbort } from '../abort.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { Input, Output, Plan } from '../contract.ts';
import type { Engine } from '../engine.ts';
import type { RecipeTarget, Target } from '../jobs/context.ts';
import { checkDiskSpace } from '../jobs/disk-space.ts';
import { makePlan } from '../jobs/plan.ts';
import { rebuildDiskSpace, type RebuildOptions } from '../jobs/rebuild-job.ts';
import { superseded } from '../jobs/switch-generation.ts';
import { runEach } from './run-each.ts';
import { selectKnownTargets } from './select.ts';
import { canGoOn, create, openRecipes, reportsOf, runToEnd, unheldJobs, type Context } from './job-steps.ts';

export async function rebuild(
  engine: Engine,
  input: Input<'rebuild'>,
  signal: AbortSignal,
): Promise<Output<'rebuild'>> {
  const targets = await selectKnownTargets(engine, [input.entityType]);
  const context = await engine.jobContext(input, signal);
  const { force = false, maxDeletePercent } = input;
  if (input.dryRun === true) {
    return { jobs: [], plans: await rebuildPlans(context, targets, { force, maxDeletePercent }, signal) };
  }
  const options: RebuildOptions = {
    ...(force ? { force } : {}),
    ...(maxDeletePercent === undefined ? {} : { maxDeletePercent }),
  };
  const run = await runEach(await openRecipes(context, targets), signal, async (recipe) => {
    await checkRoom(context, recipe, options, signal);
    // At once: between the job and its turn nobody may take it for one that was left.
    return runToEnd(context, recipe, rebuildJob(context, recipe, options), signal);
  });
  return { ...run, reports: reportsOf(context, run.jobs) };
}

/** An interrupted rebuild of the same recipe, options and source goes on; otherwise a new generation is begun. */
function rebuildJob(context: Context, target: RecipeTarget, options: RebuildOptions): JobRecord {
  const { catalog } = context;
  const resumable = unheldJobs(context, target, 'rebuild');
  const fitting = resumable.find((job) => canGoOn(context, job, target, options));
  if (fitting !== undefined) return fitting;
  catalog.transaction(() => {
    for (const job of resumable) catalog.jobs.cancel(job.id, superseded());
  });
  return create(context, target, 'rebuild', options);
}

/**
 * Before there is a job, and before others give way to it: what finds too little space leaves nothing behind. One that goes
 * on asks for itself, for less.
 * @throws PlumblineError `DISK_SPACE_LOW`.
 */
async function checkRoom(
  context: Context,
  target: RecipeTarget,
  options: RebuildOptions,
  signal: AbortSignal,
): Promise<void> {
  if (unheldJobs(context, target, 'rebuild').some((job) => canGoOn(context, job, target, options))) return;
  const rows = await orAbort(context.source.call('count', target.name), signal);
  const disk = rebuildDiskSpace(context, target, rows, options.force ?? false);
  checkDiskSpace(target.name, context.dataFolder, disk);
}

async function rebuildPlans(
  context: Context,
  targets: readonly Target[],
  options: { readonly force: boolean; readonly maxDeletePercent: number | undefined },
  signal: AbortSignal,
): Promise<Plan[]> {
  const made: Plan[] = [];
  for (const recipe of await openRecipes(context, targets)) {
    made.push(
      await makePlan(context.catalog, context.source, await context.models.embedder(recipe.model), {
        kind: 'rebuild',
        target: recipe,
        recipeId: recipe.recipeId,
        modelId: recipe.modelId,
        maxDeletePercent: options.maxDeletePercent ?? recipe.maxDeletePercent,
        force: options.force,
        disk: (rows) => rebuildDiskSpace(context, recipe, rows, options.force),
        signal,
        onProgress: () => {},
      }),
    );
  }
  return made;
}
