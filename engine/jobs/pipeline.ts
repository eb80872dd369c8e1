/**
 * Brings entities up to date: reads their documents, splits and embeds what changed, and commits the result. Index,
 * repair and retry all go through here. Vectors are made first and replaced after: until its new chunks are committed,
 * an entity is found by its old ones.
 */
import { noCounts, type Counts } from '../catalog/jobs.ts';
import type { IndexedState } from '../catalog/entities.ts';
import type { ChunkWrite, WriteContext } from '../catalog/entity-writer.ts';
import { HASH_BYTES, textHash } from '../checksum.ts';
import type { DeadLetter } from '../contract.ts';
import { PlumblineError, toErrorData } from '../errors.ts';
import type { ChunkSpan, Embedder, EmbedOutcome } from '../embed/embedder.ts';
import { pack } from '../packed.ts';
import type { SourceDocument } from '../sources/source-host.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { addCounts, type WindowLedger } from './checkpoint.ts';
import { EmbeddingDesk } from './embedding-desk.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

/** Longest time a transaction works before it commits and lets others run. */
const TRANSACTION_MS = 40;

export interface PipelineOptions {
  readonly jobId: number;
  readonly generationId: number;
  /** Embed anew, and write, even what has not changed. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

interface PreparedChunk extends ChunkSpan {
  readonly hash: Buffer;
  /** The hash in hex, as a map key. */
  readonly id: string;
  readonly text: string;
}

/** An entity on its way to the catalog. */
interface Prepared {
  readonly key: Uint8Array;
  readonly before: IndexedState | null;
  readonly checksum: Uint8Array;
  readonly text: string;
  readonly hash: Buffer;
  readonly chunks: readonly PreparedChunk[];
}

/** What is to be committed for one key. */
type Step =
  | {
      readonly kind: 'write';
      readonly entity: Prepared;
      readonly outcomes: ReadonlyMap<string, EmbedOutcome>;
    }
  | {
      readonly kind: 'touch';
      readonly key: Uint8Array;
      readonly before: IndexedState;
      readonly checksum: Uint8Array;
    }
  | { readonly kind: 'gone'; readonly key: Uint8Array }
  | { readonly kind: 'fail'; readonly key: Uint8Array; readonly letter: Failure };

/** A text cut into chunks, or why it could not be. */
type Split =
  | { readonly ok: true; readonly entity: Prepared }
  | { readonly ok: false; readonly key: Uint8Array; readonly letter: Failure };

type Failure = Pick<DeadLetter, 'stage' | 'code' | 'message' | 'attempts' | 'text'>;

export class Pipeline {
  readonly #context: JobContext;
  readonly #target: RecipeTarget;
  readonly #options: PipelineOptions;
  readonly #embedder: Embedder;
  readonly #desk: EmbeddingDesk;
  readonly #breaker: CircuitBreaker;
  readonly #write: WriteContext;

  constructor(context: JobContext, target: RecipeTarget, embedder: Embedder, options: PipelineOptions) {
    this.#context = context;
    this.#target = target;
    this.#options = options;
    this.#embedder = embedder;
    this.#desk = new EmbeddingDesk((items) => embedder.embed(items, options.signal));
    this.#breaker = new CircuitBreaker();
    this.#write = { jobId: options.jobId, generationId: options.generationId, recipeId: target.recipeId };
  }

  /**
   * Processes entities by key. Writes and failures are counted in the transaction that commits them; the counts of what
   * needed no write are returned, for the caller to add with its checkpoint.
   */
  async process(
    keys: readonly Uint8Array[],
    fresh: boolean,
    ledger: WindowLedger | null = null,
  ): Promise<Counts> {
    let quiet = noCounts();
    for (let done = 0; done < keys.length;) {
      this.#options.signal.throwIfAborted();
      // The source answers as many as fit its bound in bytes.
      const rest = pack(keys.slice(done));
      const documents = await this.#context.source.call('documents', this.#target.name, rest, { fresh });
      const part = keys.slice(done, done + documents.length);
      done += documents.length;
      quiet = addCounts(quiet, await this.#processPart(part, documents, ledger));
    }
    return quiet;
  }

  async #processPart(
    keys: readonly Uint8Array[],
    documents: readonly (SourceDocument | null)[],
    ledger: WindowLedger | null,
  ): Promise<Counts> {
    const steps = this.#compare(keys, documents);
    const changed = steps.flatMap((step) => (step.kind === 'write' ? [step.entity] : []));
    const split = await this.#split(changed);
    const { outcomes, release } = await this.#embed(split.flatMap((item) => (item.ok ? [item.entity] : [])));
    try {
      return await this.#commit(this.#merge(steps, split, outcomes), ledger);
    } finally {
      release();
    }
  }

