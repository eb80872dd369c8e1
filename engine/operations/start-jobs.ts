/** Operations that start jobs: index, validate, check, retry and resume. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import { configuredPolicy } from '../config.ts';
import type { Input, JobKind, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { RecipeTarget, Target } from '../jobs/context.ts';
import { resolveKeys, type IndexOptions } from '../jobs/index-job.ts';
import { generationReplaced, isReplaced } from '../jobs/job-generation.ts';
import { checkRetry, type RetryOptions } from '../jobs/retry-job.ts';
import { sourceReplaced } from '../jobs/same-source.ts';
import { superseded } from '../jobs/switch-generation.ts';
import type { ValidateOptions } from '../jobs/validation.ts';
import { brokenRules, DEFAULT_POLICY, parsePolicy, requireDeep, type Rule } from '../policy.ts';
import {
  canGoOn,
  create,
  openRecipes,
  openTypes,
  registerRecipes,
  reportsOf,
  runToEnd,
  unheldJobs,
  type Context,
} from './job-steps.ts';
import { plans } from './plans.ts';
import { findJob } from './read.ts';
import { resumeRollback } from './rollback.ts';
import { runEach } from './run-each.ts';
import { selectKnownTargets } from './select.ts';

export async function index(
  engine: Engine,
  input: Input<'index'>,
  signal: AbortSignal,
): Promise<Output<'index'>> {
  const targets = await selectKnownTargets(engine, input.entityTypes);
  if (input.keys !== undefined && targets.length !== 1) {
    throw new PlumblineError('USAGE', '--key needs exactly one entity type', {
      hint: 'For example: plumbline index products --key SKU-4711',
    });
  }
  const options = indexOptions(input);
  if (input.dryRun === true && Object.keys(options).length > 0) {
    throw new PlumblineError('USAGE', 'a dry run plans whole entity types', {
      hint: 'Leave out --dry-run, or --key, --limit and --force.',
    });
  }
  const context = await engine.jobContext(input, signal, surelyNeeded(engine.catalog, targets));
  if (input.dryRun === true) return { jobs: [], plans: await plans(context, targets, 'index', {}, signal) };
  await openTypes(context, targets);
  for (const target of input.keys === undefined ? [] : targets)
    await resolveKeys(context.source, target, input.keys ?? []);
  return runEach(await registerRecipes(context, targets), signal, async (recipe) =>
    runToEnd(context, recipe, indexJob(context, recipe, options), signal),
  );
}

/** Models of types that an index job will surely embed: those never indexed, and those whose last one stopped on its way. */
function surelyNeeded({ generations, jobs }: ReadableCatalog, targets: readonly Target[]): string[] {
  const needed = targets.filter(({ name }) => {
    const typeId = generations.typeId(name);
    return (
      typeId === null || generations.serving(typeId) === null || jobs.resumable(typeId, 'index').length > 0
    );
  });
  return needed.map(({ model }) => model);
}

function indexOptions(input: Input<'index'>): IndexOptions {
  return {
    ...(input.keys === undefined ? {} : { keys: input.keys }),
    ...(input.limit === undefined ? {} : { limit: input.limit }),
    ...(input.force === true ? { force: true } : {}),
  };
}

/**
 * The job to run: an interrupted one of the same type, recipe, options and source goes on; other interrupted ones give way
 * to a new one. A run of single keys leaves interrupted whole runs alone.
 */
function indexJob(context: Context, target: RecipeTarget, options: IndexOptions): JobRecord {
  const { catalog } = context;
  const resumable =
    options.keys === undefined
      ? unheldJobs(context, target, 'index').filter((job) => !('keys' in job.options))
      : [];
  const fitting = resumable.find((job) => canGoOn(context, job, target, options));
  catalog.transaction(() => {
    for (const job of resumable.filter((other) => other !== fitting))
      catalog.jobs.cancel(job.id, superseded());
  });
  return fitting ?? create(context, target, 'index', options);
}

export async function validate(
  engine: Engine,
  input: Input<'validate'>,
  signal: AbortSignal,
): Promise<Output<'validate'>> {
  const targets = await selectKnownTargets(engine, input.entityTypes);
  const context = await engine.jobContext({}, signal);
  const recipes = await openRecipes(context, targets);
  const options: ValidateOptions = input.deep === true ? { deep: true } : {};
  const run = await runEach(recipes, signal, async (recipe) =>
    runToEnd(context, recipe, create(context, recipe, 'validate', options), signal),
  );
  return { reports: reportsOf(context, run.jobs), ...run };
}

