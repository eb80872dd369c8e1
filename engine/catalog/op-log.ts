/**
 * The op log of each generation: what the graph must be told, in order; and the labels a rebuild starts from. Vectors are
 * checked as they are read: a damaged one never reaches the graph, and never keeps the others from it.
 */
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import { toBits, vectorProblem } from './embeddings.ts';
import type { LogPosition } from '../graph.ts';

/** A run of operations, ready for a vector store. */
export interface OpPage {
  readonly labels: Uint32Array;
  /** 1 = add, 0 = drop. */
  readonly adds: Uint8Array;
  /** f16 bits of the added vectors, one after another. */
  readonly vectors: Uint16Array;
  readonly firstSequence: number;
  /** Sequence of the last operation in the page. */
  readonly sequence: number;
  /** Labels whose vector is not what was stored (checksum, length) or not finite; they are left out above. */
  readonly damaged: readonly number[];
}

/** Some of a generation's labels: those below `end` that leave `index` when divided by `of`. */
export interface Strand {
  readonly index: number;
  readonly of: number;
  readonly end: number;
}

interface OpRow {
  sequence: number;
  is_add: number;
  label: number;
  /** 1 while the catalog has the label. */
  is_known: number;
  vector: Buffer | null;
  crc: number | null;
}

export function opLogReader(db: ReadableDatabase) {
  const ops = db.prepare<[number, number, number], OpRow>(
    `SELECT o.sequence, o.is_add, o.label, l.label IS NOT NULL AS is_known,
       CASE WHEN o.is_add THEN e.vector END AS vector, e.crc
     FROM op o
     LEFT JOIN label l ON l.generation_id = o.generation_id AND l.label = o.label
     LEFT JOIN embedding e ON e.id = l.embedding_id
     WHERE o.generation_id = ? AND o.sequence > ? ORDER BY o.sequence LIMIT ?`,
  );
  // The labels of a strand are counted up and looked up one by one: to filter them out of all labels would read all of
  // them for every strand.
  const labels = db.prepare<[{ generation: number; index: number; of: number; end: number }], OpRow>(
    `WITH RECURSIVE wanted(label) AS (
       SELECT :index WHERE :index < :end
       UNION ALL SELECT label + :of FROM wanted WHERE label + :of < :end)
     SELECT 0 AS sequence, 1 AS is_add, l.label, 1 AS is_known, e.vector, e.crc
     FROM wanted CROSS JOIN label l ON l.generation_id = :generation AND l.label = wanted.label
     LEFT JOIN embedding e ON e.id = l.embedding_id`,
  );
  const dimensions = db
    .prepare<[number], number>(
      'SELECT m.dimensions FROM generation g JOIN model m ON m.id = g.model_id WHERE g.id = ?',
    )
    .pluck();
  const entityType = db
    .prepare<[number], string>(
      'SELECT t.name FROM generation g JOIN entity_type t ON t.id = g.entity_type_id WHERE g.id = ?',
    )
    .pluck();
  const commit = db
    .prepare<[number, number], string>('SELECT nonce FROM op_commit WHERE generation_id = ? AND sequence = ?')
    .pluck();
  const lastCommit = db.prepare<[number], { sequence: number; nonce: string }>(
    'SELECT sequence, nonce FROM op_commit WHERE generation_id = ? ORDER BY sequence DESC LIMIT 1',
  );
  const allLabels = db
    .prepare<[number], number>('SELECT label FROM label WHERE generation_id = ? ORDER BY label')
    .pluck();
  const dimensionsOf = (generationId: number): number => dimensions.get(generationId) ?? 0;
  return {
    /** Up to `limit` operations after a sequence; null at the end of the log. */
    after(generationId: number, sequence: number, limit: number): OpPage | null {
      const rows = ops.all(generationId, sequence, limit);
      return rows.length === 0 ? null : toPage(rows, dimensionsOf(generationId));
    },
    /**
     * The labels of a strand with their vectors, as adds: what the graph is rebuilt from. A strand holds every n-th label,
     * so that a page spans the whole collection: HNSW loses whole clusters when rows come cluster by cluster, as they do
     * in key order (bench/recall.ts).
     */
    strand(generationId: number, strand: Strand): OpPage {
      return toPage(labels.all({ generation: generationId, ...strand }), dimensionsOf(generationId));
    },
    /** The name of a generation's entity type, for messages. */
    entityTypeOf(generationId: number): string {
      return entityType.get(generationId) ?? '';
    },
    /** True when this very history has a commit at that position. */
    knows(generationId: number, position: LogPosition): boolean {
      return commit.get(generationId, position.sequence) === position.nonce;
    },
    /** The newest commit; null where nothing was ever written. */
    last(generationId: number): LogPosition | null {
      return lastCommit.get(generationId) ?? null;
    },
    /** Every label the graph must hold, ascending. */
    *labels(generationId: number): Generator<number> {
      yield* allLabels.iterate(generationId);
    },
  };
}
export type OpLogReader = ReturnType<typeof opLogReader>;

/** An add whose label was dropped later has no vector any more: neither it nor its drop concerns the graph. */
function toPage(rows: readonly OpRow[], dimensions: number): OpPage {
  const damaged: number[] = [];
  const known = rows.filter((row) => {
    if (row.is_add === 0) return true;
    if (row.is_known === 0) return false;
    const isSound = vectorProblem(row.vector, row.crc, dimensions) === null;
    if (!isSound) damaged.push(row.label);
    return isSound;
  });
  const vectors = known.flatMap((row) => (row.vector === null ? [] : [row.vector]));
  const bytes = Buffer.concat(vectors);
  return {
    labels: Uint32Array.from(known, (row) => row.label),
    adds: Uint8Array.from(known, (row) => row.is_add),
    vectors: toBits(bytes),
    firstSequence: rows[0]?.sequence ?? 0,
    sequence: rows.at(-1)?.sequence ?? 0,
    damaged,
  };
}

export function opLogWriter(db: WritableDatabase) {
  const pruneOps = db.prepare<[{ generation: number; upTo: number; limit: number }]>(
    `DELETE FROM op WHERE generation_id = :generation AND sequence <= :upTo
       AND sequence < (SELECT min(sequence) FROM op WHERE generation_id = :generation) + :limit`,
  );
  const pruneCommits = db.prepare<[number, number]>(
    'DELETE FROM op_commit WHERE generation_id = ? AND sequence < ?',
  );
  return {
    ...opLogReader(db),
    /** Removes up to about `limit` operations that a durable snapshot holds; how many went. */
    prune(generationId: number, upTo: number, limit: number): number {
      return pruneOps.run({ generation: generationId, upTo, limit }).changes;
    },
    /** Forgets commits before a snapshot's own. */
    pruneCommits(generationId: number, before: number): void {
      pruneCommits.run(generationId, before);
    },
  };
}
export type OpLogWriter = ReturnType<typeof opLogWriter>;
