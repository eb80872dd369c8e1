/** Dry runs: what an index or repair job would do, with tokens and time, and nothing written. */
import Database from 'better-sqlite3';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import { textHash } from '../checksum.ts';
import { driftClasses, type DriftClass, type JobKind, type Plan, type Report } from '../contract.ts';
import type { Embedder, EmbedItem } from '../embed/embedder.ts';
import { compare, type Drifted } from './compare.ts';
import { decodeKey, hasNull } from '../key.ts';
import type { SourceThread, Target } from './context.ts';
import type { DiskSpace } from './disk-space.ts';
import { deletePercent } from './repair-job.ts';

/** Texts that are embedded to measure the speed. */
const SAMPLE_TEXTS = 128;

export interface PlanOptions {
  readonly kind: Extract<JobKind, 'index' | 'repair' | 'rebuild'>;
  /** Everything is embedded, whatever is there already. */
  readonly force?: boolean;
  /** What the latest deep validation found, where a repair would put that right, too. */
  readonly index?: Pick<Report, 'lost' | 'ghost' | 'corrupt'>;
  /** What the job needs on disk, and what is free, for so many rows. */
  readonly disk?: (rows: number) => DiskSpace;
  readonly target: Target;
  readonly recipeId: number | null;
  readonly modelId: number | null;
  readonly maxDeletePercent: number;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

/** Compares like a validation, splits like a job, and measures the speed on a sample of the texts to come. */
export async function makePlan(
  catalog: ReadableCatalog,
  source: SourceThread,
  embedder: Embedder,
  options: PlanOptions,
): Promise<Plan> {
  const { target, signal } = options;
  const entityTypeId = catalog.generations.typeId(target.name);
  const { force = false } = options;
  const generation = entityTypeId === null ? null : catalog.generations.serving(entityTypeId);
  const counts = Object.fromEntries(driftClasses.map((name) => [name, 0])) as Record<DriftClass, number>;
  let unaddressable = 0;
  const texts = new TextTally(catalog, force ? null : options.modelId);
  await source.call('openType', target.spec);
  try {
    const result = await compare(catalog, source, {
      target,
      recipeId: options.recipeId,
      entityTypeId,
      generation: force ? null : generation,
      signal,
      maxText: null,
      onProgress: options.onProgress,
      async onDrift(drifted) {
        for (const item of drifted) counts[item.class] += 1;
        // Rows without a key cannot be indexed, whatever is tried.
        const addressable = drifted.filter((item) => !hasNull(decodeKey(item.key)));
        unaddressable += drifted.length - addressable.length;
        await tally(texts, embedder, target, addressable, signal);
      },
    });
    const { lost, ghost, corrupt } = options.index ?? {};
    const index = {
      ...(lost == null ? {} : { lost }),
      ...(ghost == null ? {} : { ghost }),
      ...(corrupt == null ? {} : { corrupt }),
    };
    const orphaned = options.kind === 'index' ? 0 : counts.orphaned;
    return {
      kind: options.kind,
      entityType: target.name,
      source: result.source,
      missing: counts.missing,
      stale: counts.stale,
      outdated: counts.outdated,
      failed: counts.failed,
      orphaned: counts.orphaned,
      ...index,
      embed:
        counts.missing +
        counts.stale +
        counts.outdated +
        counts.failed -
        unaddressable +
        (index.corrupt ?? 0),
      delete: orphaned,
      deletePercent: deletePercent({ orphaned, indexed: result.indexed }),
      maxDeletePercent: options.maxDeletePercent,
      chunks: texts.chunks,
      tokens: texts.tokens,
      estimatedMs: await estimate(embedder, texts, signal),
      ...(options.disk === undefined ? {} : { disk: options.disk(result.source) }),
    };
  } finally {
    texts.close();
  }
}

export async function tally(
  texts: TextTally,
  embedder: Embedder,
  target: Target,
  drifted: readonly Pick<Drifted, 'text'>[],
  signal: AbortSignal,
): Promise<void> {
  const documents = drifted.flatMap((item) => (item.text === null || item.text === '' ? [] : [item.text]));
  const spans = await embedder.split(documents, target.chunking, signal);
  documents.forEach((text, i) => {
    for (const { start, end, tokens } of spans[i] ?? []) texts.add({ text: text.slice(start, end), tokens });
  });
}

export async function estimate(
  embedder: Embedder,
  texts: TextTally,
  signal: AbortSignal,
): Promise<number | null> {
  if (texts.chunks === 0) return null;
  const sampled = texts.sample.reduce((sum, item) => sum + item.tokens, 0);
  // The first run pays for loading and warming up; the second one is what the job will see.
  await embedder.embed(texts.sample.slice(0, 8), signal);
  const startedAt = performance.now();
  await embedder.embed(texts.sample, signal);
  return Math.ceil(((performance.now() - startedAt) * texts.tokens) / Math.max(1, sampled));
}

/** Counts distinct texts without holding them: their hashes go to a temporary database that SQLite spills to disk. */
export class TextTally {
  readonly #seen = new Database('');
  readonly #insert;
  readonly #catalog: ReadableCatalog;
  readonly #modelId: number | null;
  readonly sample: EmbedItem[] = [];
  chunks = 0;
  tokens = 0;

  constructor(catalog: ReadableCatalog, modelId: number | null) {
    this.#catalog = catalog;
    this.#modelId = modelId;
    this.#seen.exec('CREATE TABLE seen (hash BLOB PRIMARY KEY) WITHOUT ROWID');
    this.#insert = this.#seen.prepare<[Uint8Array]>('INSERT INTO seen VALUES (?) ON CONFLICT DO NOTHING');
  }

  add(item: EmbedItem): void {
    const hash = textHash(item.text);
    if (this.#modelId !== null && this.#catalog.embeddings.find(this.#modelId, hash) !== null) return;
    if (this.#insert.run(hash).changes === 0) return;
    this.chunks += 1;
    this.tokens += item.tokens;
    // The k-th text replaces a random one with probability size/k: every text is equally likely in the sample.
    const place = this.chunks <= SAMPLE_TEXTS ? this.chunks - 1 : Math.floor(Math.random() * this.chunks);
    if (place < SAMPLE_TEXTS) this.sample[place] = item;
  }

  close(): void {
    this.#seen.close();
  }
}
