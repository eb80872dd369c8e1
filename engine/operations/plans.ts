/** What index and repair would do, type by type. */
import type { Plan, Report } from '../contract.ts';
import { PlumblineError } from '../errors.ts';
import type { Target } from '../jobs/context.ts';
import { makePlan } from '../jobs/plan.ts';
import { needsDeep } from '../jobs/repair-job.ts';
import { findRecipe } from '../jobs/targets.ts';
import { openTypes, type Context } from './job-steps.ts';

export async function plans(
  context: Context,
  targets: readonly Target[],
  kind: 'index' | 'repair',
  input: { readonly maxDeletePercent?: number | undefined; readonly deep?: boolean | undefined },
  signal: AbortSignal,
): Promise<Plan[]> {
  const made: Plan[] = [];
  await openTypes(context, targets);
  for (const target of targets) {
    const { modelId, recipeId } = await findRecipe(context.catalog, context.models, target);
    made.push(
      await makePlan(context.catalog, context.source, await context.models.embedder(target.model), {
        kind,
        target,
        recipeId,
        modelId,
        maxDeletePercent: input.maxDeletePercent ?? target.maxDeletePercent,
        ...(kind === 'repair' ? knownOfIndex(context, target, input.deep) : {}),
        signal,
        onProgress: () => {},
      }),
    );
  }
  return made;
}

/**
 * What a repair would put right in the index: a plan does not look into it, but knows what the latest deep validation found.
 * @throws PlumblineError `NOT_VALIDATED` where a deep plan is asked for and there was none.
 */
function knownOfIndex(
  { catalog }: Context,
  target: Target,
  deep: boolean | undefined,
): { readonly index?: Report } {
  const latest = catalog.reports.latestDeep(target.name);
  if (deep === true && latest === null) {
    throw new PlumblineError('NOT_VALIDATED', `${target.name} was never validated deeply`, {
      hint: `Run \`plumbline validate ${target.name} --deep\` first: a plan lists what it found.`,
    });
  }
  return latest !== null && (deep ?? needsDeep(latest)) ? { index: latest } : {};
}
