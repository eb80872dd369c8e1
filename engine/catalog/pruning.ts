/**
 * Removes what retention no longer covers, in steps that each take a moment and leave a sound catalog. What may go is
 * decided in `retention.ts`; a loop over the steps is in `jobs/prune.ts`. A step belongs inside `WritableCatalog.transaction`.
 */
import type { RetiredGeneration, UndoableJob } from '../retention.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** What is to go, or would. */
export interface Prunable {
  /** Jobs whose undo records go. */
  readonly jobs: readonly number[];
  /** Generations whose content goes, undo records included. */
  readonly generations: readonly number[];
}

/** A page of a count: what it found, and where the next page starts; `last` null at the end. */
export interface CountPage {
  readonly rows: number;
  /** Estimated size in the file. */
  readonly bytes: number;
  readonly last: number | null;
}

/** Longest time a step works on rows that differ in size before it leaves the rest to the next one. */
const STEP_MS = 25;
/** Rows removed between two looks at the clock. */
const ROWS_PER_LOOK = 20;
/** What rows of some kinds take in the file with their indexes, beside what they hold; measured on the sample shop. */
const UNDO_BYTES = 65;
const ENTITY_BYTES = 125;
const LABEL_BYTES = 75;
const EMBEDDING_BYTES = 105;
/** A document and its share of the full-text index, per byte of text; measured on the sample shop. */
const TEXT_FACTOR = 1.7;
/** Documents that the mean size of a generation's documents is taken from. */
const SAMPLE = 500;

/** States of jobs that can go on: nothing they may need is pruned. */
const OPEN = `('queued', 'running', 'paused', 'interrupted')`;

