/**
 * Commits what a pipeline decided: in transactions of bounded time, each with its counts, and with the checkpoint of the
 * scan where there is one. Here is what keeps an entity from being counted twice.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { noCounts, type Counts } from '../catalog/jobs.ts';
import type { LetterMark } from '../catalog/dead-letters.ts';
import type { IndexedState } from '../catalog/entities.ts';
import type { ChunkWrite, WriteContext } from '../catalog/entity-writer.ts';
import type { EmbedOutcome } from '../embed/embedder.ts';
import { decodeKey, formatKey } from '../key.ts';
import type { Problem } from '../problems.ts';
import { addCounts, type WindowLedger } from './checkpoint.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { isWrittenBy, takeOver } from './counted.ts';
import { letterFinder } from './letter-finder.ts';
import type { Failure, Prepared, PreparedChunk, Step } from './steps.ts';

/** Longest time a transaction works before it commits and lets others run. */
const TRANSACTION_MS = 40;

export interface StepWriterOptions {
  readonly jobId: number;
  readonly generationId: number;
  /** Vectors take the place of those that their texts have. */
  readonly force: boolean;
}

/** How steps are counted, and what goes along with them. */
export interface CommitOptions {
  /** Takes the checkpoint along with the first commit. */
  readonly ledger?: WindowLedger | null;
  /** True for a second look at rows that this job has counted: one that was unchanged then moves to another count. */
  readonly again?: boolean;
}

export class StepWriter {
  readonly #context: JobContext;
  readonly #target: RecipeTarget;
  readonly #options: StepWriterOptions;
  readonly #breaker = new CircuitBreaker();
  readonly #write: WriteContext;
  /** Recorded in one transaction: told when it is committed. */
  #failures: Problem[] = [];
  /** Valid within one transaction. */
  #letterOf: (key: Uint8Array) => LetterMark | null = () => null;

  constructor(context: JobContext, target: RecipeTarget, options: StepWriterOptions) {
    this.#context = context;
    this.#target = target;
    this.#options = options;
    this.#write = { jobId: options.jobId, generationId: options.generationId, recipeId: target.recipeId };
  }

  /**
   * Writes and failures are counted in the transaction that commits them; the counts of what needed no write are
   * returned, for the caller to add with its checkpoint.
   * @throws PlumblineError `MODEL_FAILING`, after the commit, when the model fails on everything.
   */
  async commit(steps: readonly Step[], options: CommitOptions): Promise<Counts> {
    let quiet = noCounts();
    let next = 0;
    do {
      next = this.#commitSome(steps, next, options, (counts) => {
        quiet = addCounts(quiet, counts);
      });
      this.#context.follower.nudge(this.#options.generationId);
      // Let messages from the worker threads, and other doors' calls, in between.
      await letOthersRun();
    } while (next < steps.length);
    this.#breaker.check(this.#target.name);
    return quiet;
  }

  /** One transaction: as many steps as fit its time. Returns where to go on. */
  #commitSome(
    steps: readonly Step[],
    from: number,
    { ledger = null, again = false }: CommitOptions,
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
        this.#failures = [];
        this.#findLetters();
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
    for (const problem of this.#failures) this.#context.problem(problem);
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
      case 'gone': {
        const counted = this.#countedBefore(step.key, null, again);
        if (counted.failed) written.failed -= 1;
        else if (!counted.any) quiet.processed += 1;
        this.#clearLetter(step.key);
        return;
      }
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
    const { catalog } = this.#context;
    const letter = this.#letterOf(key);
    const isOurs = letter?.jobId === jobId;
    const failed = isOurs && !letter.excluded;
    const written = isWrittenBy(catalog, this.#options, key, before);
    // What was set aside since this job gave it up counts as unchanged from then on.
    const unchanged = isOurs ? letter.excluded : again && before !== null && !written;
    return { failed, written, unchanged, any: failed || written || unchanged };
  }

  #findLetters(): void {
    this.#letterOf = letterFinder(this.#context.catalog.deadLetters, this.#target.entityTypeId);
  }

  /** The entity is well again, or gone. */
  #clearLetter(key: Uint8Array): void {
    const { catalog } = this.#context;
    const letter = this.#letterOf(key);
    if (letter === null) return;
    takeOver(catalog, key, letter, this.#options.jobId);
    catalog.deadLetters.clear(this.#target.entityTypeId, key);
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
    const known = this.#letterOf(key);
    if (known?.excluded === true) {
      // Set aside while it was tried.
      move(written, counted, 'unchanged');
      return;
    }
    // What failed before and fails again says nothing new about the model, however many they are.
    if (known === null) this.#breaker.failed(letter);
    takeOver(this.#context.catalog, key, known, jobId);
    deadLetters.put({ entityTypeId, key, occurrence: 0, jobId, ...letter });
    this.#failures.push({
      ...{ jobId: String(jobId), entityType: this.#target.name, kind: 'dead_letter' },
      ...{ code: letter.code, message: letter.message, key: formatKey(decodeKey(key)) },
    });
    this.#findLetters();
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
