/** Index: adds what is missing and re-embeds what is stale or outdated. Never deletes. */
import type { JobRecord } from '../catalog/jobs.ts';
import { PlumblineError } from '../errors.ts';
import { encodeKey, parseKeyCandidates } from '../key.ts';
import { pack } from '../packed.ts';
import type { JobContext, RecipeTarget, SourceThread, Target } from './context.ts';
import { ensureGeneration, generationOf } from './job-generation.ts';
import { retryLetters } from './letters.ts';
import { recordNullKeys } from './null-keys.ts';
import { Pipeline } from './pipeline.ts';
import { switchGeneration } from './switch-generation.ts';
import { scanAndProcess } from './scan.ts';

/** What an index job was asked to do; kept with the job, so that resume does the same. */
export interface IndexOptions {
  /** External forms; undefined for the whole source. */
  readonly keys?: readonly string[];
  readonly limit?: number;
  readonly force?: boolean;
}

/** Keys handled at once. */
const PART_KEYS = 256;

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Called often. `rows`: rows read by a pass whose progress the catalog does not keep. */
  readonly onProgress: (rows?: number) => void;
}

export async function runIndex(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  run: RunOptions,
): Promise<void> {
  const options = job.options as IndexOptions;
  const generationId = generationOf(context, job, () => ensureGeneration(context, target));
  const pipeline = new Pipeline(context, target, {
    jobId: job.id,
    generationId,
    force: options.force ?? false,
    signal: run.signal,
  });
  if (options.keys !== undefined) {
    await indexKeys(context, target, job, pipeline, options.keys, run);
  } else {
    await indexAll(context, target, job, pipeline, generationId, options, run);
  }
  await context.follower.settle(generationId);
}

async function indexAll(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  pipeline: Pipeline,
  generationId: number,
  options: IndexOptions,
  run: RunOptions,
): Promise<void> {
  const { catalog, source } = context;
  const startedAt = Date.now();
  await source.call('proveKey', target.name);
  const rows = await source.call('count', target.name);
  catalog.transaction(() => catalog.jobs.setTotal(job.id, Math.min(rows, options.limit ?? rows)));
  run.onProgress();
  const pass = {
    jobId: job.id,
    generationId,
    force: options.force ?? false,
    signal: run.signal,
    onProgress: run.onProgress,
  };
  const limit = (options.limit ?? Infinity) - job.job.processed;
  await scanAndProcess(context, target, pipeline, {
    ...pass,
    after: job.checkpoint,
    limit,
    counting: true,
    again: false,
  });
  if (options.limit !== undefined) return;
  // What was read before an interruption may have changed since; the second look costs a read of keys and checksums.
  if (job.checkpoint !== null) {
    const again = { ...pass, force: false, after: null, limit: Infinity, counting: false, again: true };
    await scanAndProcess(context, target, pipeline, again);
  }
  await recordNullKeys(context, target, job.id, run.signal);
  await retryLetters(context, target, pipeline, { jobId: job.id, startedAt, signal: run.signal });
  const { maxDeletePercent } = target;
  await switchGeneration(context, target, { jobId: job.id, generationId, maxDeletePercent });
}

async function indexKeys(
  context: JobContext,
  target: RecipeTarget,
  job: JobRecord,
  pipeline: Pipeline,
  forms: readonly string[],
  run: RunOptions,
): Promise<void> {
  const { catalog } = context;
  const keys = await resolveKeys(context.source, target, forms);
  catalog.transaction(() => catalog.jobs.setTotal(job.id, keys.length));
  // Those that this job has counted before it was interrupted are looked at again, and counted only where they moved.
  const counted = keys.findIndex((key) => job.checkpoint?.equals(key) === true) + 1;
  for (let from = 0, to = 0; from < keys.length; from = to) {
    run.signal.throwIfAborted();
    const again = from < counted;
    to = Math.min(from + PART_KEYS, again ? counted : keys.length);
    const quiet = await pipeline.process(keys.slice(from, to), { fresh: true, again });
    const last = keys[to - 1];
    if (!again && last !== undefined) {
      catalog.transaction(() => {
        catalog.jobs.addCounts(job.id, quiet);
        catalog.jobs.setCheckpoint(job.id, last);
      });
    }
    run.onProgress();
  }
}

/**
 * The typed keys that external forms mean: those that exist in the source.
 * @throws PlumblineError `KEY_UNKNOWN`, naming those that do not, before anything is written.
 */
export async function resolveKeys(
  source: SourceThread,
  target: Target,
  forms: readonly string[],
): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>();
  const unknown: string[] = [];
  for (const form of new Set(forms)) {
    const candidates = parseKeyCandidates(form, target.spec.keyColumns.length).map(encodeKey);
    const rows = await source.call('checksums', target.name, pack(candidates));
    const existing = candidates.filter((_candidate, i) => rows[i] != null);
    for (const key of existing) found.set(Buffer.from(key).toString('hex'), key);
    if (existing.length === 0) unknown.push(form);
  }
  if (unknown.length === 0) return [...found.values()];
  throw unknownKeys(target, unknown);
}

/** The error for external forms that no row of the source has as its key. */
export function unknownKeys(target: Target, unknown: readonly string[]): PlumblineError {
  const columns = target.spec.keyColumns;
  return new PlumblineError(
    'KEY_UNKNOWN',
    `${target.name} has no row with key ${unknown.slice(0, 5).join(', ')}`,
    {
      hint:
        columns.length === 1
          ? `Give the value of ${columns[0]} as it is (blobs in hex).`
          : `Give a JSON array of ${columns.join(', ')}, for example ["a",7].`,
    },
  );
}