export function pruningReader(db: ReadableDatabase) {
  const types = db.prepare<[], { id: number; name: string }>('SELECT id, name FROM entity_type ORDER BY id');
  // A step of the recursion finds the next job in the index, so that millions of records cost as many seeks as there are jobs.
  const jobs = db.prepare<
    [number],
    { id: number; startedAt: number; endedAt: number | null; isOpen: number; isPruned: number }
  >(
    `WITH RECURSIVE holder (id) AS (
       SELECT min(job_id) FROM undo
       UNION ALL SELECT (SELECT min(job_id) FROM undo WHERE job_id > holder.id) FROM holder WHERE holder.id IS NOT NULL)
     SELECT j.id, coalesce(j.started_at, j.created_at) AS startedAt, coalesce(j.finished_at, j.created_at) AS endedAt,
       j.undo_pruned_at IS NOT NULL AS isPruned,
       j.state IN ${OPEN} OR EXISTS (SELECT 1 FROM job r WHERE r.state IN ${OPEN} AND r.kind = 'rollback'
         AND json_extract(r.options, '$.ofJob') = j.id) AS isOpen
     FROM holder JOIN job j ON j.id = holder.id WHERE j.entity_type_id = ?`,
  );
  // Its successor's switch retired it. The times of a generation that serves again are overwritten: then it looks younger.
  const retired = db.prepare<
    [number],
    { id: number; served: number; retiredAt: number; isStarted: number; isPinned: number }
  >(
    `SELECT g.id,
       g.switched_at IS NOT NULL OR g.number = (SELECT min(number) FROM generation WHERE entity_type_id = g.entity_type_id)
         AS served,
       coalesce((SELECT min(o.switched_at) FROM generation o WHERE o.entity_type_id = g.entity_type_id AND o.id <> g.id
         AND o.switched_at >= coalesce(g.switched_at, g.created_at)), g.switched_at, g.created_at) AS retiredAt,
       g.prune_started_at IS NOT NULL AS isStarted,
       EXISTS (SELECT 1 FROM job j WHERE j.state IN ${OPEN} AND j.entity_type_id = g.entity_type_id AND (
         j.generation_id = g.id OR j.previous_generation_id = g.id
         OR EXISTS (SELECT 1 FROM undo u WHERE u.job_id = j.id AND u.generation_id = g.id))) AS isPinned
     FROM generation g WHERE g.entity_type_id = ? AND g.state = 'retired' AND g.pruned_at IS NULL ORDER BY g.id`,
  );
  // Repairs and retries do not say where they write: it is the generation of their recipe's model.
  const refers = `(j.generation_id = g.id OR j.generation_id IS NULL
    AND (SELECT model_id FROM recipe WHERE id = j.recipe_id) = g.model_id)`;
  const abandoned = db
    .prepare<[number], number>(
      `SELECT g.id FROM generation g WHERE g.entity_type_id = ? AND g.state = 'building'
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.entity_type_id = g.entity_type_id AND j.kind <> 'validate'
           AND j.state IN ${OPEN} AND ${refers})
         AND NOT EXISTS (SELECT 1 FROM job j WHERE ${refers} AND j.id = (SELECT max(id) FROM job
           WHERE entity_type_id = g.entity_type_id AND kind IN ('index', 'repair', 'rebuild', 'retry')))`,
    )
    .pluck();
  const undoPage = db.prepare<
    [{ after: number; limit: number; jobs: string; generations: string }],
    { rows: number; bytes: number; last: number | null }
  >(
    `WITH page AS (SELECT id, key, document, job_id IN (SELECT value FROM json_each(:jobs))
         OR generation_id IN (SELECT value FROM json_each(:generations)) AS goes
       FROM undo WHERE id > :after ORDER BY id LIMIT :limit)
     SELECT coalesce(sum(goes), 0) AS rows, max(id) AS last, coalesce(sum(CASE WHEN goes THEN
       ${UNDO_BYTES} + 3 * length(key) + coalesce(octet_length(document), 0) ELSE 0 END), 0) AS bytes FROM page`,
  );
  const size = db.prepare<[number], { documents: number | null; entities: number; labels: number }>(
    `SELECT g.entities, g.labels,
       (SELECT avg(octet_length(document)) FROM (SELECT document FROM entity WHERE generation_id = g.id LIMIT ${SAMPLE})) AS documents
     FROM generation g WHERE g.id = ?`,
  );
  const unused = embeddingPage(
    db,
    `SELECT count(*) FILTER (WHERE goes) AS rows, max(id) AS last,
       coalesce(sum(CASE WHEN goes THEN ${EMBEDDING_BYTES} + size ELSE 0 END), 0) AS bytes FROM page`,
  );
  const jobsOf = (entityTypeId: number) => jobs.all(entityTypeId);
  return {
    /** Every entity type that the catalog knows, those that are no longer configured included. */
    types(): { readonly id: number; readonly name: string }[] {
      return types.all();
    },
    /** Jobs of a type that can be rolled back, or could if they had ended. */
    undoable(entityTypeId: number): UndoableJob[] {
      return jobsOf(entityTypeId)
        .filter((job) => job.isPruned === 0)
        .map(({ id, startedAt, endedAt, isOpen }) => ({
          id,
          startedAt,
          endedAt: isOpen === 1 ? null : endedAt,
        }));
    },
    /** Jobs of a type whose pruning was begun and did not come to its end. */
    halfPrunedJobs(entityTypeId: number): number[] {
      return jobsOf(entityTypeId)
        .filter((job) => job.isPruned === 1)
        .map((job) => job.id);
    },
    /** Retired generations of a type that are whole, and that no job which can go on needs. */
    retired(entityTypeId: number): RetiredGeneration[] {
      return retired
        .all(entityTypeId)
        .filter((generation) => generation.isStarted === 0 && generation.isPinned === 0)
        .map(({ id, served, retiredAt }) => ({ id, retiredAt: served === 1 ? retiredAt : null }));
    },
    /** Generations of a type whose pruning was begun and did not come to its end. */
    halfPrunedGenerations(entityTypeId: number): number[] {
      return retired
        .all(entityTypeId)
        .filter((generation) => generation.isStarted === 1)
        .map((generation) => generation.id);
    },
    /** Generations of a type that were being built, that no job which can go on builds, and that the newest job left alone. */
    abandoned(entityTypeId: number): number[] {
      return abandoned.all(entityTypeId);
    },
    /** Counts undo records that would go, of up to `limit` records behind `after`. */
    countUndo({ jobs: ids, generations }: Prunable, after: number, limit: number): CountPage {
      return (
        undoPage.get({ after, limit, jobs: JSON.stringify(ids), generations: JSON.stringify(generations) }) ??
        NO_PAGE
      );
    },
    /** Counts embeddings that nothing would refer to, of up to `limit` embeddings behind `after`. */
    countEmbeddings(prunable: Prunable, after: number, limit: number): CountPage {
      return unused.get(prunable, after, limit);
    },
    /** Estimated bytes that a generation takes in the catalog, its embeddings and undo records aside. */
    generationBytes(generationId: number): number {
      const { documents = 0, entities = 0, labels = 0 } = size.get(generationId) ?? {};
      return Math.round(entities * (ENTITY_BYTES + TEXT_FACTOR * (documents ?? 0)) + labels * LABEL_BYTES);
    },
  };
}
export type PruningReader = ReturnType<typeof pruningReader>;

