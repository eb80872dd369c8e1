/**
 * Undo records: the state of each entity before a job first touched it. They are what a rollback restores from, and they
 * hold the old embeddings until the records themselves are pruned.
 */
import type { EncodedKey } from '../key.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

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

/** The state of one entity before a job first touched it. */
export interface UndoRecord {
  readonly generationId: number;
  readonly key: Buffer;
  /** Null where the entity did not exist. */
  readonly before: UndoState | null;
}

/** A record, and who touched the entity after the undone job did; null where nobody has. */
export interface UndoTouch {
  readonly id: number;
  readonly touchedBy: number | null;
}

/** What an undone job did to an entity: whether it was there before, and whether it is after. */
export interface UndoChange {
  readonly key: Buffer;
  readonly existed: boolean;
  readonly exists: boolean;
}

export interface TouchPage {
  readonly touches: readonly UndoTouch[];
  /** Where the next page starts. */
  readonly next: number;
}

/** Records looked at for a page: those of other jobs lie between those of one that was interrupted. */
const PAGE_SPAN = 10_000;

export interface UndoState {
  readonly recipeId: number;
  readonly textHash: Buffer;
  readonly checksum: Buffer;
  readonly document: string;
  readonly chunks: readonly UndoChunk[];
}

export interface UndoChunk {
  readonly embeddingId: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

interface UndoRow {
  id: number;
  generation_id: number;
  key: Buffer;
  recipe_id: number | null;
  text_hash: Buffer;
  source_checksum: Buffer;
  document: string;
}

/** A job whose touches count for nothing. */
export interface IgnoredJob {
  readonly id: number;
  /**
   * The job that it took back, if it is a rollback: then it counts for nothing only where that one's touch came later, too.
   * A rollback of what was there before is a change like any other.
   */
  readonly of: number | null;
}

const IGNORED = `ignored (id, of) AS MATERIALIZED
  (SELECT value ->> 'id', value ->> 'of' FROM json_each(:ignore))`;

/** A later touch has a later record; one by an older job that was resumed since shows as the entity's writer. */
const TOUCHED_BY = `coalesce(
  (SELECT o.job_id FROM undo o WHERE o.generation_id = u.generation_id AND o.key = u.key AND o.id > u.id
     AND o.job_id <> u.job_id AND NOT EXISTS (SELECT 1 FROM ignored i WHERE i.id = o.job_id AND (i.of IS NULL
       OR EXISTS (SELECT 1 FROM undo p WHERE p.job_id = i.of AND p.generation_id = u.generation_id AND p.key = u.key
         AND p.id > u.id))) ORDER BY o.id DESC LIMIT 1),
  (SELECT e.job_id FROM entity e WHERE e.generation_id = u.generation_id AND e.key = u.key
     AND e.job_id <> u.job_id AND e.job_id NOT IN (SELECT id FROM ignored)))`;

/** After a job an entity is as the next job that touched it found it, or as it is now. */
const EXISTS_AFTER = `coalesce(
  (SELECT o.recipe_id IS NOT NULL FROM undo o WHERE o.generation_id = u.generation_id AND o.key = u.key AND o.id > u.id
   ORDER BY o.id LIMIT 1),
  EXISTS (SELECT 1 FROM entity e WHERE e.generation_id = u.generation_id AND e.key = u.key))`;

export function undoReader(db: ReadableDatabase) {
  const record = db.prepare<[number], UndoRow>(
    'SELECT id, generation_id, key, recipe_id, text_hash, source_checksum, document FROM undo WHERE id = ?',
  );
  // In the order of the table: the index of a job's records has them by key, and would be read whole for every page.
  const touches = db.prepare<
    [{ job: number; ignore: string; after: number; until: number; limit: number }],
    { id: number; touchedBy: number | null }
  >(
    `WITH ${IGNORED} SELECT u.id, ${TOUCHED_BY} AS touchedBy FROM undo u NOT INDEXED
     WHERE u.id > :after AND u.id <= :until AND u.job_id = :job ORDER BY u.id LIMIT :limit`,
  );
  const span = db.prepare<[number], { first: number; last: number }>(
    'SELECT coalesce(min(id), 1) AS first, coalesce(max(id), 0) AS last FROM undo WHERE job_id = ?',
  );
  const chunks = db.prepare<[number], UndoChunk>(
    `SELECT embedding_id AS embeddingId, start_offset AS start, end_offset AS end, tokens
     FROM undo_chunk WHERE undo_id = ? ORDER BY ordinal`,
  );
  const changes = db.prepare<[number, number, number], { key: Buffer; existed: number; after: number }>(
    `SELECT u.key, u.recipe_id IS NOT NULL AS existed, ${EXISTS_AFTER} AS after FROM undo u
     WHERE u.job_id = ? ORDER BY u.generation_id, u.key LIMIT ? OFFSET ?`,
  );
  // In the order of the table, like the touches.
  const countBefore = db.prepare<[number, number, number], { records: number; existed: number }>(
    `SELECT count(*) AS records, count(recipe_id) AS existed FROM undo NOT INDEXED
     WHERE id > ? AND id <= ? AND job_id = ?`,
  );
  const count = db.prepare<[number], number>('SELECT count(*) FROM undo WHERE job_id = ?').pluck();
  const generations = db
    .prepare<[number], number>('SELECT DISTINCT generation_id FROM undo WHERE job_id = ?')
    .pluck();
  const otherRecipe = db
    .prepare<[number, number], number>(
      'SELECT 1 FROM undo WHERE job_id = ? AND recipe_id IS NOT NULL AND recipe_id <> ? LIMIT 1',
    )
    .pluck();
  // One seek per job, however many records it has.
  const touching = db
    .prepare<[{ generation: number; except: number; record: number; job: number }], number>(
      `WITH RECURSIVE holder (id) AS (
         SELECT min(job_id) FROM undo
         UNION ALL SELECT (SELECT min(job_id) FROM undo WHERE job_id > holder.id) FROM holder WHERE holder.id IS NOT NULL)
       SELECT id FROM holder WHERE id <> :except AND EXISTS (SELECT 1 FROM undo u INDEXED BY undo_key
         WHERE u.job_id = holder.id AND u.generation_id = :generation AND (holder.id > :job OR u.id > :record))`,
    )
    .pluck();
  const forgotten = db
    .prepare<[{ type: number; generation: number; except: number; since: number }], number>(
      `SELECT id FROM job WHERE entity_type_id = :type AND id <> :except AND undo_pruned_at IS NOT NULL
         AND coalesce(generation_id, :generation) = :generation AND finished_at >= :since ORDER BY id`,
    )
    .pluck();
  const has = db
    .prepare<[number, number, Uint8Array], number>(
      'SELECT 1 FROM undo WHERE job_id = ? AND generation_id = ? AND key = ?',
    )
    .pluck();
  const lastId = db.prepare<[], number>('SELECT max(id) FROM undo').pluck();
  return {
    /** A record with its content; null where it is gone. */
    get(id: number): UndoRecord | null {
      const row = record.get(id);
      if (row === undefined) return null;
      const { generation_id: generationId, key, recipe_id: recipeId, document } = row;
      if (recipeId === null) return { generationId, key, before: null };
      const { text_hash: hash, source_checksum: checksum } = row;
      return {
        generationId,
        key,
        before: { recipeId, textHash: hash, checksum, document, chunks: chunks.all(id) },
      };
    },
    /** The first and the last record of a job; `first` is above `last` where it has none. */
    span(jobId: number): { readonly first: number; readonly last: number } {
      return span.get(jobId) ?? { first: 1, last: 0 };
    },
    /**
     * Up to `limit` records of a job behind an id, in order, without their content, which may be large. `ignore`: jobs whose
     * touches do not count.
     */
    touches(jobId: number, ignore: readonly IgnoredJob[], after: number, limit: number): TouchPage {
      const until = after + PAGE_SPAN;
      const found = touches.all({ job: jobId, ignore: JSON.stringify(ignore), after, until, limit });
      return { touches: found, next: found.length < limit ? until : (found.at(-1)?.id ?? until) };
    },
    /** What a job did to the entities it touched, in the order of the keys' bytes, `limit` from `offset`. */
    changes(jobId: number, limit: number, offset: number): UndoChange[] {
      return changes
        .all(jobId, limit, offset)
        .map(({ key, existed, after }) => ({ key, existed: existed === 1, exists: after === 1 }));
    },
    /** How many entities a job touched, and how many of them were there before, by records with ids in (after, until]. */
    countBefore(jobId: number, after: number, until: number): { records: number; existed: number } {
      return countBefore.get(after, until, jobId) ?? { records: 0, existed: 0 };
    },
    /** Whether a job has touched an entity. */
    has(jobId: number, generationId: number, key: EncodedKey): boolean {
      return has.get(jobId, generationId, key) !== undefined;
    },
    count(jobId: number): number {
      return count.get(jobId) ?? 0;
    },
    /** Generations in which a job touched entities; mostly one. */
    generationsOf(jobId: number): number[] {
      return generations.all(jobId);
    },
    /** Whether a rollback would bring back anything made with another recipe than this one. */
    restoresOtherRecipe(jobId: number, recipeId: number): boolean {
      return otherRecipe.get(jobId, recipeId) !== undefined;
    },
    /**
     * Other jobs that touched entities of a generation behind a record, or at all where they are newer than a job: the numbers
     * of records that were pruned may be given again.
     */
    jobsTouching(
      generationId: number,
      except: number,
      behind: { readonly record: number; readonly job: number },
    ): number[] {
      return touching.all({ generation: generationId, except, ...behind });
    },
    /** Other jobs that may have touched entities of a generation since a time, and whose records of that are pruned. */
    jobsForgotten(entityTypeId: number, generationId: number, except: number, since: number): number[] {
      return forgotten.all({ type: entityTypeId, generation: generationId, except, since });
    },
    /** The newest record of all; 0 where there is none. */
    lastId(): number {
      return lastId.get() ?? 0;
    },
  };
}
export type UndoReader = ReturnType<typeof undoReader>;

export function undoWriter(db: WritableDatabase) {
  const insert = db.prepare(
    `INSERT INTO undo (job_id, generation_id, key, recipe_id, text_hash, source_checksum, document, written_by, written_at)
     SELECT ?, id, ?, ?, ?, ?, ?, ?, ? FROM generation WHERE id = ? AND state <> 'building'
     ON CONFLICT DO NOTHING`,
  );
  const copyChunks = db.prepare<[number | bigint, number]>(
    `INSERT INTO undo_chunk (undo_id, ordinal, embedding_id, start_offset, end_offset, tokens)
     SELECT ?, c.ordinal, l.embedding_id, c.start_offset, c.end_offset, c.tokens
     FROM chunk c JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label WHERE c.entity_id = ?`,
  );
  return {
    /**
     * Records the state before the first touch by this job; later touches change nothing. `before` null: absent. What is
     * written to a generation that does not serve yet needs no record: it can be dropped as a whole.
     */
    remember(
      context: { readonly jobId: number; readonly generationId: number },
      key: EncodedKey,
      before: EntityRow | null,
    ): void {
      const { changes, lastInsertRowid } = insert.run(
        context.jobId,
        key,
        before?.recipe_id ?? null,
        before?.text_hash ?? null,
        before?.source_checksum ?? null,
        before?.document ?? null,
        before?.job_id ?? null,
        before?.written_at ?? null,
        context.generationId,
      );
      if (changes === 1 && before !== null) copyChunks.run(lastInsertRowid, before.id);
    },
  };
}
