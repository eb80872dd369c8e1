/**
 * A catalog with one entity type whose vectors are made up, and the graph that follows it on a real thread: what tests of
 * the index need, without embedding.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openCatalogForWriting, type WritableCatalog } from '../../engine/catalog/catalog.ts';
import { textHash } from '../../engine/checksum.ts';
import { toFloat16Bits } from '../../engine/float16.ts';
import { GRAPH_PARAMETERS } from '../../engine/graph.ts';
import type { VectorsThread } from '../../engine/jobs/index-sync.ts';
import { WritingIndexSync } from '../../engine/jobs/writing-index-sync.ts';
import { encodeKey, integerPart } from '../../engine/key.ts';
import { openThreads } from '../../engine/threads.ts';
import { workerUrls } from '../../workers/urls.ts';
import { seededRandom, unitVector } from './vectors.ts';
import { temporaryFolder } from './workspace.ts';

export const DIMENSIONS = 16;

export interface GraphIndex {
  readonly folder: string;
  readonly catalog: WritableCatalog;
  readonly catalogPath: string;
  readonly vectorsFolder: string;
  readonly generationId: number;
  readonly vectors: VectorsThread;
  readonly sync: WritingIndexSync;
  /** What the index told the person. */
  readonly notices: string[];
  /** Adds entities with these numbers, each with one vector of its own, in one transaction. */
  add(...numbers: number[]): void;
  remove(...numbers: number[]): void;
  /** Another generation of the same type. */
  addGeneration(state: 'serving' | 'building'): number;
  /** The entities found by the vector that this number has. */
  search(number: number, k?: number): Promise<number[]>;
  /** Labels in the graph. */
  labels(): Promise<number[]>;
  /** Another process: catalog, thread and follower of its own over the same folder. This one must be closed. */
  reopen(worker?: URL): Promise<GraphIndex>;
  close(): Promise<void>;
}

export interface GraphIndexOptions {
  readonly folder?: string;
  /** Default: in `folder`. */
  readonly vectorsFolder?: string;
  readonly worker?: URL;
  readonly tombstonePercent?: number;
}

/** The vector of an entity: always the same for one number. */
export function vectorOf(number: number): Float32Array {
  return unitVector(seededRandom(number), DIMENSIONS);
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

export function openGraphIndex({
  folder = temporaryFolder(),
  vectorsFolder = join(folder, 'vectors'),
  worker = workerUrls.vectors,
  tombstonePercent = 25,
}: GraphIndexOptions = {}): GraphIndex {
  const catalogPath = join(folder, 'catalog.db');
  mkdirSync(vectorsFolder, { recursive: true });
  const catalog = openCatalogForWriting(catalogPath);
  const { generations, jobs, writer } = catalog;
  const vectors: VectorsThread = openThreads({
    url: worker,
    count: 1,
    finishCalls: true,
    label: 'vector index',
  });
  const notices: string[] = [];
  const sync = new WritingIndexSync(catalog, vectors, vectorsFolder, (line) => void notices.push(line), {
    tombstonePercent,
  });
  const typeId = catalog.transaction(() => generations.ensureType('note'));
  const modelId = catalog.transaction(() =>
    generations.ensureModel({
      fingerprint: 'made up',
      name: 'made up',
      dimensions: DIMENSIONS,
      definition: '{}',
    }),
  );
  const recipeId = catalog.transaction(() =>
    generations.ensureRecipe({ fingerprint: 'made up', modelId, definition: '{}' }),
  );
  const addGeneration = (state: 'serving' | 'building'): number =>
    catalog.transaction(() => generations.create(typeId, modelId, state, GRAPH_PARAMETERS)).id;
  const generationId = generations.serving(typeId)?.id ?? addGeneration('serving');
  const job = catalog.transaction(() =>
    jobs.create({
      kind: 'index',
      entityTypeId: typeId,
      recipeId,
      generationId,
      options: {},
      sourceIdentity: '',
    }),
  );
  const context = { jobId: job.id, generationId, recipeId };
  const keyOf = (number: number) => encodeKey([integerPart(number)]);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await sync.stop();
      await vectors.close();
      catalog.close();
    })());
  onTestFinished(close);
  return {
    folder,
    catalog,
    catalogPath,
    vectorsFolder,
    generationId,
    vectors,
    sync,
    notices,
    add(...numbers) {
      catalog.transaction(() => {
        for (const number of numbers) {
          const document = `note ${number}`;
          const hash = textHash(document);
          const embeddingId = writer.putEmbedding(modelId, hash, toFloat16Bits(vectorOf(number)), false);
          const chunks = [{ embeddingId, start: 0, end: document.length, tokens: 2 }];
          writer.write(context, { key: keyOf(number), checksum: hash, textHash: hash, document, chunks });
        }
      });
    },
    remove(...numbers) {
      catalog.transaction(() => numbers.forEach((number) => writer.delete(context, keyOf(number))));
    },
    addGeneration,
    async search(number, k = 1) {
      sync.keep(generationId);
      return sync.withGraph(generationId, async () => {
        const found = await vectors.call('search', generationId, vectorOf(number), k);
        return [...found.labels].flatMap((label) =>
          catalog.entities
            .hitsOfLabel(generationId, label, k)
            .map(({ entityId }) => Number(catalog.entities.document(entityId)?.text.split(' ')[1])),
        );
      });
    },
    async labels() {
      await sync.catchUp(generationId);
      return [...(await vectors.call('labels', generationId))];
    },
    async reopen(newWorker = worker) {
      await close();
      return openGraphIndex({ folder, vectorsFolder, worker: newWorker, tombstonePercent });
    },
    close,
  };
}

/** Changes the catalog behind the engine's back, as a damaged disk does. */
export function damage(path: string, sql: string, ...params: unknown[]): void {
  const db = new Database(path);
  try {
    db.prepare(sql).run(...params);
  } finally {
    db.close();
  }
}