const NO_PAGE: CountPage = { rows: 0, bytes: 0, last: null };

/**
 * A statement over a page of embeddings, where `goes` says that nothing refers to one: no label, and no undo record,
 * those of what is `Prunable` aside.
 */
function embeddingPage(db: ReadableDatabase, select: string) {
  const statement = db.prepare<
    [{ after: number; limit: number; jobs: string; generations: string }],
    CountPage
  >(
    `WITH page AS MATERIALIZED (SELECT e.id, length(e.vector) AS size,
       NOT EXISTS (SELECT 1 FROM label l WHERE l.embedding_id = e.id
         AND l.generation_id NOT IN (SELECT value FROM json_each(:generations)))
       AND NOT EXISTS (SELECT 1 FROM undo_chunk c JOIN undo u ON u.id = c.undo_id WHERE c.embedding_id = e.id
         AND u.job_id NOT IN (SELECT value FROM json_each(:jobs))
         AND u.generation_id NOT IN (SELECT value FROM json_each(:generations))) AS goes
       FROM embedding e WHERE e.id > :after ORDER BY e.id LIMIT :limit)
     ${select}`,
  );
  return {
    get: (prunable: Prunable, after: number, limit: number): CountPage =>
      statement.get({
        after,
        limit,
        jobs: JSON.stringify(prunable.jobs),
        generations: JSON.stringify(prunable.generations),
      }) ?? NO_PAGE,
  };
}

