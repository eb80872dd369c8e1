/** Puts a generation that was built beside the serving one in its place, unless too much would vanish from searches. */
import { PlumblineError } from '../errors.ts';
import type { JobContext, RecipeTarget } from './context.ts';

/**
 * One atomic switch; nothing happens where the generation serves already. What the serving one has and the new one lacks is
 * gone from the source, or failed: beyond the deletion cap that looks like a truncated source or a broken model.
 * @throws PlumblineError `DELETE_CAP_EXCEEDED`; the serving generation goes on answering searches.
 */
export function switchGeneration(
  { catalog }: JobContext,
  target: RecipeTarget,
  generationId: number,
  maxDeletePercent: number,
): void {
  const serving = catalog.generations.serving(target.entityTypeId);
  if (serving?.id === generationId) return;
  const vanishing = serving === null ? 0 : catalog.generations.countMissing(serving.id, generationId);
  const percent = vanishing === 0 ? 0 : (100 * vanishing) / (serving?.entities ?? vanishing);
  if (percent > maxDeletePercent) {
    throw new PlumblineError(
      'DELETE_CAP_EXCEEDED',
      `${target.name}: ${vanishing} of ${serving?.entities} indexed entities are not among those embedded with the new model ` +
        `(${percent.toFixed(1)} %, the cap is ${maxDeletePercent} %); the index of the former model goes on answering searches`,
      {
        hint: 'Check that the source is complete and look at `plumbline dead-letters`; then run the command again. If they are to go, raise maxDeletePercent in plumbline.yaml.',
        details: { vanishing, percent, maxDeletePercent },
      },
    );
  }
  catalog.transaction(() => catalog.generations.switchTo(generationId));
}
