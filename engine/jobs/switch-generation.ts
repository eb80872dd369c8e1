/** Puts a generation that was built beside the serving one in its place, unless too much would vanish from searches. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import type { JobContext, RecipeTarget } from './context.ts';

/** Entities compared at once. */
const PART_ENTITIES = 10_000;

export interface Switch {
  /** The job that filled the generation, and can be rolled back to the former one. */
  readonly jobId: number;
  readonly generationId: number;
  /** Percent of the serving generation's entities that the new one may lack. */
  readonly maxDeletePercent: number;
  /** The command that takes the cap as its option, where there is one. */
  readonly capCommand?: string;
}

/**
 * One atomic switch; nothing happens where the generation serves already. What the serving one has and the new one lacks is
 * gone from the source, or failed: beyond the deletion cap that looks like a truncated source or a broken model. Unfinished
 * jobs that write to the former generation end: their work has no place to go.
 * @throws PlumblineError `DELETE_CAP_EXCEEDED`; the serving generation goes on answering searches.
 */
export async function switchGeneration(
  { catalog }: JobContext,
  target: RecipeTarget,
  { jobId, generationId, maxDeletePercent, capCommand }: Switch,
): Promise<void> {
  const serving = catalog.generations.serving(target.entityTypeId);
  if (serving?.id === generationId) return;
  const vanishing = serving === null ? 0 : await countVanishing(catalog, serving.id, generationId);
  const percent = vanishing === 0 ? 0 : (100 * vanishing) / (serving?.entities ?? vanishing);
  if (percent > maxDeletePercent) {
    throw new PlumblineError(
      'DELETE_CAP_EXCEEDED',
      `${target.name}: ${vanishing} of ${serving?.entities} indexed entities are not in the new index ` +
        `(${percent.toFixed(1)} %, the cap is ${maxDeletePercent} %); the former index goes on answering searches`,
      {
        hint: `Check that the source is complete and look at \`plumbline dead-letters\`; then run the command again. If they are to go, ${
          capCommand === undefined
            ? 'raise maxDeletePercent in plumbline.yaml.'
            : `\`${capCommand} --max-delete ${Math.ceil(percent)}%\` lets them.`
        }`,
        details: { vanishing, percent, maxDeletePercent },
      },
    );
  }
  catalog.transaction(() => {
    catalog.generations.switchTo(generationId);
    if (serving === null) return;
    catalog.jobs.setSwitch(jobId, generationId, serving.id);
    for (const job of catalog.jobs.openOn(serving.id)) catalog.jobs.cancel(job.id, superseded(jobId));
  });
}

/** Searches get their turn between the pages. */
async function countVanishing({ generations }: ReadableCatalog, from: number, to: number): Promise<number> {
  let vanishing = 0;
  for (let after: Uint8Array = new Uint8Array(); ;) {
    const { missing, last } = generations.countMissing(from, to, after, PART_ENTITIES);
    if (last === null) return vanishing;
    vanishing += missing;
    after = last;
    await letOthersRun();
  }
}

/** Why an unfinished job was ended by another one. */
export function superseded(by?: number) {
  const message = by === undefined ? 'a newer job took its place' : `job ${by} took its place`;
  return { code: 'SUPERSEDED', message, hint: null, retryable: false, exitCode: EXIT.interrupted };
}
