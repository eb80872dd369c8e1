/** Which generation a job writes to. */
import type { JobRecord } from '../catalog/jobs.ts';
import { PlumblineError } from '../errors.ts';
import { GRAPH_PARAMETERS } from '../graph.ts';
import type { JobContext, RecipeTarget } from './context.ts';

/**
 * The generation that a recipe writes to: the serving one where it is of the same vector space, else one that is built
 * beside it, because two spaces must never meet in one graph.
 */
export function ensureGeneration(context: JobContext, target: RecipeTarget): number {
  const { catalog } = context;
  return catalog.transaction(() => {
    const serving = catalog.generations.serving(target.entityTypeId);
    if (serving?.modelId === target.modelId) return serving.id;
    const building = catalog.generations.building(target.entityTypeId);
    if (building?.modelId === target.modelId) return building.id;
    if (building !== null) catalog.generations.retire(building.id);
    const state = serving === null ? 'serving' : 'building';
    return catalog.generations.create(target.entityTypeId, target.modelId, state, GRAPH_PARAMETERS).id;
  });
}

/**
 * The generation of a job, settled when it first runs and not when it is made: while it waits for its turn, another job may
 * switch.
 * @throws PlumblineError `NOT_RESUMABLE` where another generation has taken the place of the one that the job had begun.
 */
export function generationOf(context: JobContext, job: JobRecord, choose: () => number): number {
  if (job.generationId !== null) {
    if (isReplaced(context, job)) throw generationReplaced(job);
    return job.generationId;
  }
  const generationId = choose();
  context.catalog.transaction(() => context.catalog.jobs.setGeneration(job.id, generationId));
  return generationId;
}

/** Its generation was retired since: what it would write nobody would find. */
export function isReplaced({ catalog }: Pick<JobContext, 'catalog'>, job: JobRecord): boolean {
  return job.generationId !== null && catalog.generations.get(job.generationId).state === 'retired';
}

/** The error for a job whose generation has been replaced since. */
export function generationReplaced(job: JobRecord): PlumblineError {
  return new PlumblineError(
    'NOT_RESUMABLE',
    `job ${job.id} was filling an index of ${job.entityType} that another one has taken the place of since`,
    { hint: `Run \`plumbline index ${job.entityType}\` or \`plumbline rebuild ${job.entityType}\` instead.` },
  );
}
