/** Dead letters as jobs walk through them, page by page, and what becomes of those that a pass did not meet. */
import type { AddressableLetter, DeadLetterReader } from '../catalog/dead-letters.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import type { Pipeline } from './pipeline.ts';

/** Dead letters read at once. */
const PART_LETTERS = 256;

/** The letters of a type whose rows can be read again; each page is read when the one before has been dealt with. */
export function* letterPages(
  deadLetters: DeadLetterReader,
  entityTypeId: number,
  signal: AbortSignal,
): Generator<AddressableLetter[]> {
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const letters = deadLetters.addressable(entityTypeId, after, PART_LETTERS);
    const last = letters.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield letters;
  }
}

/**
 * Dead letters that this run of the job has not tried: of rows that are well by now, or gone, and those that the job
 * itself recorded before it was interrupted.
 */
export async function retryLetters(
  context: JobContext,
  target: RecipeTarget,
  pipeline: Pipeline,
  run: { readonly jobId: number; readonly startedAt: number; readonly signal: AbortSignal },
): Promise<void> {
  const { deadLetters } = context.catalog;
  for (const letters of letterPages(deadLetters, target.entityTypeId, run.signal)) {
    const untried = letters.filter((letter) => letter.jobId !== run.jobId || letter.lastAt < run.startedAt);
    await pipeline.process(
      untried.map((letter) => letter.key),
      { fresh: true, again: true },
    );
  }
}
