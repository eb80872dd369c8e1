/** Reads of entities, chunks and full text. */
import type { EncodedKey } from '../key.ts';
import type { ReadableDatabase } from './database.ts';

/** What comparing with the source needs of an indexed entity. */
export interface IndexedState {
  readonly id: number;
  readonly recipeId: number;
  readonly textHash: Buffer;
  readonly checksum: Buffer;
  /** The job that wrote it last. */
  readonly jobId: number;
}

/** An entity as it is stored, with its document. */
export interface IndexedDocument extends Omit<IndexedState, 'checksum'> {
  readonly document: string;
  /** Unix time in milliseconds. */
  readonly writtenAt: number;
}

export interface IndexedEntity {
  readonly id: number;
  readonly key: Buffer;
}

export interface IndexedChecksum {
  readonly id: number;
  readonly recipeId: number;
  readonly checksum: Buffer;
}

/** Where a label leads: a chunk and its entity. */
export interface ChunkHit {
  readonly entityId: number;
  readonly start: number;
  readonly end: number;
}

interface StateRow {
  id: number;
  recipe_id: number;
  text_hash: Buffer;
  source_checksum: Buffer;
  job_id: number;
}

export function entityReader(db: ReadableDatabase) {
  const state = db.prepare<[number, Uint8Array], StateRow>(
    `SELECT id, recipe_id, text_hash, source_checksum, job_id FROM entity WHERE generation_id = ? AND key = ?`,
  );
  const indexed = db.prepare<[number, Uint8Array], IndexedDocument>(
    `SELECT id, recipe_id AS recipeId, text_hash AS textHash, document, job_id AS jobId, written_at AS writtenAt
     FROM entity WHERE generation_id = ? AND key = ?`,
  );
  // The key index covers this: documents, which may be large, are not read.
  const page = db.prepare<[number, Uint8Array, number], IndexedEntity>(
    'SELECT id, key FROM entity WHERE generation_id = ? AND key > ? ORDER BY key LIMIT ?',
  );
  const checksums = db.prepare<[number, number, number], IndexedChecksum>(
    `SELECT id, recipe_id AS recipeId, source_checksum AS checksum FROM entity
     WHERE +generation_id = ? AND id BETWEEN ? AND ?`,
  );
  const keyOf = db.prepare<[number], Buffer>('SELECT key FROM entity WHERE id = ?').pluck();
  const idRange = db.prepare<[], { low: number | null; high: number | null }>(
    'SELECT (SELECT min(id) FROM entity) AS low, (SELECT max(id) FROM entity) AS high',
  );
  const document = db.prepare<[number], { key: Buffer; document: string; text_hash: Buffer }>(
    'SELECT key, document, text_hash FROM entity WHERE id = ?',
  );
  const excerpt = db
    .prepare<[number, number], Buffer>('SELECT substr(CAST(document AS BLOB), 1, ?) FROM entity WHERE id = ?')
    .pluck();
  const hitsOfLabel = db.prepare<
    [number, number, number],
    { entity_id: number; start_offset: number; end_offset: number }
  >(
    'SELECT entity_id, start_offset, end_offset FROM chunk WHERE generation_id = ? AND label = ? ORDER BY entity_id, ordinal LIMIT ?',
  );
  const fullText = db.prepare<[string, number, number], { id: number; rank: number }>(
    `SELECT f.rowid AS id, bm25(document_fts) AS rank FROM document_fts f JOIN entity e ON e.id = f.rowid
     WHERE document_fts MATCH ? AND e.generation_id = ? ORDER BY bm25(document_fts), f.rowid LIMIT ?`,
  );
  const ownVector = db
    .prepare<[number], number>(
      `SELECT 1 FROM chunk c JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
       WHERE c.entity_id = ? AND NOT EXISTS (
         SELECT 1 FROM label o WHERE o.embedding_id = l.embedding_id AND o.generation_id <> l.generation_id)
       LIMIT 1`,
    )
    .pluck();
  const anyChunk = db.prepare<[number], number>('SELECT 1 FROM chunk WHERE entity_id = ? LIMIT 1').pluck();
  return {
    /** True where an entity has a vector that no other generation has: one that was made for this one, as a rule. */
    hasOwnVector(id: number): boolean {
      return ownVector.get(id) !== undefined;
    },
    /** False where its text is empty. */
    hasChunks(id: number): boolean {
      return anyChunk.get(id) !== undefined;
    },
    state(generationId: number, key: EncodedKey): IndexedState | null {
      const row = state.get(generationId, key);
      if (row === undefined) return null;
      return {
        id: row.id,
        recipeId: row.recipe_id,
        textHash: row.text_hash,
        checksum: row.source_checksum,
        jobId: row.job_id,
      };
    },
    /** All that is stored of an entity; null where it is not indexed. */
    indexed(generationId: number, key: EncodedKey): IndexedDocument | null {
      return indexed.get(generationId, key) ?? null;
    },
    /** Entities of a generation after a key (from the start when null), in order of the keys' bytes. */
    page(generationId: number, after: EncodedKey | null, limit: number): IndexedEntity[] {
      return page.all(generationId, after ?? new Uint8Array(), limit);
    },
    /** Recipe and source checksum of a generation's entities with ids in a range, ends included. */
    checksums(generationId: number, from: number, to: number): IndexedChecksum[] {
      return checksums.all(generationId, from, to);
    },
    /** The key of an entity that is there. */
    keyOf(id: number): Buffer {
      const key = keyOf.get(id);
      if (key === undefined) throw new RangeError(`entity ${id} is gone`);
      return key;
    },
    /** The span of ids in use, for a bitmap over them. */
    idRange(): { low: number; high: number } {
      const row = idRange.get();
      return { low: row?.low ?? 1, high: row?.high ?? 0 };
    },
    /** The text and the hash it had when it was stored: who shows the text compares them. */
    document(id: number): { key: Buffer; text: string; textHash: Buffer } | null {
      const row = document.get(id);
      return row === undefined ? null : { key: row.key, text: row.document, textHash: row.text_hash };
    },
    /** The beginning of an entity's document: so many UTF-16 units. */
    excerpt(id: number, length: number): string | null {
      // As bytes, three at most for each unit: SQLite counts in code points, and ends at a NUL.
      const bytes = excerpt.get(3 * length, id);
      return bytes?.toString().slice(0, length).toWellFormed() ?? null;
    },
    /** Chunks with this label's text, up to `limit`: several where texts repeat. */
    hitsOfLabel(generationId: number, label: number, limit: number): ChunkHit[] {
      return hitsOfLabel
        .all(generationId, label, limit)
        .map((row) => ({ entityId: row.entity_id, start: row.start_offset, end: row.end_offset }));
    },
    /** Best matches of an FTS5 expression, best first; `rank` is BM25, lower is better. */
    fullText(generationId: number, expression: string, limit: number): { id: number; rank: number }[] {
      return fullText.all(expression, generationId, limit);
    },
  };
}
export type EntityReader = ReturnType<typeof entityReader>;