  #compare(keys: readonly Uint8Array[], documents: readonly (SourceDocument | null)[]): Step[] {
    return keys.map((key, i): Step => {
      const document = documents[i] ?? null;
      if (document === null) return { kind: 'gone', key };
      if (!document.ok) {
        const { code, message } = document.error;
        return { kind: 'fail', key, letter: { stage: 'render', code, message, attempts: 1, text: null } };
      }
      const before = this.#context.catalog.entities.state(this.#options.generationId, key);
      const hash = Buffer.from(document.textHash);
      if (before !== null && !this.#options.force && this.#isCurrent(before, hash)) {
        return { kind: 'touch', key, before, checksum: document.checksum };
      }
      const entity = { key, before, checksum: document.checksum, text: document.text, hash, chunks: [] };
      return { kind: 'write', entity, outcomes: new Map() };
    });
  }

  #isCurrent(before: IndexedState, hash: Buffer): boolean {
    return before.recipeId === this.#target.recipeId && before.textHash.equals(hash);
  }

  async #split(entities: readonly Prepared[]): Promise<Split[]> {
    if (entities.length === 0) return [];
    try {
      const texts = entities.map((entity) => entity.text);
      const spans = await this.#embedder.split(texts, this.#target.chunking, this.#options.signal);
      return entities.map((entity, i) => ({
        ok: true,
        entity: { ...entity, chunks: (spans[i] ?? []).map((span) => prepareChunk(entity.text, span)) },
      }));
    } catch (error) {
      const [first, second] = entities;
      if (this.#options.signal.aborted || first === undefined || isTransient(error)) throw error;
      if (second === undefined) return [splitFailure(first, error)];
      // One text the tokenizer cannot take must not fail its neighbours.
      const half = entities.length >>> 1;
      return [...(await this.#split(entities.slice(0, half))), ...(await this.#split(entities.slice(half)))];
    }
  }

  async #embed(entities: readonly Prepared[]) {
    const { modelId } = this.#target;
    const wanted = new Map<string, PreparedChunk>();
    for (const { chunks } of entities) {
      for (const chunk of chunks) {
        if (wanted.has(chunk.id)) continue;
        const present = this.#options.force
          ? null
          : this.#context.catalog.embeddings.find(modelId, chunk.hash);
        if (present === null) wanted.set(chunk.id, chunk);
      }
    }
    return this.#desk.request([...wanted.values()]);
  }

  #merge(
    steps: readonly Step[],
    split: readonly Split[],
    outcomes: ReadonlyMap<string, EmbedOutcome>,
  ): Step[] {
    let next = 0;
    return steps.map((step): Step => {
      if (step.kind !== 'write') return step;
      const item = split[next++];
      if (item === undefined) throw new RangeError('a document got lost between splitting and embedding');
      if (!item.ok) return { kind: 'fail', key: item.key, letter: item.letter };
      const failure = firstFailure(item.entity, outcomes);
      if (failure === null) return { kind: 'write', entity: item.entity, outcomes };
      const letter = { stage: 'embed', text: item.entity.text, ...failure } as const;
      return { kind: 'fail', key: item.entity.key, letter };
    });
  }

  async #commit(steps: readonly Step[], ledger: WindowLedger | null): Promise<Counts> {
    let quiet = noCounts();
    let next = 0;
    do {
      next = this.#commitSome(steps, next, ledger, (counts) => {
        quiet = addCounts(quiet, counts);
      });
      this.#context.follower.nudge(this.#options.generationId);
      // Let messages from the worker threads, and other doors' calls, in between.
      await new Promise((resolve) => setImmediate(resolve));
    } while (next < steps.length);
    this.#breaker.check(this.#target.name);
    return quiet;
  }

  /** One transaction: as many steps as fit its time. Returns where to go on. */
  #commitSome(
    steps: readonly Step[],
    from: number,
    ledger: WindowLedger | null,
    addQuiet: (counts: Counts) => void,
  ): number {
    const { catalog } = this.#context;
    const { jobId } = this.#options;
    const advance = ledger?.take() ?? null;
    const quiet = noCounts();
    let next = from;
    try {
      catalog.transaction(() => {
        const counts = advance?.counts ?? noCounts();
        const written = { ...counts };
        const startedAt = performance.now();
        next = from;
        while (next < steps.length && (next === from || performance.now() - startedAt < TRANSACTION_MS)) {
          const step = steps[next];
          if (step !== undefined) this.#commitStep(step, written, quiet);
          next += 1;
        }
        catalog.jobs.addCounts(jobId, written);
        if (advance !== null) catalog.jobs.setCheckpoint(jobId, advance.checkpoint);
      });
    } catch (error) {
      if (advance !== null) ledger?.giveBack(advance);
      throw error;
    }
    addQuiet(quiet);
    return next;
  }

  #commitStep(step: Step, written: Counts, quiet: Counts): void {
    const { catalog } = this.#context;
    const { entityTypeId } = this.#target;
    switch (step.kind) {
      case 'write':
        this.#writeEntity(step.entity, step.outcomes, written);
        catalog.deadLetters.clear(entityTypeId, step.entity.key);
        this.#breaker.succeeded();
        return;
      case 'touch':
        if (!step.before.checksum.equals(step.checksum))
          catalog.writer.setChecksum(step.before.id, step.checksum);
        catalog.deadLetters.clear(entityTypeId, step.key);
        quiet.processed += 1;
        quiet.unchanged += 1;
        return;
      case 'gone':
        catalog.deadLetters.clear(entityTypeId, step.key);
        quiet.processed += 1;
        return;
      case 'fail':
        this.#writeFailure(step.key, step.letter, written);
        return;
      default:
        step satisfies never;
    }
  }

  #writeEntity(entity: Prepared, outcomes: ReadonlyMap<string, EmbedOutcome>, written: Counts): void {
    const { writer } = this.#context.catalog;
    let embedded = false;
    const chunks = entity.chunks.map((chunk): ChunkWrite => {
      const outcome = outcomes.get(chunk.id);
      if (outcome?.ok) embedded = true;
      const embeddingId = this.#embeddingId(chunk, outcome);
      return { embeddingId, start: chunk.start, end: chunk.end, tokens: chunk.tokens };
    });
    writer.write(this.#write, {
      key: entity.key,
      checksum: entity.checksum,
      textHash: entity.hash,
      document: entity.text,
      chunks,
    });
    // A job that was killed and resumed meets its own writes again; they were counted then.
    if (entity.before?.jobId === this.#options.jobId) return;
    written.processed += 1;
    if (embedded) written.embedded += 1;
    else written.reused += 1;
  }

  #embeddingId(chunk: PreparedChunk, outcome: EmbedOutcome | undefined): number {
    const { embeddings, writer } = this.#context.catalog;
    const { modelId } = this.#target;
    if (outcome?.ok) return writer.putEmbedding(modelId, chunk.hash, outcome.vector, this.#options.force);
    const present = embeddings.find(modelId, chunk.hash);
    if (present === null) throw new RangeError('a chunk has neither a vector nor a failure');
    return present;
  }

  #writeFailure(key: Uint8Array, letter: Failure, written: Counts): void {
    const { deadLetters } = this.#context.catalog;
    const { entityTypeId } = this.#target;
    const { jobId } = this.#options;
    const counted = deadLetters.jobOf(entityTypeId, key) === jobId;
    deadLetters.put({ entityTypeId, key, occurrence: 0, jobId, ...letter });
    this.#breaker.failed(letter);
    if (counted) return;
    written.processed += 1;
    written.failed += 1;
  }
}

function prepareChunk(text: string, span: ChunkSpan): PreparedChunk {
  const piece = text.slice(span.start, span.end);
  const hash = textHash(piece);
  return { ...span, text: piece, hash, id: hash.toString('hex', 0, HASH_BYTES) };
}

function splitFailure(entity: Prepared, error: unknown): Split {
  const { code, message } = toErrorData(error);
  return {
    ok: false,
    key: entity.key,
    letter: { stage: 'split', code, message, attempts: 1, text: entity.text },
  };
}

/** True for errors of the machinery, not of a text. */
const isTransient = (error: unknown): boolean => error instanceof PlumblineError && error.retryable;

function firstFailure(entity: Prepared, outcomes: ReadonlyMap<string, EmbedOutcome>) {
  for (const chunk of entity.chunks) {
    const outcome = outcomes.get(chunk.id);
    if (outcome !== undefined && !outcome.ok) {
      return { code: outcome.code, message: outcome.message, attempts: outcome.attempts };
    }
  }
  return null;
}
