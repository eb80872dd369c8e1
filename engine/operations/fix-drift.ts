/** Repairs: of whole entity types, or of the items that a person has chosen from the latest report of one. */
import type { Input, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { RepairOptions } from '../jobs/apply-repairs.ts';
import { makeChosenPlan } from '../jobs/chosen-plan.ts';
import type { Target } from '../jobs/context.ts';
import { chooseItems, isChosen, notReported } from '../jobs/repair-choice.ts';
import { checkSameModel } from '../jobs/repair-job.ts';
import { findRecipe } from '../jobs/targets.ts';
import { latestReport } from './drift.ts';
import { runEach } from './run-each.ts';
import { selectKnownTargets } from './select.ts';
import { create, openRecipes, openTypes, registerRecipes, reportsOf, runToEnd } from './job-steps.ts';
import { plans } from './plans.ts';

export async function fixDrift(
  engine: Engine,
  input: Input<'fixDrift'>,
  signal: AbortSignal,
): Promise<Output<'fixDrift'>> {
  const targets = await selectKnownTargets(engine, input.entityTypes);
  if (isChosen(input)) return fixChosen(engine, targets, input, signal);
  const context = await engine.jobContext(input, signal);
  if (input.dryRun === true) {
    return { jobs: [], plans: await plans(context, targets, 'repair', input, signal) };
  }
  const recipes = await openRecipes(context, targets);
  const { maxDeletePercent, deep } = input;
  const options: RepairOptions = {
    ...(maxDeletePercent === undefined ? {} : { maxDeletePercent }),
    ...(deep === undefined ? {} : { deep }),
  };
  const run = await runEach(recipes, signal, async (recipe) =>
    runToEnd(context, recipe, create(context, recipe, 'repair', options), signal),
  );
  return { ...run, reports: reportsOf(context, run.jobs) };
}

/**
 * Repairs chosen items of the latest report.
 * @throws PlumblineError `USAGE`, `NOT_VALIDATED`, `MODEL_CHANGED`; `KEY_UNKNOWN`, naming the keys that the report does not name.
 */
async function fixChosen(
  engine: Engine,
  targets: readonly Target[],
  input: Input<'fixDrift'>,
  signal: AbortSignal,
): Promise<Output<'fixDrift'>> {
  const [target] = targets;
  if (target === undefined || input.entityTypes?.length !== 1) {
    throw new PlumblineError('USAGE', 'chosen keys and classes need exactly one entity type', {
      hint: 'For example: plumbline fix-drift products --key SKU-4711',
    });
  }
  if (input.deep !== undefined) {
    throw new PlumblineError('USAGE', 'a deep look is one at whole entity types', {
      hint: 'Leave out --deep, or --key and --class: what was found deeply is looked at deeply afterwards.',
    });
  }
  const { id: reportId, report } = latestReport(engine, target.name);
  const { keys, maxDeletePercent = target.maxDeletePercent } = input;
  const chosen = await chooseItems(engine.catalog.reports, reportId, target.spec.keyColumns.length, input);
  if (chosen.unknown.length > 0) throw notReported(target.name, chosen.unknown, input.classes);
  const context = await engine.jobContext(input, signal);
  await openTypes(context, [target]);
  const { modelId } = await findRecipe(context.catalog, context.models, target);
  checkSameModel(context, target.name, modelId);
  if (input.dryRun === true) {
    const embedder = await context.models.embedder(target.model);
    const plan = { target, modelId, maxDeletePercent, reportId, report, choice: chosen.choice, signal };
    return { jobs: [], plans: [await makeChosenPlan(context.catalog, context.source, embedder, plan)] };
  }
  const options: RepairOptions = {
    ...(input.maxDeletePercent === undefined ? {} : { maxDeletePercent }),
    ...(keys === undefined ? {} : { keys: [...new Set(keys)], keyClasses: chosen.keyClasses }),
    classes: chosen.classes,
  };
  const run = await runEach(await registerRecipes(context, [target]), signal, async (recipe) =>
    runToEnd(context, recipe, create(context, recipe, 'repair', options), signal),
  );
  return { ...run, reports: reportsOf(context, run.jobs) };
}
