/** Rollback: takes back what a job did. Needs the catalog alone: the source, the type's configuration may be gone. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { Input, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { JobContext } from '../jobs/context.ts';
import { planRollback, rolledBack, type RollbackOptions, type RollbackPlan } from '../jobs/rollback-plan.ts';
import { runJob } from '../jobs/runner.ts';
import { findRecipe, selectTargets, unknownType } from '../jobs/targets.ts';
import { findJob } from './read.ts';
import { runEach } from './run-each.ts';

export async function rollback(
  engine: Engine,
  input: Input<'rollback'>,
  signal: AbortSignal,
): Promise<Output<'rollback'>> {
  const context = engine.catalogJobContext({});
  const { catalog } = context;
  const undone = findJob(catalog, input.job);
  const { force = false } = input;
  const unfinished = catalog.jobs
    .resumable(undone.entityTypeId, 'rollback')
    .find((job) => (job.options as unknown as RollbackOptions).ofJob === undone.id);
  if (unfinished !== undefined) return run(context, unfinished, signal);
  const plan = await planRollback(catalog, undone, { force, by: 0, signal });
  if (!force) await checkRecipe(engine, undone, plan);
  return run(context, rollbackJob(context, undone, force), signal);
}

/** Continues an interrupted rollback. */
export function resumeRollback(
  engine: Engine,
  job: JobRecord,
  signal: AbortSignal,
): Promise<Output<'rollback'>> {
  return run(engine.catalogJobContext({}), job, signal);
}

function run(context: JobContext, job: JobRecord, signal: AbortSignal): Promise<Output<'rollback'>> {
  return runEach([{ name: job.entityType }], signal, () => runJob(context, null, job, signal));
}

/** The job, and the end of what it takes back: that cannot go on any more. */
function rollbackJob({ catalog }: JobContext, undone: JobRecord, force: boolean): JobRecord {
  const options: RollbackOptions = { ofJob: undone.id, ...(force ? { force } : {}) };
  return catalog.transaction(() => {
    if (undone.state === 'interrupted' || undone.state === 'paused')
      catalog.jobs.cancel(undone.id, rolledBack(undone));
    return catalog.jobs.create({
      kind: 'rollback',
      entityTypeId: undone.entityTypeId,
      recipeId: undone.recipeId,
      generationId: undone.generationId,
      options: { ...options },
      sourceIdentity: null,
    });
  });
}

/**
 * A rollback must not bring back, unasked, what today's configuration calls outdated.
 * @throws PlumblineError `RECIPE_CHANGED` where neither the job nor what it replaced was made with today's recipe.
 */
async function checkRecipe(engine: Engine, undone: JobRecord, plan: RollbackPlan): Promise<void> {
  if (plan.kind === 'abandon') return;
  const today = await todaysRecipe(engine, undone.entityType);
  if (today instanceof PlumblineError) throw recipeUnknown(engine, undone, today);
  if (today.recipeId === undone.recipeId) return;
  if (restoresTodays(engine, undone, plan, today)) return;
  throw new PlumblineError(
    'RECIPE_CHANGED',
    `${undone.entityType} has another template, chunking or model now than when job ${undone.id} ran: what a rollback brings back would be outdated`,
    {
      hint: `Bring the former configuration back, or use --force; \`plumbline index ${undone.entityType}\` embeds with today's. Nothing was changed.`,
    },
  );
}

type Recipe = { readonly modelId: number | null; readonly recipeId: number | null };

/** Or why there is none: the type is not selected any more, or its model not there. */
async function todaysRecipe(engine: Engine, entityType: string): Promise<Recipe | PlumblineError> {
  try {
    const [target] = selectTargets(engine.config, [entityType]);
    if (target === undefined) throw unknownType(engine.config, entityType);
    return await findRecipe(engine.catalog, engine.models, target);
  } catch (error) {
    if (error instanceof PlumblineError) return error;
    throw error;
  }
}

function recipeUnknown(engine: Engine, { id, entityType }: JobRecord, cause: PlumblineError): PlumblineError {
  const isSelected = Object.hasOwn(engine.config.entityTypes, entityType);
  const why = isSelected
    ? `the model of ${entityType} cannot be used (${cause.message})`
    : `${entityType} is not selected in plumbline.yaml any more`;
  return new PlumblineError(
    'RECIPE_CHANGED',
    `${why}: whether what a rollback of job ${id} brings back would be outdated cannot be told`,
    {
      hint: `Bring ${isSelected ? 'the model' : 'the entity type'} back, or use --force. Nothing was changed.`,
      cause,
    },
  );
}

function restoresTodays(engine: Engine, undone: JobRecord, plan: RollbackPlan, today: Recipe): boolean {
  const { generations, undo } = engine.catalog;
  if (plan.kind === 'switch') return generations.get(plan.to).modelId === today.modelId;
  return today.recipeId !== null && !undo.restoresOtherRecipe(undone.id, today.recipeId);
}
