/**
 * Undo records: the state of each entity before a job first touched it. They are what a rollback restores from, and they
 * hold the old embeddings until the records themselves are pruned.
 */
import type { EncodedKey } from '../key.ts';
import type { WritableDatabase } from './database.ts';

/** A row of `entity` as it is stored. */
export interface EntityRow {
  readonly id: number;
  readonly generation_id: number;
  readonly key: Buffer;
  readonly recipe_id: number;
  readonly text_hash: Buffer;
  readonly source_checksum: Buffer;
  readonly document: string;
  readonly job_id: number;
  readonly written_at: number;
}

export function undoWriter(db: WritableDatabase) {
  const insert = db.prepare(
    `INSERT INTO undo (job_id, generation_id, key, recipe_id, text_hash, source_checksum, document, written_by, written_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const copyChunks = db.prepare<[number | bigint, number]>(
    `INSERT INTO undo_chunk (undo_id, ordinal, embedding_id, start_offset, end_offset, tokens)
     SELECT ?, c.ordinal, l.embedding_id, c.start_offset, c.end_offset, c.tokens
     FROM chunk c JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label WHERE c.entity_id = ?`,
  );
  return {
    /** Records the state before the first touch by this job; later touches change nothing. `before` null: absent. */
    remember(
      context: { readonly jobId: number; readonly generationId: number },
      key: EncodedKey,
      before: EntityRow | null,
    ): void {
      const { changes, lastInsertRowid } = insert.run(
        context.jobId,
        context.generationId,
        key,
        before?.recipe_id ?? null,
        before?.text_hash ?? null,
        before?.source_checksum ?? null,
        before?.document ?? null,
        before?.job_id ?? null,
        before?.written_at ?? null,
      );
      if (changes === 1 && before !== null) copyChunks.run(lastInsertRowid, before.id);
    },
  };
}
