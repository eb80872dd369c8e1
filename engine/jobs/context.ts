/** What every job works with. */
import type { Generation } from '../catalog/generations.ts';
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { Retention } from '../config.ts';
import type { ProgressEvent } from '../contract.ts';
import type { Embedder, ModelInfo } from '../embed/embedder.ts';
import type { Chunking } from '../recipe.ts';
import type { DocumentSpec, SourceHost } from '../sources/source-host.ts';
import type { Threads } from '../threads.ts';

export type SourceThread = Threads<SourceHost>;

/** Models by the name they are configured under; each is resolved and opened once. */
export interface Models {
  info(name: string): Promise<ModelInfo>;
  embedder(name: string): Promise<Embedder>;
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

/** Keeps the graph in line with the catalog; see `index-sync.ts`. */
export interface IndexFollower {
  /** After a commit: starts following in the background when the tail has grown enough. Never waits. */
  nudge(generationId: number): void;
  /** At the end of a job: waits for what `nudge` started, writes a snapshot if one is due, and frees the graph. */
  settle(generationId: number): Promise<void>;
}

export interface JobContext {
  readonly catalog: WritableCatalog;
  readonly source: SourceThread;
  readonly models: Models;
  readonly follower: IndexFollower;
  readonly emit: (event: ProgressEvent) => void;
  /** One line for the person about something that went another way than usual. */
  readonly notice: (line: string) => void;
  /** The folder of catalog and vectors: whose disk a job fills. */
  readonly dataFolder: string;
  readonly retention: Retention;
}

/**
 * The generation that comparisons are made with: the one searches use. Null before anything was indexed.
 */
export function servingGeneration(catalog: ReadableCatalog, entityType: string): Generation | null {
  const typeId = catalog.generations.typeId(entityType);
  return typeId === null ? null : catalog.generations.serving(typeId);
}
