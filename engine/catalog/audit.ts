/**
 * What deep validation reads of the catalog: documents with their chunks, vectors with their checksums, labels in order.
 * All by key, page by page; what can be large (a document) comes one at a time.
 */
import { PlumblineError } from '../errors.ts';
import { catalogError, type ReadableDatabase, type WritableDatabase } from './database.ts';
import type { IndexedEntity } from './entities.ts';

/** A document as it is stored, and what it was when it was embedded. */
export interface StoredDocument {
  readonly recipeId: number;
  readonly textHash: Buffer;
  readonly document: string;
}

/** A chunk, and what its label leads to. */
export interface StoredChunk {
  readonly ordinal: number;
  readonly label: number;
  /** UTF-16 offsets [start, end). */
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  /** False where the catalog has no such label. */
  readonly isLabelled: boolean;
  /** Hash of the text that the vector was made of; null where there is no vector. */
  readonly textHash: Buffer | null;
}

/** A label and its vector. */
export interface StoredVector {
  readonly label: number;
  /** Hash of the text that the vector was made of; null where the embedding is gone. */
  readonly textHash: Buffer | null;
  /** f16 bits, little endian; null where the embedding is gone. */
  readonly vector: Buffer | null;
  readonly crc: number | null;
}

interface ChunkRow {
  ordinal: number;
  label: number;
  start_offset: number;
  end_offset: number;
  tokens: number;
  embedding_id: number | null;
  text_hash: Buffer | null;
}

const VECTOR = `SELECT l.label, e.text_hash AS textHash, e.vector, e.crc
  FROM label l LEFT JOIN embedding e ON e.id = l.embedding_id`;

export function auditReader(db: ReadableDatabase) {
  const document = db.prepare<[number], { recipe_id: number; text_hash: Buffer; document: string }>(
    'SELECT recipe_id, text_hash, document FROM entity WHERE id = ?',
  );
  const chunks = db.prepare<[number], ChunkRow>(
    `SELECT c.ordinal, c.label, c.start_offset, c.end_offset, c.tokens, l.embedding_id, m.text_hash
     FROM chunk c LEFT JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
     LEFT JOIN embedding m ON m.id = l.embedding_id WHERE c.entity_id = ? ORDER BY c.ordinal`,
  );
  const vectors = db.prepare<[number, number, number], StoredVector>(
    `${VECTOR} WHERE l.generation_id = ? AND l.label > ? ORDER BY l.label LIMIT ?`,
  );
  const vector = db.prepare<[number, number], StoredVector>(
    `${VECTOR} WHERE l.generation_id = ? AND l.label = ?`,
  );
  const labels = db
    .prepare<[number, number, number], number>(
      'SELECT label FROM label WHERE generation_id = ? AND label > ? ORDER BY label LIMIT ?',
    )
    .pluck();
  const labelFrom = db
    .prepare<[number, number], number>(
      'SELECT label FROM label WHERE generation_id = ? AND label >= ? ORDER BY label LIMIT 1',
    )
    .pluck();
  const labelsOf = db
    .prepare<[number], number>('SELECT DISTINCT label FROM chunk WHERE entity_id = ? ORDER BY label')
    .pluck();
  // Texts repeat: a label may lead to as many entities as there are.
  const entitiesOf = db.prepare<
    [{ generation: number; label: number; after: number; limit: number }],
    IndexedEntity
  >(
    `SELECT DISTINCT e.id, e.key FROM chunk c JOIN entity e ON e.id = c.entity_id
     WHERE c.generation_id = :generation AND c.label = :label AND c.entity_id > :after
     ORDER BY c.entity_id LIMIT :limit`,
  );
  const chunkOf = db.prepare<
    [number, number],
    { entityId: number; start: number; end: number; tokens: number }
  >(
    `SELECT entity_id AS entityId, start_offset AS start, end_offset AS end, tokens FROM chunk
     WHERE generation_id = ? AND label = ? ORDER BY entity_id, ordinal LIMIT 1`,
  );
  return {
    /** An entity's document; null where it is gone. */
    document(entityId: number): StoredDocument | null {
      const row = document.get(entityId);
      if (row === undefined) return null;
      return { recipeId: row.recipe_id, textHash: row.text_hash, document: row.document };
    },
    /** An entity's chunks, in order. */
    chunks(entityId: number): StoredChunk[] {
      return chunks.all(entityId).map((row) => ({
        ordinal: row.ordinal,
        label: row.label,
        start: row.start_offset,
        end: row.end_offset,
        tokens: row.tokens,
        isLabelled: row.embedding_id !== null,
        textHash: row.text_hash,
      }));
    },
    /** Labels above `after` (-1 from the start) with their vectors, ascending. */
    vectors(generationId: number, after: number, limit: number): StoredVector[] {
      return vectors.all(generationId, after, limit);
    },
    /** One label with its vector; null where the catalog has no such label. */
    vector(generationId: number, label: number): StoredVector | null {
      return vector.get(generationId, label) ?? null;
    },
    /** Labels above `after` (-1 from the start), ascending. */
    labels(generationId: number, after: number, limit: number): number[] {
      return labels.all(generationId, after, limit);
    },
    /** The first label from this one on, wrapping round at the end; null where there is none at all. */
    labelFrom(generationId: number, from: number): number | null {
      return labelFrom.get(generationId, from) ?? labelFrom.get(generationId, 0) ?? null;
    },
    /** The labels of an entity's chunks. */
    labelsOf(entityId: number): number[] {
      return labelsOf.all(entityId);
    },
    /** Entities with a chunk of this label, by id above `after` (0 from the start). */
    entitiesOf(generationId: number, label: number, after: number, limit: number): IndexedEntity[] {
      return entitiesOf.all({ generation: generationId, label, after, limit });
    },
    /** Some chunk of this label; null where nothing refers to it. */
    chunkOf(generationId: number, label: number) {
      return chunkOf.get(generationId, label) ?? null;
    },
  };
}
export type AuditReader = ReturnType<typeof auditReader>;

