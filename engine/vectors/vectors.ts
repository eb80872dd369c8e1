/**
 * What a vector store promises. It is a cache: everything in it can be rebuilt from the catalog, and it never knows
 * more than the operations it was given. Stores run on the vectors thread; vectors cross as packed f16.
 */
import type { GraphParameters, LogPosition } from '../graph.ts';
export type { GraphParameters, LogPosition } from '../graph.ts';

/** One generation of one collection: a folder of its own, one graph. */
export interface GenerationSpec {
  readonly generationId: number;
  /** Absolute path of the folder that holds snapshots and the manifest. */
  readonly folder: string;
  readonly dimensions: number;
  readonly parameters: GraphParameters;
}

/** What `open` found on disk. */
export interface OpenResult {
  /** The snapshot's position; null where there was none that could be trusted. */
  readonly position: LogPosition | null;
  /** Why a snapshot that was there was not used: code and words for people; null where all is well. */
  readonly discarded: { readonly code: string; readonly message: string } | null;
}

/** Operations in op-log order. A label appears at most once as an add; vectors are those of the adds, in order. */
export interface OpBatch {
  /** Labels, unsigned 32-bit. */
  readonly labels: Uint32Array;
  /** 1 = add, 0 = drop; as long as `labels`. */
  readonly adds: Uint8Array;
  /** f16 bits of the added vectors, `dimensions` each, in order of the adds. */
  readonly vectors: Uint16Array;
  /** Sequence of the last operation. */
  readonly sequence: number;
}

export interface SearchResult {
  readonly labels: Uint32Array;
  /** Similarity (cosine for unit vectors), highest first; as long as `labels`. */
  readonly scores: Float32Array;
}

/** Numbers about an open generation. */
export interface StoreStats {
  /** Labels that searches can return. */
  readonly live: number;
  /** Dropped labels that still occupy the graph until compaction. */
  readonly tombstones: number;
  readonly capacity: number;
  /** Sequence of the last applied operation. */
  readonly sequence: number;
  /** Sequence of the snapshot on disk, 0 where there is none. */
  readonly snapshotSequence: number;
}

export interface VectorStore {
  /**
   * Opens a generation. Checks manifest, size, checksum and header before the graph library sees a byte, and discards
   * what does not fit. The caller then asks the catalog whether it knows the returned position, and calls `reset` if it
   * does not. Opening an open generation again is free and answers its present position's snapshot.
   */
  open(spec: GenerationSpec): OpenResult;
  /** Empties an open generation in memory, as `open` on an empty folder would leave it; files stay. */
  reset(generationId: number): void;
  /** Applies operations idempotently: what is done already is skipped. Grows as needed. */
  apply(generationId: number, batch: OpBatch): void;
  /** The k nearest live labels; fewer where there are fewer. `query` is f32, unit length. `ef` at least k. */
  search(generationId: number, query: Float32Array, k: number): SearchResult;
  /** Writes a snapshot of the present state at `position` and switches the manifest to it. @throws `DISK_FULL`. */
  snapshot(generationId: number, position: LogPosition): { readonly bytes: number };
  /** All live labels, ascending: what deep validation compares with the catalog. */
  labels(generationId: number): Uint32Array;
  /** The stored vector of a label, null where it is not live. */
  vector(generationId: number, label: number): Float32Array | null;
  stats(generationId: number): StoreStats;
  /** Forgets a generation's memory; files stay. May be repeated. */
  close(generationId: number): void;
}