export async function check(
  engine: Engine,
  input: Input<'check'>,
  signal: AbortSignal,
): Promise<Output<'check'>> {
  // Read before anything runs: a mistake in the rules should not cost a validation.
  const rules = (name: string): Rule[] =>
    parsePolicy(input.failOn ?? configuredPolicy(engine.config, name) ?? DEFAULT_POLICY);
  const { entityTypes = [], deep = false } = input;
  const isNamed = (name: string): boolean => entityTypes.length === 0 || entityTypes.includes(name);
  for (const name of Object.keys(engine.config.entityTypes)) {
    const parsed = rules(name);
    if (!deep && isNamed(name)) requireDeep(parsed);
  }
  const output = await validate(engine, { entityTypes, deep }, signal);
  return {
    ...output,
    broken: output.reports.flatMap((report) => brokenRules(report, rules(report.entityType))),
  };
}

export async function retry(
  engine: Engine,
  input: Input<'retry'>,
  signal: AbortSignal,
): Promise<Output<'retry'>> {
  const isJob = /^\d+$/.test(input.target) && !Object.hasOwn(engine.config.entityTypes, input.target);
  const job = isJob ? findJob(engine.catalog, input.target) : null;
  const targets = await selectKnownTargets(engine, [job?.entityType ?? input.target]);
  const options: RetryOptions = {
    ...(job === null ? {} : { ofJob: job.id }),
    ...(input.keys === undefined ? {} : { keys: input.keys }),
    ...(input.code === undefined ? {} : { code: input.code }),
  };
  for (const { name } of targets) checkRetry(engine.catalog, name, options);
  const needed = targets.map(({ model }) => model);
  const context = await engine.jobContext({}, signal, needed);
  return runEach(await openRecipes(context, targets), signal, async (recipe) =>
    runToEnd(context, recipe, create(context, recipe, 'retry', options), signal),
  );
}

export async function resume(
  engine: Engine,
  input: Input<'resume'>,
  signal: AbortSignal,
): Promise<Output<'resume'>> {
  const job = findJob(engine.catalog, input.job);
  if (job.state !== 'interrupted' && job.state !== 'queued' && job.state !== 'paused') {
    throw new PlumblineError(
      'NOT_RESUMABLE',
      `job ${job.id} is ${job.state}; only interrupted and paused jobs can be resumed`,
      {
        hint: '`plumbline jobs --state interrupted` and `plumbline jobs --state paused` list them.',
      },
    );
  }
  if (job.kind === 'rollback') return resumeRollback(engine, job, signal);
  const targets = await selectKnownTargets(engine, [job.entityType]);
  const needed = job.kind === 'validate' ? [] : targets.map(({ model }) => model);
  const context = await engine.jobContext({}, signal, needed);
  if (job.sourceIdentity !== null && job.sourceIdentity !== context.sourceIdentity)
    throw sourceReplaced(job.entityType);
  const run = await runEach(await openRecipes(context, targets), signal, async (recipe) => {
    checkSameRecipe(job, recipe);
    if (isReplaced(context, job)) throw generationReplaced(job);
    return runToEnd(context, recipe, job, signal);
  });
  const reports = reportsOf(context, run.jobs);
  return reports.length === 0 ? run : { ...run, reports };
}

/** What does with today's recipe what a job of this kind was to do. */
const VERB_ANEW: Readonly<Partial<Record<JobKind, string>>> = {
  validate: 'validate',
  repair: 'fix-drift',
  rebuild: 'rebuild',
};

function checkSameRecipe(job: JobRecord, target: RecipeTarget): void {
  if (job.recipeId === target.recipeId) return;
  throw new PlumblineError(
    'RECIPE_CHANGED',
    `job ${job.id} was started with another template, chunking or model than plumbline.yaml has now`,
    {
      hint: `Run \`plumbline ${VERB_ANEW[job.kind] ?? 'index'} ${target.name}\` instead: it goes by today's recipe.`,
    },
  );
}
