/**
 * The one place that changes what is indexed. A call belongs inside `WritableCatalog.transaction`;
 * it writes entity, chunks, labels, full text, op log and undo record together, so that no crash can part them.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { EncodedKey } from '../key.ts';
import type { WritableDatabase } from './database.ts';
import { embeddingReader } from './embeddings.ts';
import { undoWriter, type EntityRow } from './undo.ts';

/** Who writes, where, under which recipe. */
export interface WriteContext {
  readonly jobId: number;
  readonly generationId: number;
  readonly recipeId: number;
}

export interface ChunkWrite {
  readonly embeddingId: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

export interface EntityWrite {
  readonly key: EncodedKey;
  readonly checksum: Uint8Array;
  readonly textHash: Uint8Array;
  readonly document: string;
  /** Empty where the document is: such an entity is in the catalog with no vector. */
  readonly chunks: readonly ChunkWrite[];
}

export function entityWriter(db: WritableDatabase) {
  const undo = undoWriter(db);
  const find = db.prepare<[number, Uint8Array], EntityRow>(
    'SELECT * FROM entity WHERE generation_id = ? AND key = ?',
  );
  const insert = db.prepare(
    `INSERT INTO entity (generation_id, key, recipe_id, text_hash, source_checksum, document, job_id, written_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = db.prepare(
    `UPDATE entity SET recipe_id = ?, text_hash = ?, source_checksum = ?, document = ?, job_id = ?, written_at = ?
     WHERE id = ?`,
  );
  const setChecksum = db.prepare<[Uint8Array, number]>('UPDATE entity SET source_checksum = ? WHERE id = ?');
  const remove = db.prepare<[number]>('DELETE FROM entity WHERE id = ?');
  const countEntities = db.prepare<[number, number]>(
    'UPDATE generation SET entities = entities + ? WHERE id = ?',
  );
  const insertText = db.prepare<[number, string]>('INSERT INTO document_fts (rowid, document) VALUES (?, ?)');
  const deleteText = db.prepare<[number, string]>(
    `INSERT INTO document_fts (document_fts, rowid, document) VALUES ('delete', ?, ?)`,
  );
  const chunkLabels = db
    .prepare<[number], number>('SELECT DISTINCT label FROM chunk WHERE entity_id = ?')
    .pluck();
  const deleteChunks = db.prepare<[number]>('DELETE FROM chunk WHERE entity_id = ?');
  const deleteDangling = db.prepare<[number]>(
    `DELETE FROM chunk WHERE entity_id = ? AND NOT EXISTS (
       SELECT 1 FROM label l JOIN embedding e ON e.id = l.embedding_id
       WHERE l.generation_id = chunk.generation_id AND l.label = chunk.label)`,
  );
  const insertChunk = db.prepare(
    `INSERT INTO chunk (entity_id, ordinal, generation_id, label, start_offset, end_offset, tokens)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const labels = labelWriter(db);
  const embeddings = embeddingReader(db);
  const insertEmbedding = db.prepare<[number, Uint8Array, Uint8Array, number]>(
    'INSERT INTO embedding (model_id, text_hash, vector, crc) VALUES (?, ?, ?, ?)',
  );
  const setVector = db.prepare<[Uint8Array, number, number, Uint8Array, number]>(
    'UPDATE embedding SET vector = ?, crc = ? WHERE id = ? AND (vector <> ? OR crc <> ?)',
  );

  const write = (context: WriteContext, entity: EntityWrite): void => {
    const present = find.get(context.generationId, entity.key);
    undo.remember(context, entity.key, present ?? null);
    const before = present === undefined ? [] : chunkLabels.all(present.id);
    const id = present === undefined ? add(context, entity) : replace(context, entity, present);
    entity.chunks.forEach((chunk, ordinal) => {
      const label = labels.ensure(context.generationId, chunk.embeddingId);
      insertChunk.run(id, ordinal, context.generationId, label, chunk.start, chunk.end, chunk.tokens);
    });
    labels.dropUnused(context.generationId, before);
  };

  const add = (context: WriteContext, entity: EntityWrite): number => {
    const { lastInsertRowid } = insert.run(
      context.generationId,
      entity.key,
      context.recipeId,
      entity.textHash,
      entity.checksum,
      entity.document,
      context.jobId,
      Date.now(),
    );
    const id = Number(lastInsertRowid);
    insertText.run(id, entity.document);
    countEntities.run(1, context.generationId);
    return id;
  };

  const replace = (context: WriteContext, entity: EntityWrite, present: EntityRow): number => {
    deleteText.run(present.id, present.document);
    update.run(
      context.recipeId,
      entity.textHash,
      entity.checksum,
      entity.document,
      context.jobId,
      Date.now(),
      present.id,
    );
    insertText.run(present.id, entity.document);
    deleteChunks.run(present.id);
    return present.id;
  };

  return {
    /** Adds an entity or replaces what is indexed of it. Its embeddings must exist. */
    write,
    /** Removes an entity; true when it was there. */
    delete(context: Omit<WriteContext, 'recipeId'>, key: EncodedKey): boolean {
      const present = find.get(context.generationId, key);
      if (present === undefined) return false;
      undo.remember(context, key, present);
      const before = chunkLabels.all(present.id);
      deleteText.run(present.id, present.document);
      deleteChunks.run(present.id);
      remove.run(present.id);
      countEntities.run(-1, context.generationId);
      labels.dropUnused(context.generationId, before);
      return true;
    },
    /**
     * Stores a text's vector (f16 bits); the embedding's id. A text that has a sound one keeps it, unless `replace`: then a
     * vector that differs, or one whose checksum was wrong, takes its place, under new labels.
     */
    putEmbedding(modelId: number, textHash: Uint8Array, vector: Uint16Array, replace: boolean): number {
      const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      const crc = crc32(bytes);
      const present = embeddings.stored(modelId, textHash);
      if (present === null) {
        return Number(insertEmbedding.run(modelId, textHash, bytes, crc).lastInsertRowid);
      }
      if (replace || !present.isSound) {
        // The graph leaves damaged vectors out, so that even an equal one may not be in it.
        const { changes } = setVector.run(bytes, crc, present.id, bytes, crc);
        if (changes === 1) labels.renew(present.id);
      }
      return present.id;
    },
    /** Gives one label of one generation a new number, which the graph then adds anew; false where there is no such label. */
    renewLabel: labels.renewOne,
    /** Takes a label that the catalog does not have out of the graph. */
    dropGhost: labels.dropGhost,
    /**
     * Takes away an entity's chunks that lead to no vector, which only damage leaves behind: what replaces them could not be
     * undone to them.
     */
    removeDangling(generationId: number, entityId: number): void {
      const before = chunkLabels.all(entityId);
      deleteDangling.run(entityId);
      labels.dropUnused(generationId, before);
    },
    /** Notes that a row's columns changed while its text did not. */
    setChecksum(entityId: number, checksum: Uint8Array): void {
      setChecksum.run(checksum, entityId);
    },
    /** Ends a transaction's operations with a commit record. Call it last, once per transaction. */
    sealOperations: labels.seal,
    /** Forgets operations of a transaction that was rolled back. */
    abandonOperations: labels.abandon,
  };
}
export type EntityWriter = ReturnType<typeof entityWriter>;

/** Numbers that a ghost's label may be ahead of those given, for these to be passed over. */
const MAX_PASSED = 1_000_000;

/** Labels and the op log that carries them into the graph. */
function labelWriter(db: WritableDatabase) {
  const find = db.prepare<[number, number], { label: number }>(
    'SELECT label FROM label WHERE embedding_id = ? AND generation_id = ?',
  );
  const nextLabel = db
    .prepare<[number], number>(
      'UPDATE generation SET next_label = next_label + 1 WHERE id = ? RETURNING next_label - 1',
    )
    .pluck();
  const nextSequence = db
    .prepare<[number], number>(
      'UPDATE generation SET last_sequence = last_sequence + 1 WHERE id = ? RETURNING last_sequence',
    )
    .pluck();
  const insert = db.prepare<[number, number, number]>(
    'INSERT INTO label (generation_id, label, embedding_id) VALUES (?, ?, ?)',
  );
  const labelsOf = db.prepare<[number], { generation_id: number; label: number }>(
    'SELECT generation_id, label FROM label WHERE embedding_id = ?',
  );
  const renumber = db.prepare<[number, number, number]>(
    'UPDATE label SET label = ? WHERE generation_id = ? AND label = ?',
  );
  const moveChunks = db.prepare<[number, number, number]>(
    'UPDATE chunk SET label = ? WHERE generation_id = ? AND label = ?',
  );
  const inUse = db.prepare<[number, number]>(
    'SELECT 1 FROM chunk WHERE generation_id = ? AND label = ? LIMIT 1',
  );
  const remove = db.prepare<[number, number]>('DELETE FROM label WHERE generation_id = ? AND label = ?');
  const countLabels = db.prepare<[number, number]>('UPDATE generation SET labels = labels + ? WHERE id = ?');
  const passLabel = db.prepare<[{ generation: number; next: number }]>(
    `UPDATE generation SET next_label = :next
     WHERE id = :generation AND next_label < :next AND next_label + ${MAX_PASSED} > :next`,
  );
  const insertOp = db.prepare<[number, number, number, number]>(
    'INSERT INTO op (generation_id, sequence, is_add, label) VALUES (?, ?, ?, ?)',
  );
  const insertCommit = db.prepare<[number, number, string]>(
    'INSERT INTO op_commit (generation_id, sequence, nonce) VALUES (?, ?, ?)',
  );
  const unsealed = new Map<number, number>();

  const append = (generationId: number, isAdd: boolean, label: number): void => {
    // A damaged number would be cut to 32 bits on its way to the graph, and drop somebody else's vector.
    if (label >>> 0 !== label) return;
    const sequence = required(nextSequence.get(generationId));
    insertOp.run(generationId, sequence, isAdd ? 1 : 0, label);
    unsealed.set(generationId, sequence);
  };

  const renewOne = (generationId: number, label: number): boolean => {
    // Chunks refer to labels: both change before the transaction's check at commit.
    db.pragma('defer_foreign_keys = ON');
    const renewed = required(nextLabel.get(generationId));
    if (renumber.run(renewed, generationId, label).changes === 0) return false;
    moveChunks.run(renewed, generationId, label);
    append(generationId, true, renewed);
    append(generationId, false, label);
    return true;
  };

  return {
    ensure(generationId: number, embeddingId: number): number {
      const found = find.get(embeddingId, generationId);
      if (found !== undefined) return found.label;
      const label = required(nextLabel.get(generationId));
      insert.run(generationId, label, embeddingId);
      countLabels.run(1, generationId);
      append(generationId, true, label);
      return label;
    },
    /** Gives an embedding's labels new numbers, because a graph never changes the vector behind a label. */
    renew(embeddingId: number): void {
      for (const { generation_id: generationId, label } of labelsOf.all(embeddingId)) {
        renewOne(generationId, label);
      }
    },
    renewOne,
    dropGhost(generationId: number, label: number): void {
      // A label that is given later would be kept out of the graph by this drop, until the graph is built anew.
      passLabel.run({ generation: generationId, next: label + 1 });
      append(generationId, false, label);
    },
    dropUnused(generationId: number, candidates: readonly number[]): void {
      for (const label of candidates) {
        if (inUse.get(generationId, label) !== undefined) continue;
        // A chunk of a damaged catalog may refer to a label that is not there.
        if (remove.run(generationId, label).changes > 0) countLabels.run(-1, generationId);
        append(generationId, false, label);
      }
    },
    seal(): void {
      for (const [generationId, sequence] of unsealed) {
        insertCommit.run(generationId, sequence, randomBytes(8).toString('hex'));
      }
      unsealed.clear();
    },
    abandon(): void {
      unsealed.clear();
    },
  };
}

/** The value of a query that always has one row. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('the catalog lost a row that must exist');
  return value;
}
