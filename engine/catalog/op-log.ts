/** The op log of each generation: what the graph must be told, in order; and the labels a rebuild starts from. */
import type { ReadableDatabase, WritableDatabase } from './database.ts';
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
}

interface OpRow {
  sequence: number;
  is_add: number;
  label: number;
  vector: Buffer | null;
}

export function opLogReader(db: ReadableDatabase) {
  const ops = db.prepare<[number, number, number], OpRow>(
    `SELECT o.sequence, o.is_add, o.label, CASE WHEN o.is_add THEN e.vector END AS vector
     FROM op o
     LEFT JOIN label l ON l.generation_id = o.generation_id AND l.label = o.label
     LEFT JOIN embedding e ON e.id = l.embedding_id
     WHERE o.generation_id = ? AND o.sequence > ? ORDER BY o.sequence LIMIT ?`,
  );
  const labels = db.prepare<
    [{ generation: number; after: number; strands: number; strand: number; limit: number }],
    OpRow
  >(
    `SELECT 0 AS sequence, 1 AS is_add, l.label, e.vector
     FROM label l JOIN embedding e ON e.id = l.embedding_id
     WHERE l.generation_id = :generation AND l.label > :after AND l.label % :strands = :strand
     ORDER BY l.label LIMIT :limit`,
  );
  const commit = db
    .prepare<[number, number], string>('SELECT nonce FROM op_commit WHERE generation_id = ? AND sequence = ?')
    .pluck();
  const lastCommit = db.prepare<[number], { sequence: number; nonce: string }>(
    'SELECT sequence, nonce FROM op_commit WHERE generation_id = ? ORDER BY sequence DESC LIMIT 1',
  );
  const allLabels = db
    .prepare<[number], number>('SELECT label FROM label WHERE generation_id = ? ORDER BY label')
    .pluck();
  return {
    /** Up to `limit` operations after a sequence; null at the end of the log. */
    after(generationId: number, sequence: number, limit: number): OpPage | null {
      const rows = ops.all(generationId, sequence, limit);
      return rows.length === 0 ? null : toPage(rows);
    },
    /**
     * Labels of a strand above `after` with their vectors, as adds: what the graph is rebuilt from; null at the end. A
     * strand holds every n-th label, so that a page spans the whole collection: HNSW loses whole clusters when rows come
     * cluster by cluster, as they do in key order (bench/recall.ts).
     */
    labelsAfter(
      generationId: number,
      after: number,
      strand: { readonly index: number; readonly of: number },
      limit: number,
    ): OpPage | null {
      const rows = labels.all({
        generation: generationId,
        after,
        strands: strand.of,
        strand: strand.index,
        limit,
      });
      return rows.length === 0 ? null : toPage(rows);
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
function toPage(rows: readonly OpRow[]): OpPage {
  const known = rows.filter((row) => row.is_add === 0 || row.vector !== null);
  const vectors = known.flatMap((row) => (row.vector === null ? [] : [row.vector]));
  const bytes = Buffer.concat(vectors);
  return {
    labels: Uint32Array.from(known, (row) => row.label),
    adds: Uint8Array.from(known, (row) => row.is_add),
    vectors: new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
    firstSequence: rows[0]?.sequence ?? 0,
    sequence: rows.at(-1)?.sequence ?? 0,
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
