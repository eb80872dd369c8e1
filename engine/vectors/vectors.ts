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

/** What a page of the catalog's labels shows about the graph. */
export interface AuditPage {
  /** Labels of the page that searches cannot return, because the graph does not hold them. */
  readonly lost: Uint32Array;
  /** Labels whose vector in the graph is not, bit for bit, the one given. */
  readonly different: Uint32Array;
}

/** What the graph's own search is worth, measured with a sample of stored vectors as queries. */
export interface AuditResult {
  /** Samples that come back, asked for by their vector, or are tied with all the `k` that come back instead. */
  readonly selfFound: number;
  /**
   * Per query the share, 0 to 1, of the exact k nearest that the search found, by distance: ties pass. Of fewer than `k`
   * vectors all are nearest; where there is none at all, it is 1.
   */
  readonly recalls: Float64Array;
}

export interface VectorStore {
  /**
   * Opens a generation. Checks manifest, size, checksum and header before the graph library sees a byte, and discards
   * what does not fit. The caller then asks the catalog whether it knows the returned position, and calls `reset` if it
   * does not. Opening an open generation again is free and answers its present position's snapshot.
   */
  open(spec: GenerationSpec): OpenResult;
  /** Empties an open generation in memory, as `open` on an empty folder would leave it; files stay. Ends audit and rebuild. */
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
  /**
   * Begins to compare an open generation with the catalog: these labels, with the vectors the catalog has for them (f16
   * bits, `dimensions` each), are the sample whose `k` nearest are looked for. Forgets an audit begun before. The
   * generation may change and be searched meanwhile. @throws `VECTOR_INVALID`.
   */
  beginAudit(generationId: number, labels: Uint32Array, queries: Uint16Array, k: number): void;
  /**
   * Compares a page of the catalog's labels and vectors, in any order, each label once per audit. Vectors are not kept.
   * @throws `VECTOR_INVALID` where they do not fit the labels, `AUDIT_NOT_BEGUN`.
   */
  auditPage(generationId: number, labels: Uint32Array, vectors: Uint16Array): AuditPage;
  /** Searches with the sample, after the last page, and forgets the audit. @throws `AUDIT_NOT_BEGUN`. */
  endAudit(generationId: number): AuditResult;
  /**
   * Begins an empty graph beside the open one, which goes on being searched and applied to. One that was begun before
   * and not finished is given up.
   */
  rebuildBegin(generationId: number): void;
  /** As `apply`, into the graph beside. @throws `VECTOR_INVALID`, `REBUILD_NOT_BEGUN`. */
  rebuildApply(generationId: number, batch: OpBatch): void;
  /**
   * Puts the graph beside, which has reached `sequence`, into the place of the open one, which is freed. The snapshot on
   * disk stays what it is. @throws `REBUILD_NOT_BEGUN`.
   */
  rebuildFinish(generationId: number, sequence: number): void;
  /** Frees the graph beside. May be repeated, and without one. */
  rebuildAbandon(generationId: number): void;
  /** Forgets a generation's memory, its audit and the graph beside it; files stay. May be repeated. */
  close(generationId: number): void;
}
