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

/** How one call reads its entities and what it may assume of them. */
export interface Pass {
  /** Rows as they are now, not as of the scan. */
  readonly fresh: boolean;
  /** Takes the checkpoint along with the first commit. */
  readonly ledger?: WindowLedger | null;
  /** True for a second look at rows that this job has counted: one that was unchanged then moves to another count. */
  readonly again?: boolean;
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
  async process(keys: readonly Uint8Array[], pass: Pass): Promise<Counts> {
    const { fresh } = pass;
    let quiet = noCounts();
    for (let done = 0; done < keys.length;) {
      this.#options.signal.throwIfAborted();
      // The source answers as many as fit its bound in bytes.
      const rest = pack(keys.slice(done));
      const documents = await this.#context.source.call('documents', this.#target.name, rest, { fresh });
      const part = keys.slice(done, done + documents.length);
      done += documents.length;
      quiet = addCounts(quiet, await this.#processPart(part, documents, pass));
    }
    return quiet;
  }

  async #processPart(
    keys: readonly Uint8Array[],
    documents: readonly (SourceDocument | null)[],
    pass: Pass,
  ): Promise<Counts> {
    const steps = this.#compare(keys, documents);
    const changed = steps.flatMap((step) => (step.kind === 'write' ? [step.entity] : []));
    const split = await this.#split(changed);
    const { outcomes, release } = await this.#embed(split.flatMap((item) => (item.ok ? [item.entity] : [])));
    try {
      return await this.#commit(this.#merge(steps, split, outcomes), pass);
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

  async #commit(steps: readonly Step[], pass: Pass): Promise<Counts> {
    let quiet = noCounts();
    let next = 0;
    do {
      next = this.#commitSome(steps, next, pass, (counts) => {
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
    { ledger = null, again = false }: Pass,
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
          if (step !== undefined) this.#commitStep(step, again, written, quiet);
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

  #commitStep(step: Step, again: boolean, written: Counts, quiet: Counts): void {
    const { catalog } = this.#context;
    switch (step.kind) {
      case 'write': {
        const counted = this.#countedBefore(step.entity.key, step.entity.before, again);
        const embedded = this.#writeEntity(step.entity, step.outcomes);
        move(written, counted, embedded ? 'embedded' : 'reused');
        this.#clearLetter(step.entity.key);
        if (embedded) this.#breaker.succeeded();
        return;
      }
      case 'touch': {
        if (!step.before.checksum.equals(step.checksum))
          catalog.writer.setChecksum(step.before.id, step.checksum);
        const counted = this.#countedBefore(step.key, step.before, again);
        // Nothing in the catalog would tell a later run that this was counted, so it goes with the checkpoint.
        move(counted.any ? written : quiet, counted, 'unchanged');
        this.#clearLetter(step.key);
        return;
      }
      case 'gone':
        if (this.#countedBefore(step.key, null, again).failed) written.failed -= 1;
        else quiet.processed += 1;
        this.#clearLetter(step.key);
        return;
      case 'fail':
        this.#writeFailure(step.key, step.letter, again, written);
        return;
      default:
        step satisfies never;
    }
  }

  /** How this very job has counted an entity already: in this run, or before it was interrupted. */
  #countedBefore(key: Uint8Array, before: IndexedState | null, again: boolean): Counted {
    const { jobId } = this.#options;
    const failed = this.#context.catalog.deadLetters.jobOf(this.#target.entityTypeId, key) === jobId;
    const written = before?.jobId === jobId;
    const unchanged = again && before !== null && !written && !failed;
    return { failed, written, unchanged, any: failed || written || unchanged };
  }

  /** The entity is well again, or gone. */
  #clearLetter(key: Uint8Array): void {
    this.#context.catalog.deadLetters.clear(this.#target.entityTypeId, key);
  }

  /** True when the entity brought a vector that was not there before; false when all were made for other rows. */
  #writeEntity(entity: Prepared, outcomes: ReadonlyMap<string, EmbedOutcome>): boolean {
    const { writer } = this.#context.catalog;
    let embedded = false;
    const chunks = entity.chunks.map((chunk): ChunkWrite => {
      const { id, isNew } = this.#storeVector(chunk, outcomes.get(chunk.id));
      if (isNew) embedded = true;
      return { embeddingId: id, start: chunk.start, end: chunk.end, tokens: chunk.tokens };
    });
    writer.write(this.#write, {
      key: entity.key,
      checksum: entity.checksum,
      textHash: entity.hash,
      document: entity.text,
      chunks,
    });
    return embedded;
  }

  #storeVector(chunk: PreparedChunk, outcome: EmbedOutcome | undefined): { id: number; isNew: boolean } {
    const { embeddings, writer } = this.#context.catalog;
    const { modelId } = this.#target;
    const { force } = this.#options;
    const present = embeddings.find(modelId, chunk.hash);
    if (outcome?.ok) {
      const id = writer.putEmbedding(modelId, chunk.hash, outcome.vector, force);
      return { id, isNew: present === null || force };
    }
    if (present === null) throw new RangeError('a chunk has neither a vector nor a failure');
    return { id: present, isNew: false };
  }

  #writeFailure(key: Uint8Array, letter: Failure, again: boolean, written: Counts): void {
    const { deadLetters, entities } = this.#context.catalog;
    const { jobId, generationId } = this.#options;
    const { entityTypeId } = this.#target;
    const counted = this.#countedBefore(key, entities.state(generationId, key), again);
    // What failed before and fails again says nothing new about the model, however many they are.
    if (deadLetters.jobOf(entityTypeId, key) === null) this.#breaker.failed(letter);
    deadLetters.put({ entityTypeId, key, occurrence: 0, jobId, ...letter });
    move(written, counted, 'failed');
  }
}

/** The count that an entity has within this job; at most one of `failed` and `unchanged`. */
interface Counted {
  readonly failed: boolean;
  /** As embedded or reused: where it stays, whatever becomes of it later in the job. */
  readonly written: boolean;
  readonly unchanged: boolean;
  readonly any: boolean;
}

/** Counts an entity as `to`, once per job: one that was counted moves from its count and is not read twice. Pure. */
function move(counts: Counts, from: Counted, to: 'embedded' | 'reused' | 'unchanged' | 'failed'): void {
  if (from.failed) counts.failed -= 1;
  if (from.unchanged) counts.unchanged -= 1;
  if (!from.any) counts.processed += 1;
  if (!from.written || to === 'failed') counts[to] += 1;
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
