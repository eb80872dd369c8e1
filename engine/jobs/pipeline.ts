/**
 * Brings entities up to date: reads their documents, splits and embeds what changed, and commits the result. Index,
 * repair and retry all go through here. Vectors are made first and replaced after: until its new chunks are committed,
 * an entity is found by its old ones.
 */
import { noCounts, type Counts } from '../catalog/jobs.ts';
import type { IndexedState } from '../catalog/entities.ts';
import type { Embedder, EmbedOutcome, EmbedRetry } from '../embed/embedder.ts';
import { pack } from '../packed.ts';
import type { SourceDocument } from '../sources/source-host.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { addCounts } from './checkpoint.ts';
import { isWrittenBy } from './counted.ts';
import { EmbeddingDesk } from './embedding-desk.ts';
import { letterFinder } from './letter-finder.ts';
import { splitTexts, type Split } from './splitting.ts';
import { StepWriter, type CommitOptions, type StepWriterOptions } from './step-writer.ts';
import type { Prepared, PreparedChunk, Step } from './steps.ts';

export interface PipelineOptions extends StepWriterOptions {
  /** Also: embed anew, and write, even what has not changed. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** How one call reads its entities and what it may assume of them. */
export interface Pass extends CommitOptions {
  /** Rows as they are now, not as of the scan. */
  readonly fresh: boolean;
}

/**
 * Text that is embedded and committed together, in characters: some seconds of a slow model's work, which is what a kill costs, and
 * still batches of like length. Only long texts reach it before their window ends.
 */
const PART_CHARS = 128_000;

export class Pipeline {
  readonly #context: JobContext;
  readonly #target: RecipeTarget;
  readonly #options: PipelineOptions;
  readonly #desk: EmbeddingDesk;
  readonly #writer: StepWriter;

  constructor(context: JobContext, target: RecipeTarget, options: PipelineOptions) {
    this.#context = context;
    this.#target = target;
    this.#options = options;
    const onRetry = ({ code, message }: EmbedRetry): void =>
      context.problem({
        ...{ jobId: String(options.jobId), entityType: target.name, kind: 'retry' },
        ...{ code, message, key: null },
      });
    this.#desk = new EmbeddingDesk(async (items) =>
      (await this.#embedder()).embed(items, options.signal, onRetry),
    );
    this.#writer = new StepWriter(context, target, options);
  }

  /** Loaded by the first text that needs it: a job that finds everything in sync, or only deletes, does without. */
  #embedder(): Promise<Embedder> {
    return this.#context.models.embedder(this.#target.model);
  }

  /**
   * Processes entities by key. Writes and failures are counted in the transaction that commits them; the counts of what
   * needed no write are returned, for the caller to add with its checkpoint. What a person has set aside is not read and
   * counts as unchanged.
   */
  async process(all: readonly Uint8Array[], pass: Pass): Promise<Counts> {
    const { fresh } = pass;
    const { keys, excluded } = this.#leaveOut(all);
    let quiet = excluded;
    for (let done = 0; done < keys.length;) {
      this.#options.signal.throwIfAborted();
      // The source answers as many as fit its bound in bytes.
      const rest = pack(keys.slice(done));
      const documents = await this.#context.source.call('documents', this.#target.name, rest, { fresh });
      for (const part of partsOf(documents)) {
        this.#options.signal.throwIfAborted();
        const counts = await this.#processPart(keys.slice(done, done + part.length), part, pass);
        quiet = addCounts(quiet, counts);
        done += part.length;
      }
    }
    return quiet;
  }

  /** The keys without those that are set aside, and the counts of these. */
  #leaveOut(all: readonly Uint8Array[]): { readonly keys: readonly Uint8Array[]; readonly excluded: Counts } {
    const { catalog } = this.#context;
    const { jobId, generationId } = this.#options;
    const excluded = noCounts();
    const letterOf = letterFinder(catalog.deadLetters, this.#target.entityTypeId);
    const keys = all.filter((key) => {
      const letter = letterOf(key);
      if (letter === null || !letter.excluded) return true;
      const state = catalog.entities.state(generationId, key);
      if (letter.jobId !== jobId && !isWrittenBy(catalog, this.#options, key, state)) {
        excluded.processed += 1;
        excluded.unchanged += 1;
      }
      return false;
    });
    return { keys, excluded };
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
      return await this.#writer.commit(this.#merge(steps, split, outcomes), pass);
    } finally {
      release();
    }
  }

  async #split(changed: readonly Prepared[]): Promise<Split[]> {
    if (changed.length === 0) return [];
    const { chunking } = this.#target;
    return splitTexts({ embedder: await this.#embedder(), chunking, signal: this.#options.signal }, changed);
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
}

/** Neighbouring documents in parts of bounded text, each of at least one. */
function* partsOf(documents: readonly (SourceDocument | null)[]): Generator<(SourceDocument | null)[]> {
  let part: (SourceDocument | null)[] = [];
  let chars = 0;
  for (const document of documents) {
    part.push(document);
    chars += document?.ok === true ? document.text.length : 0;
    if (chars < PART_CHARS) continue;
    yield part;
    part = [];
    chars = 0;
  }
  if (part.length > 0) yield part;
}

function firstFailure(entity: Prepared, outcomes: ReadonlyMap<string, EmbedOutcome>) {
  for (const chunk of entity.chunks) {
    const outcome = outcomes.get(chunk.id);
    if (outcome !== undefined && !outcome.ok) {
      return { code: outcome.code, message: outcome.message, attempts: outcome.attempts };
    }
  }
  return null;
}