export function pruningWriter(db: WritableDatabase) {
  const reader = pruningReader(db);
  const forget = db.prepare<[number, number]>(
    `UPDATE job SET undo_pruned_at = ? WHERE id = ? AND undo_pruned_at IS NULL AND state NOT IN ${OPEN}`,
  );
  const isForgotten = db
    .prepare<[number], number>('SELECT 1 FROM job WHERE id = ? AND undo_pruned_at IS NOT NULL')
    .pluck();
  const removeUndo = db.prepare<[number, number]>(
    'DELETE FROM undo WHERE id IN (SELECT id FROM undo WHERE job_id = ? LIMIT ?)',
  );
  const removeUndoOf = db.prepare<[number, number]>(
    'DELETE FROM undo WHERE id IN (SELECT id FROM undo WHERE generation_id = ? LIMIT ?)',
  );
  const touchedIn = db
    .prepare<[number, number], number>('SELECT 1 FROM undo WHERE job_id = ? AND generation_id = ? LIMIT 1')
    .pluck();
  const retire = db.prepare<[number]>(
    `UPDATE generation SET state = 'retired' WHERE id = ? AND state = 'building'`,
  );
  const start = db.prepare<[number, number]>(
    `UPDATE generation SET prune_started_at = ? WHERE id = ? AND state = 'retired' AND prune_started_at IS NULL`,
  );
  const isStarted = db
    .prepare<[number], number>(
      `SELECT 1 FROM generation WHERE id = ? AND state = 'retired' AND prune_started_at IS NOT NULL`,
    )
    .pluck();
  const finish = db.prepare<[number, number]>(
    'UPDATE generation SET pruned_at = ?, entities = 0, labels = 0, snapshot_sequence = 0 WHERE id = ?',
  );
  const entityIds = db
    .prepare<[number, number], number>('SELECT id FROM entity WHERE generation_id = ? LIMIT ?')
    .pluck();
  const document = db.prepare<[number], string>('SELECT document FROM entity WHERE id = ?').pluck();
  const removeText = db.prepare<[number, string]>(
    `INSERT INTO document_fts (document_fts, rowid, document) VALUES ('delete', ?, ?)`,
  );
  const removeChunks = db.prepare<[number]>('DELETE FROM chunk WHERE entity_id = ?');
  const removeEntity = db.prepare<[number]>('DELETE FROM entity WHERE id = ?');
  const countEntities = db.prepare<[number, number]>(
    'UPDATE generation SET entities = max(entities - ?, 0) WHERE id = ?',
  );
  const removeLabels = db.prepare<[number, number]>(
    `DELETE FROM label WHERE (generation_id, label) IN
       (SELECT generation_id, label FROM label WHERE generation_id = ? ORDER BY label LIMIT ?)`,
  );
  const countLabels = db.prepare<[number, number]>(
    'UPDATE generation SET labels = max(labels - ?, 0) WHERE id = ?',
  );
  const removeOps = db.prepare<[number, number]>(
    `DELETE FROM op WHERE (generation_id, sequence) IN
       (SELECT generation_id, sequence FROM op WHERE generation_id = ? ORDER BY sequence LIMIT ?)`,
  );
  const removeCommits = db.prepare<[number, number]>(
    `DELETE FROM op_commit WHERE (generation_id, sequence) IN
       (SELECT generation_id, sequence FROM op_commit WHERE generation_id = ? ORDER BY sequence LIMIT ?)`,
  );
  const pageEnd = db
    .prepare<[number, number], number | null>(
      'SELECT max(id) FROM (SELECT id FROM embedding WHERE id > ? ORDER BY id LIMIT ?)',
    )
    .pluck();
  const removeUnused = db.prepare<[number, number]>(
    `DELETE FROM embedding WHERE id > ? AND id <= ?
       AND NOT EXISTS (SELECT 1 FROM label l WHERE l.embedding_id = embedding.id)
       AND NOT EXISTS (SELECT 1 FROM undo_chunk c WHERE c.embedding_id = embedding.id)`,
  );

  const removeEntities = (generationId: number, limit: number): number => {
    const until = performance.now() + STEP_MS;
    let removed = 0;
    for (const id of entityIds.all(generationId, limit)) {
      if (removed > 0 && performance.now() >= until) break;
      // The full-text index keeps no text of its own: it takes out the words that it is given.
      removeText.run(id, document.get(id) ?? '');
      removeChunks.run(id);
      removeEntity.run(id);
      removed += 1;
    }
    countEntities.run(removed, generationId);
    return removed;
  };

  return {
    ...reader,
    /**
     * Says that a job cannot be rolled back any more. Commit it before the first record goes: a job with half of its
     * records must never be rolled back. False where the job can go on after all.
     */
    forgetUndo(jobId: number): boolean {
      forget.run(Date.now(), jobId);
      return isForgotten.get(jobId) !== undefined;
    },
    /** Removes up to `limit` undo records of a job that was told so; how many went. */
    removeUndo(jobId: number, limit: number): number {
      if (isForgotten.get(jobId) === undefined) return 0;
      return withinStep(limit, (rows) => removeUndo.run(jobId, rows).changes);
    },
    /** Gives up a generation that was being built. */
    retireAbandoned(generationId: number): void {
      retire.run(generationId);
    },
    /**
     * Says that a retired generation cannot serve again, and that jobs with undo records in it cannot be rolled back. Commit
     * it before anything goes. False where the generation is in use after all.
     */
    startGeneration(entityTypeId: number, generationId: number): boolean {
      start.run(Date.now(), generationId);
      if (isStarted.get(generationId) === undefined) return false;
      for (const { id } of reader.undoable(entityTypeId))
        if (touchedIn.get(id, generationId) !== undefined) forget.run(Date.now(), id);
      return true;
    },
    /** Removes up to `limit` rows of a generation whose pruning was started; how many went, 0 when none are left. */
    removeFromGeneration(
      generationId: number,
      limit: number,
    ): { readonly rows: number; readonly undo: number } {
      if (isStarted.get(generationId) === undefined) return { rows: 0, undo: 0 };
      const undo = withinStep(limit, (rows) => removeUndoOf.run(generationId, rows).changes);
      if (undo > 0) return { rows: undo, undo };
      const entities = removeEntities(generationId, limit);
      if (entities > 0) return { rows: entities, undo: 0 };
      const labels = removeLabels.run(generationId, limit).changes;
      countLabels.run(labels, generationId);
      const rows =
        labels ||
        removeOps.run(generationId, limit).changes ||
        removeCommits.run(generationId, limit).changes;
      return { rows, undo: 0 };
    },
    /** Says that nothing is left of a generation, its folder included. */
    finishGeneration(generationId: number): void {
      finish.run(Date.now(), generationId);
    },
    /** Removes embeddings that nothing refers to, of up to `limit` embeddings behind `after`. */
    removeEmbeddings(
      after: number,
      limit: number,
    ): { readonly removed: number; readonly last: number | null } {
      const last = pageEnd.get(after, limit) ?? null;
      return { removed: last === null ? 0 : removeUnused.run(after, last).changes, last };
    },
  };
}
export type PruningWriter = ReturnType<typeof pruningWriter>;

/** Removes up to `limit` rows, a few at a time, for as long as a step may take: one record can hold a document of megabytes. */
function withinStep(limit: number, remove: (rows: number) => number): number {
  const until = performance.now() + STEP_MS;
  let removed = 0;
  for (;;) {
    const wanted = Math.min(ROWS_PER_LOOK, limit - removed);
    const gone = remove(wanted);
    removed += gone;
    if (gone < wanted || removed >= limit || performance.now() >= until) return removed;
  }
}
