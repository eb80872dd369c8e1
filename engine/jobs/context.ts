/** What every job works with. */
import type { Generation } from '../catalog/generations.ts';
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { Retention } from '../config.ts';
import type { ProgressEvent } from '../contract.ts';
import type { JobLine } from '../control.ts';
import type { Embedder, ModelInfo } from '../embed/embedder.ts';
import type { Problem } from '../problems.ts';
import type { Chunking } from '../recipe.ts';
import type { DocumentSpec, SourceHost } from '../sources/source-host.ts';
import type { Threads } from '../threads.ts';
import type { VectorsHost } from '../vectors/vectors-host.ts';

export type SourceThread = Threads<SourceHost>;

/** Models by the name they are configured under; each is resolved and opened once. */
export interface Models {
  info(name: string): Promise<ModelInfo>;
  embedder(name: string): Promise<Embedder>;
  /** Embedding threads that are up for those who asked here. */
  threads(): number;
}

/** An entity type as configured, ready to be read. */
export interface Target {
  readonly name: string;
  readonly spec: DocumentSpec;
  readonly chunking: Chunking;
  /** Reference of the model, as configured. */
  readonly model: string;
  readonly maxDeletePercent: number;
}

/** A target with its model and recipe known and registered in the catalog. */
export interface RecipeTarget extends Target {
  readonly entityTypeId: number;
  readonly recipeId: number;
  readonly modelId: number;
  readonly modelInfo: ModelInfo;
}

/** Keeps the graph in line with the catalog; see `index-sync.ts` and `writing-index-sync.ts`. */
export interface IndexFollower {
  /** After a commit: starts following in the background when the tail has grown enough. Never waits. */
  nudge(generationId: number): void;
  /**
   * At the end of a job: waits for what `nudge` started, writes a snapshot if one is due (or compacts, which aborting puts
   * off), and frees the graph, unless searches use it or its entity type.
   */
  settle(generationId: number, signal?: AbortSignal): Promise<void>;
  /** Does `work`, which only reads, with the graph as the newest commit has it; it stays open meanwhile. */
  withGraph<T>(generationId: number, work: () => Promise<T>): Promise<T>;
  /** Keeps the graph in memory for the searches to come. */
  keep(generationId: number): void;
  /** For a retired generation: its graph leaves memory when the last search in it has ended; the serving one is kept. */
  forget(generationId: number): Promise<void>;
  /** Why the snapshot on disk could not be used when it was opened; null where it could, or there is a new one. */
  discardOf(generationId: number): { readonly code: string; readonly message: string } | null;
}

export interface JobContext {
  readonly catalog: WritableCatalog;
  readonly source: SourceThread;
  readonly models: Models;
  readonly follower: IndexFollower;
  /** The thread of the graphs themselves, for looking into one inside `withGraph`. */
  readonly vectors: Threads<VectorsHost>;
  readonly emit: (event: ProgressEvent) => void;
  /** Tells of a failure that the job goes on after, once it is committed. */
  readonly problem: (problem: Problem) => void;
  /** One line for the person about something that went another way than usual. */
  readonly notice: (line: string) => void;
  /** The folder of catalog and vectors: whose disk a job fills. */
  readonly dataFolder: string;
  readonly retention: Retention;
  /** Where jobs wait for their turn and hear that they are to stop. */
  readonly control: JobLine;
}

/**
 * The generation that comparisons are made with: the one searches use. Null before anything was indexed.
 */
export function servingGeneration(catalog: ReadableCatalog, entityType: string): Generation | null {
  const typeId = catalog.generations.typeId(entityType);
  return typeId === null ? null : catalog.generations.serving(typeId);
}
