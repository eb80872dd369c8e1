/** Retry: the dead letters of a type, those that one job left, or some of them, read again and processed in batches. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import { NULL_KEY, type LetterEntry } from '../catalog/dead-letters.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import { PlumblineError } from '../errors.ts';
import { decodeKey, formatKey } from '../key.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import type { RunOptions } from './index-job.ts';
import { Pipeline } from './pipeline.ts';
import { ensureGeneration } from './job-generation.ts';
import { findLetters, nameKeys, noSuchLetter } from './letter-keys.ts';
import { forgetGone, letterPages } from './letters.ts';
import { recordNullKeys } from './null-keys.ts';

/** What a retry was asked to do; kept with the job, so that resume does the same. */
export interface RetryOptions {
  /** Only what this job recorded; undefined for all of the type. */
  readonly ofJob?: number;
  /** External forms; undefined for all. */
  readonly keys?: readonly string[];
  readonly code?: string;
}

/** Keys handled at once. */
const PART_KEYS = 256;

/**
 * @throws PlumblineError `KEY_UNKNOWN` or `EXCLUDED`, naming the keys that cannot be retried, before anything is written.
 */
export function checkRetry(
  { deadLetters, generations }: ReadableCatalog,
  entityType: string,
  options: RetryOptions,
): void {
  if (options.keys === undefined) return;
  const isMeant = (letter: LetterEntry): boolean => isChosen(letter, options);
  const typeId = generations.typeId(entityType);
  const { letters, unknown } = findLetters(deadLetters, typeId, options.keys, isMeant);
  if (unknown.length > 0) throw noSuchLetter(entityType, unknown);
  const excluded = letters
    .filter((letter) => letter.excluded)
    .map((letter) => formatKey(decodeKey(letter.key)));
  if (excluded.length === 0) return;
  throw new PlumblineError(
    'EXCLUDED',
    `${entityType}: ${nameKeys(excluded)} was excluded; nothing was changed`,
    {
      hint: `\`plumbline include ${entityType} --key ${excluded[0]}\` takes it back; then it can be retried.`,
    },
  );
}

const isChosen = (letter: LetterEntry, { ofJob, code }: RetryOptions): boolean =>
  letter.jobId === (ofJob ?? letter.jobId) && letter.code === (code ?? letter.code);

export async function runRetry(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  const { catalog } = context;
  const generationId = ensureGeneration(context, target);
  const pipeline = new Pipeline(context, target, {
    jobId: job.id,
    generationId,
    force: false,
    signal: run.signal,
  });
  const options = job.options as RetryOptions;
  const pass = choose(context, target, job, options, run.signal);
  catalog.transaction(() => catalog.jobs.setTotal(job.id, job.job.processed + pass.count));
  for (const letters of pass.pages()) {
    const tried = letters.filter((letter) => !letter.excluded);
    const quiet = await pipeline.process(
      tried.map((letter) => letter.key),
      { fresh: true },
    );
    catalog.transaction(() => catalog.jobs.addCounts(job.id, quiet));
    const excluded = letters.filter((letter) => letter.excluded);
    await forgetGone(context, target, excluded);
    run.onProgress();
  }
  if (pass.nullKeys === 'all') await recordNullKeys(context, target, job.id, run.signal);
  else if (pass.nullKeys.length > 0) await recordNullKeys(context, target, job.id, run.signal, pass.nullKeys);
  await context.follower.settle(generationId);
}

/** What a retry is about, as it goes through it. */
interface Choice {
  /** Letters that are to be tried. */
  readonly count: number;
  /** Those whose rows can be read again, and excluded ones that the retry passes by. */
  readonly pages: () => Iterable<readonly LetterEntry[]>;
  /** Rows that cannot be read one by one: all, or those of these keys. */
  readonly nullKeys: 'all' | readonly Uint8Array[];
}

function choose(
  { catalog }: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  options: RetryOptions,
  signal: AbortSignal,
): Choice {
  const { deadLetters } = catalog;
  const { entityTypeId } = target;
  // What this job itself recorded was tried by it already, before it was interrupted.
  const isLeft = (letter: LetterEntry): boolean => letter.jobId !== job.id && isChosen(letter, options);
  if (options.keys !== undefined) {
    // Of a resumed job's, those that are well by now are no letters any more.
    const { letters } = findLetters(deadLetters, entityTypeId, options.keys, isLeft);
    const [nullKeys, others] = partition(letters, (letter) => letter.code === NULL_KEY);
    return {
      count: letters.filter((letter) => !letter.excluded).length,
      pages: () => parts(others, PART_KEYS),
      nullKeys: nullKeys.map((letter) => letter.key),
    };
  }
  const { ofJob, code } = options;
  const choice = { entityTypeId, ofJob, code, notOfJob: job.id };
  const hasNullKeys =
    (code ?? NULL_KEY) === NULL_KEY &&
    (ofJob === undefined || deadLetters.countChosen({ ...choice, code: NULL_KEY }) > 0);
  return {
    count: deadLetters.countChosen(choice),
    *pages() {
      for (const letters of letterPages(deadLetters, entityTypeId, signal)) yield letters.filter(isLeft);
    },
    nullKeys: hasNullKeys ? 'all' : [],
  };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
