/** {@link Embedder} over a pool of worker threads. Decides what runs where and what to do when it fails. */
import { setTimeout as wait } from 'node:timers/promises';
import { fromErrorData, PlumblineError, toErrorData } from '../errors.ts';
import type { Chunking } from '../recipe.ts';
import { openThreads, type Threads } from '../threads.ts';
import { paddedTokenBudget, planBatches } from './batches.ts';
import type { EmbedHost, EmbeddedBatch, PackedSpans, WorkerModel } from './embed-host.ts';
import type {
  ChunkSpan,
  Embedder,
  EmbedItem,
  EmbedOutcome,
  EmbedRetry,
  EmbedStats,
  ModelInfo,
} from './embedder.ts';
import { openGate, type Gate } from './gate.ts';
import { afterFailure, backoffMs, isFinal } from './retry.ts';

export interface EmbedderOptions {
  readonly model: ModelInfo;
  /** The worker file that serves `createEmbedHost`. */
  readonly workerUrl: URL;
  /** Threads; see {@link defaultWorkers}. */
  readonly workers: number;
  /** Texts per batch, at most. Default {@link DEFAULT_BATCH_SIZE}; the bound on padded tokens is found by measuring the model. */
  readonly batchSize?: number;
  /** The clock and the dice, for tests. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/** Short texts only: long ones meet the bound on padded tokens first. */
export const DEFAULT_BATCH_SIZE = 128;
/** One batch runs and one waits at each worker, so that none idles while the engine thread writes. */
const BATCHES_PER_WORKER = 2;
/** What one call to split takes, at most: enough to make the call worth while, little enough to share out. */
const MAX_SPLIT_CHARS = 64 * 1024;
const MAX_SPLIT_TEXTS = 256;

/**
 * Workers for a machine of so many cores: one core stays for the engine and the source thread, and beyond four workers
 * memory (a session each) grows faster than speed.
 */
export function defaultWorkers(cores: number): number {
  return Math.max(1, Math.min(4, cores - 1));
}

/**
 * Starts the workers and loads the model in each.
 * @throws PlumblineError `MODEL_INVALID` where it does not load; nothing is left running then.
 */
export async function openEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const { model, workerUrl, workers } = options;
  const { folder, graph, dtype, pooling, queryPrefix, documentPrefix, maxTokens } = model;
  const data: WorkerModel = { folder, graph, dtype, pooling, queryPrefix, documentPrefix, maxTokens };
  const threads = openThreads<EmbedHost>({ url: workerUrl, count: workers, data, label: 'embedding' });
  try {
    await Promise.all(Array.from({ length: workers }, () => threads.call('load')));
  } catch (error) {
    await threads.close();
    throw error;
  }
  return new PoolEmbedder(options, threads);
}

/** Texts that are embedded together; numbers are places in the list of distinct texts. */
interface Batch {
  readonly texts: readonly number[];
  readonly halved: boolean;
}

/** Texts of a batch that have no vector yet, and why. */
interface Setback {
  readonly texts: readonly number[];
  readonly failure: PlumblineError;
}

/** One call to `embed`: its distinct texts, what became of them, and whether it goes on. */
interface Run {
  readonly texts: readonly string[];
  readonly outcomes: (EmbedOutcome | undefined)[];
  readonly signal: AbortSignal | undefined;
  readonly onRetry: (reason: EmbedRetry) => void;
  /** Set where no text can be embedded any more; ends the run. */
  fatal: PlumblineError | null;
}

class PoolEmbedder implements Embedder {
  readonly model: ModelInfo;
  readonly workers: number;
  readonly #threads: Threads<EmbedHost>;
  readonly #gate: Gate;
  readonly #batchSize: number;
  readonly #sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly #random: () => number;
  #closed = false;
  #graphMs = 0;
  readonly #stats = { texts: 0, tokens: 0, paddedTokens: 0, batches: 0, retries: 0 };

  constructor(options: EmbedderOptions, threads: Threads<EmbedHost>) {
    this.model = options.model;
    this.workers = options.workers;
    this.#threads = threads;
    this.#gate = openGate(options.workers * BATCHES_PER_WORKER);
    this.#batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE;
    this.#sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
    this.#random = options.random ?? Math.random;
  }