/** Problems named in an error; one damaged page can make thousands. */
const MAX_PROBLEMS = 20;

export function auditWriter(db: WritableDatabase, path: string) {
  const structureProblems = (): string[] => {
    const rows = db.pragma(`integrity_check(${MAX_PROBLEMS})`) as { integrity_check: string }[];
    // A row may hold several lines, under a heading that names the database.
    return rows
      .flatMap((row) => row.integrity_check.split('\n'))
      .filter((line) => line !== 'ok' && !line.startsWith('***') && !line.includes('document_fts'));
  };
  return {
    ...auditReader(db),
    /**
     * What SQLite finds wrong with its own structures (trees, indexes, records), the full-text index aside; empty when all is
     * well. One blocking statement.
     */
    structureProblems,
    /**
     * Makes SQLite's own indexes anew from the tables, which is all that can be derived. Call it inside a transaction: it throws
     * where that does not mend the catalog.
     */
    mendIndexes(): void {
      db.exec('REINDEX');
      const [problem] = structureProblems();
      if (problem !== undefined)
        throw new PlumblineError('CATALOG_DAMAGED', `${path} is damaged (${problem})`);
    },
    /** Whether the full-text index agrees with the documents of all entities. One blocking statement. */
    isFullTextSound(): boolean {
      try {
        db.exec(`INSERT INTO document_fts (document_fts, rank) VALUES ('integrity-check', 1)`);
        return true;
      } catch (error) {
        // The index's own verdict; any other error is about the catalog itself.
        if ((error as { code?: unknown }).code === 'SQLITE_CORRUPT_VTAB') return false;
        throw catalogError(error, path);
      }
    },
    /** Makes the full-text index anew from the documents. One blocking statement, which cannot be cut. */
    rebuildFullText(): void {
      db.exec(`INSERT INTO document_fts (document_fts) VALUES ('rebuild')`);
    },
  };
}
export type AuditWriter = ReturnType<typeof auditWriter>;
