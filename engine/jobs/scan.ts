/**
 * The pass over a whole source that index jobs make: read a page of keys and checksums, leave out what is in sync, send
 * the rest through the pipeline, several windows at a time, and advance the checkpoint behind them.
 */
import { noCounts, type Counts } from '../catalog/jobs.ts';
import { HASH_BYTES } from '../checksum.ts';
import { unpack } from '../packed.ts';
import type { ScanPage } from '../sources/source-host.ts';
import { addCounts, WindowLedger } from './checkpoint.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { isWrittenBy } from './counted.ts';
import { letterFinder } from './letter-finder.ts';
import type { Pipeline } from './pipeline.ts';

/** Rows of one window. Batches are formed inside a window, so it must hold enough texts to sort by length. */
const WINDOW_ROWS = 512;
/** Windows under way at once: one embeds while the next is read and the last is committed. */
const WINDOWS_UNDER_WAY = 3;
/** Longest time that a checkpoint over unchanged rows waits for company. */
const CHECKPOINT_MS = 250;

export interface ScanOptions {
  readonly jobId: number;
  readonly generationId: number;
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Encoded key to go on after; null from the start. */
  readonly after: Uint8Array | null;
  /** Rows to read at most. */
  readonly limit: number;
  /** False to count, and to write checkpoints for, nothing but what is written. */
  readonly counting: boolean;
  /** True for a second look at rows that this job has counted before. */
  readonly again: boolean;
  readonly onProgress: () => void;
}

/** Runs the pass. On abort or error, windows under way end first; what they committed stays. */
export async function scanAndProcess(
  context: JobContext,
  target: RecipeTarget,
  pipeline: Pipeline,
  options: ScanOptions,
): Promise<void> {
  const ledger = options.counting ? new WindowLedger() : null;
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const checkpoints = new CheckpointWriter(context, options.jobId, ledger);
  let after = options.after;
  let left = options.limit;
  try {
    while (left > 0 && failures.length === 0) {
      options.signal.throwIfAborted();
      const page = await context.source.call('scan', target.name, after, Math.min(WINDOW_ROWS, left));
      if (page.count === 0) break;
      const keys = unpack(page.keys);
      const sorted = sortOut(context, target, options, page, keys);
      // What an earlier run of this job has counted is no part of what is left to read.
      left -= page.count - sorted.counted;
      after = keys.at(-1) ?? after;
      const finish = ledger?.begin(keys.at(-1) ?? new Uint8Array());
      const window = pipeline
        .process(sorted.changed, { fresh: false, ledger, again: options.again })
        .then((counts) => {
          finish?.(addCounts(sorted.counts, counts));
          checkpoints.maybe();
          options.onProgress();
        })
        .catch((error: unknown) => void failures.push(error))
        .finally(() => void underWay.delete(window));
      underWay.add(window);
      if (underWay.size >= WINDOWS_UNDER_WAY) await Promise.race(underWay);
    }
  } catch (error) {
    failures.unshift(error);
  }
  await Promise.all(underWay);
  const [failure] = failures;
  // A full disk refuses this too; the next run then reads a little more again, which is all it costs.
  if (failure !== undefined) checkpoints.attempt();
  else checkpoints.flush();
  if (failure !== undefined) throw failure;
}

/** The rows of a page that have to be processed, the counts of the others, and how many this job has counted already. */
function sortOut(
  context: JobContext,
  target: RecipeTarget,
  options: ScanOptions,
  page: ScanPage,
  keys: readonly Buffer[],
): { readonly changed: readonly Buffer[]; readonly counts: Counts; readonly counted: number } {
  const counts = noCounts();
  const changed: Buffer[] = [];
  const letterOf = letterFinder(context.catalog.deadLetters, target.entityTypeId);
  let counted = 0;
  keys.forEach((key, i) => {
    const state = context.catalog.entities.state(options.generationId, key);
    const checksum = page.checksums.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    const inSync = state !== null && state.recipeId === target.recipeId && state.checksum.equals(checksum);
    // What this very job wrote, or gave up on, before it was interrupted was counted then.
    const letter = letterOf(key);
    const failed = letter?.jobId === options.jobId;
    const written = isWrittenBy(context.catalog, options, key, state);
    if (failed || written) counted += 1;
    // What a person has set aside stays as it is.
    const excluded = letter?.excluded === true;
    if (failed || (written && (inSync || excluded))) return;
    if (excluded || (inSync && !options.force)) {
      counts.processed += 1;
      counts.unchanged += 1;
    } else {
      changed.push(key);
    }
  });
  return { changed, counts, counted };
}

/** Persists checkpoints that no data commit took along. */
class CheckpointWriter {
  readonly #context: JobContext;
  readonly #jobId: number;
  readonly #ledger: WindowLedger | null;
  #writtenAt = performance.now();

  constructor(context: JobContext, jobId: number, ledger: WindowLedger | null) {
    this.#context = context;
    this.#jobId = jobId;
    this.#ledger = ledger;
  }

  maybe(): void {
    if (performance.now() - this.#writtenAt >= CHECKPOINT_MS) this.flush();
  }

  flush(): void {
    this.#writtenAt = performance.now();
    const advance = this.#ledger?.take() ?? null;
    if (advance === null) return;
    const { catalog } = this.#context;
    try {
      catalog.transaction(() => {
        catalog.jobs.addCounts(this.#jobId, advance.counts);
        catalog.jobs.setCheckpoint(this.#jobId, advance.checkpoint);
      });
    } catch (error) {
      // A later checkpoint would pass these rows by without having counted them.
      this.#ledger?.giveBack(advance);
      throw error;
    }
  }

  attempt(): void {
    try {
      this.flush();
    } catch {
      // The error that stopped the scan is the one to report.
    }
  }
}
