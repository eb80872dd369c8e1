/**
 * What a model promises, whatever it is and wherever it came from: split texts into chunks that fit its window, and
 * turn texts into unit vectors. Implemented over a pool of worker threads, each with its own ONNX session.
 */

import type { Chunking, ModelIdentity } from '../recipe.ts';

export type { Chunking, ModelIdentity, Pooling } from '../recipe.ts';

export interface ModelInfo extends ModelIdentity {
  /** sha256 (hex) of the identity without `name`. */
  readonly fingerprint: string;
  readonly dimensions: number;
  /** Absolute path of the folder that holds the files. */
  readonly folder: string;
  /** The graph inside `folder`, e.g. `onnx/model_quantized.onnx`. */
  readonly graph: string;
}

/** A piece of a document: UTF-16 offsets [start, end) and its length in tokens, specials and prefix included. */
export interface ChunkSpan {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

export interface EmbedItem {
  readonly text: string;
  /** As `split` counted it; orders and packs the batches. */
  readonly tokens: number;
}

/** What became of one text. Failed texts were alone in their batch and tried `attempts` times. */
export type EmbedOutcome =
  | { readonly ok: true; /** f16 bits, `dimensions` long. */ readonly vector: Uint16Array }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly attempts: number };

/** Why a batch is tried again, as it is or in halves. */
export interface EmbedRetry {
  readonly code: string;
  readonly message: string;
}

export interface EmbedStats {
  /** Texts embedded since the embedder was opened. */
  readonly texts: number;
  /** Tokens embedded, padding excluded and included. */
  readonly tokens: number;
  readonly paddedTokens: number;
  readonly batches: number;
  readonly retries: number;
}

export interface Embedder {
  readonly model: ModelInfo;
  readonly workers: number;
  /** Chunks of each text; an empty (or white) text has none. A text that fits is one chunk: the whole of it. */
  split(texts: readonly string[], chunking: Chunking, signal?: AbortSignal): Promise<ChunkSpan[][]>;
  /**
   * Unit vectors of document texts, in the order asked. Batches are packed by padded tokens from the length-sorted
   * items; a failing batch is retried with backoff (3 attempts), then halved until the failing text is alone.
   * Abort leaves nothing behind: batches under way finish, the promise rejects with the signal's reason.
   */
  embed(
    items: readonly EmbedItem[],
    signal?: AbortSignal,
    onRetry?: (reason: EmbedRetry) => void,
  ): Promise<EmbedOutcome[]>;
  /** The unit vector of a query (query prefix applied), f32. */
  embedQuery(text: string): Promise<Float32Array>;
  stats(): EmbedStats;
  /** Refuses new work and waits for the batches that threads are at; see `Threads.finish`. */
  finish(): Promise<void>;
  /** Ends the worker threads. May be repeated. */
  close(): Promise<void>;
}