  async split(texts: readonly string[], chunking: Chunking, signal?: AbortSignal): Promise<ChunkSpan[][]> {
    const { maxTokens } = this.model;
    const limits = {
      maxTokens: Math.min(chunking.maxTokens ?? maxTokens, maxTokens),
      overlapTokens: chunking.overlapTokens,
    };
    const parts = await Promise.all(
      shares(texts).map((share) =>
        this.#gate.run(async () => {
          signal?.throwIfAborted();
          return unpackSpans(await this.#open.call('split', share, limits));
        }),
      ),
    );
    return parts.flat();
  }

  async embed(
    items: readonly EmbedItem[],
    signal?: AbortSignal,
    onRetry: (reason: EmbedRetry) => void = () => {},
  ): Promise<EmbedOutcome[]> {
    const { distinct, places } = distinctItems(items);
    const texts = distinct.map(({ text }) => text);
    const run: Run = { texts, outcomes: [], signal, onRetry, fatal: null };
    const limits = { maxTexts: this.#batchSize, maxPaddedTokens: this.#tokenBudget() };
    const batches = planBatches(
      distinct.map(({ tokens }) => tokens),
      limits,
    );
    // Each batch ends by itself when the run does; waiting for all leaves none under way behind the caller's back.
    await Promise.all(batches.map((texts) => this.#work({ texts, halved: false }, run)));
    signal?.throwIfAborted();
    if (run.fatal !== null) throw run.fatal;
    return places.map((place) => run.outcomes[place] as EmbedOutcome);
  }

  async embedQuery(text: string): Promise<Float32Array> {
    return this.#open.call('embedQuery', text);
  }

  stats(): EmbedStats {
    return { ...this.#stats };
  }

  finish(): Promise<void> {
    this.#closed = true;
    return this.#threads.finish();
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#threads.close();
  }

  /** Piscina starts a new thread for a call that comes after its end, and that thread would keep the process alive. */
  get #open(): Threads<EmbedHost> {
    if (this.#closed) throw new PlumblineError('THREAD_CLOSED', 'the embedder was closed');
    return this.#threads;
  }

  #tokenBudget(): number {
    const { paddedTokens } = this.#stats;
    return paddedTokenBudget(paddedTokens === 0 ? null : this.#graphMs / paddedTokens);
  }

  /** Embeds a batch whatever it takes. Never rejects: outcomes and `fatal` say what happened. */
  async #work(batch: Batch, run: Run): Promise<void> {
    const size = batch.texts.length;
    for (let attempts = 1; ; attempts++) {
      const setback = await this.#gate.run(() => this.#attempt(batch, attempts, run));
      if (setback === null) return;
      const { texts, failure } = setback;
      const verdict = afterFailure(failure, { size, attempts, halved: batch.halved });
      switch (verdict) {
        case 'retry':
          this.#stats.retries += 1;
          run.onRetry(failure);
          await this.#pause(attempts, run);
          break;
        case 'halve':
          run.onRetry(failure);
          return this.#workHalves(texts, run);
        case 'give up':
          for (const text of texts) run.outcomes[text] = failed(failure, attempts);
          return;
        case 'stop':
          run.fatal ??= failure;
          return;
        default:
          verdict satisfies never;
      }
    }
  }

  async #workHalves(texts: readonly number[], run: Run): Promise<void> {
    const middle = Math.ceil(texts.length / 2);
    const halves = [texts.slice(0, middle), texts.slice(middle)].filter((half) => half.length > 0);
    await Promise.all(halves.map((half) => this.#work({ texts: half, halved: true }, run)));
  }

  /** One try; null where nothing is left to do, be it that all texts are settled or that the run is over. */
  async #attempt(batch: Batch, attempts: number, run: Run): Promise<Setback | null> {
    if (run.fatal !== null || run.signal?.aborted === true) return null;
    try {
      const texts = batch.texts.map((text) => run.texts[text] ?? '');
      return this.#settle(batch, await this.#open.call('embed', texts), attempts, run);
    } catch (error) {
      const failure = error instanceof PlumblineError ? error : fromErrorData(toErrorData(error));
      return { texts: batch.texts, failure };
    }
  }

  /** Keeps what a batch that ran has brought; a setback where some of its texts deserve another try. */
  #settle(batch: Batch, result: EmbeddedBatch, attempts: number, run: Run): Setback | null {
    const { dimensions } = this.model;
    if (result.vectors.length > 0 && result.vectors.length !== batch.texts.length * dimensions) {
      throw new PlumblineError(
        'MODEL_INVALID',
        `the model no longer gives vectors of ${dimensions} numbers`,
        {
          hint: 'Its files changed while it was in use; run the command again.',
        },
      );
    }
    const failures = new Map(result.failures.map((failure) => [failure.index, failure]));
    const again: number[] = [];
    let failure: PlumblineError | null = null;
    batch.texts.forEach((text, index) => {
      const own = failures.get(index);
      if (own === undefined) {
        const vector = result.vectors.slice(index * dimensions, (index + 1) * dimensions);
        run.outcomes[text] = { ok: true, vector };
        this.#stats.texts += 1;
      } else if (isFinal(own.code)) {
        run.outcomes[text] = failed(own, attempts);
      } else {
        again.push(text);
        failure = new PlumblineError(own.code, own.message);
      }
    });
    this.#stats.tokens += result.tokens;
    this.#stats.paddedTokens += result.paddedTokens;
    this.#stats.batches += 1;
    this.#graphMs += result.milliseconds;
    return failure === null ? null : { texts: again, failure };
  }

  async #pause(attempts: number, run: Run): Promise<void> {
    try {
      await this.#sleep(backoffMs(attempts, this.#random), run.signal);
    } catch (error) {
      // An aborted wait ends the run; the next attempt sees that.
      if (run.signal?.aborted !== true) throw error;
    }
  }
}

function failed(failure: { code: string; message: string }, attempts: number): EmbedOutcome {
  return { ok: false, code: failure.code, message: failure.message, attempts };
}

/** Each text once (with the length it was first given), and where each item's text is in that list. */
function distinctItems(items: readonly EmbedItem[]): { distinct: EmbedItem[]; places: number[] } {
  const known = new Map<string, number>();
  const distinct: EmbedItem[] = [];
  const places = items.map((item) => {
    const place = known.get(item.text) ?? distinct.push(item) - 1;
    known.set(item.text, place);
    return place;
  });
  return { distinct, places };
}

/** Neighbouring texts in shares of bounded size. */
function shares(texts: readonly string[]): string[][] {
  const all: string[][] = [];
  let share: string[] = [];
  let chars = 0;
  for (const text of texts) {
    if (share.length > 0 && (share.length >= MAX_SPLIT_TEXTS || chars + text.length > MAX_SPLIT_CHARS)) {
      all.push(share);
      share = [];
      chars = 0;
    }
    share.push(text);
    chars += text.length;
  }
  if (share.length > 0) all.push(share);
  return all;
}

function unpackSpans({ counts, spans }: PackedSpans): ChunkSpan[][] {
  let at = 0;
  const next = (): number => spans[at++] ?? 0;
  return Array.from(counts, (count) =>
    Array.from({ length: count }, () => ({ start: next(), end: next(), tokens: next() })),
  );
}
