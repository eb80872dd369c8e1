/** Dead letters as jobs walk through them, page by page, and what becomes of those that a pass did not meet. */
import type { DeadLetterReader, LetterEntry } from '../catalog/dead-letters.ts';
import { pack } from '../packed.ts';
import type { JobContext, RecipeTarget, SourceThread } from './context.ts';
import type { Pipeline } from './pipeline.ts';

/** Dead letters read at once. */
const PART_LETTERS = 256;

/** The letters of a type whose rows can be read again; each page is read when the one before has been dealt with. */
export function* letterPages(
  deadLetters: DeadLetterReader,
  entityTypeId: number,
  signal: AbortSignal,
): Generator<LetterEntry[]> {
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
 * itself recorded before it was interrupted. What a person has set aside is not tried, and forgotten where it is gone.
 */
export async function retryLetters(
  context: JobContext,
  target: RecipeTarget,
  pipeline: Pipeline,
  run: { readonly jobId: number; readonly startedAt: number; readonly signal: AbortSignal },
): Promise<void> {
  const { deadLetters } = context.catalog;
  for (const letters of letterPages(deadLetters, target.entityTypeId, run.signal)) {
    const untried = letters.filter(
      (letter) => !letter.excluded && (letter.jobId !== run.jobId || letter.lastAt < run.startedAt),
    );
    await pipeline.process(
      untried.map((letter) => letter.key),
      { fresh: true, again: true },
    );
    await forgetGone(
      context,
      target,
      letters.filter((letter) => letter.excluded),
    );
  }
}

/** Forgets those of these letters whose row is gone: nobody else would, because no job tries them. */
export async function forgetGone(
  { catalog, source }: JobContext,
  target: RecipeTarget,
  excluded: readonly LetterEntry[],
): Promise<void> {
  const present = await presence(source, target.name, excluded);
  const gone = excluded.filter((_letter, i) => present[i] === false);
  if (gone.length === 0) return;
  catalog.transaction(() => {
    for (const letter of gone) catalog.deadLetters.clear(target.entityTypeId, letter.key);
  });
}

/** Whether the row of each letter is there now, without rendering what a person has set aside. */
export async function presence(
  source: SourceThread,
  entityType: string,
  letters: readonly LetterEntry[],
): Promise<boolean[]> {
  if (letters.length === 0) return [];
  const keys = pack(letters.map((letter) => letter.key));
  const checksums = await source.call('checksums', entityType, keys);
  return checksums.map((checksum) => checksum != null);
}
