/** Job rows: durable state, counts and checkpoints. */
import type { Job, JobKind, JobState } from '../contract.ts';
import { publicError, type ErrorData } from '../errors.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** The passes of a repair; a rebuild's last one is `verifying`, too. */
export type JobPhase = 'validating' | 'repairing' | 'verifying';

/** A job as the engine works with it: the contract's job plus what only the engine needs. */
export interface JobRecord {
  readonly id: number;
  readonly kind: JobKind;
  readonly entityType: string;
  readonly entityTypeId: number;
  readonly state: JobState;
  readonly recipeId: number | null;
  readonly generationId: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly sourceIdentity: string | null;
  readonly phase: JobPhase | null;
  readonly checkpoint: Buffer | null;
  readonly reportId: number | null;
  /** The generation that served until this job switched; null where it did not. */
  readonly previousGenerationId: number | null;
  /** Its undo records are gone, or going: it cannot be rolled back any more. */
  readonly isUndoPruned: boolean;
  readonly job: Job;
}

/** Counts to add; all in entities. */
export interface Counts {
  processed: number;
  embedded: number;
  reused: number;
  unchanged: number;
  deleted: number;
  failed: number;
}

export const noCounts = (): Counts => ({
  processed: 0,
  embedded: 0,
  reused: 0,
  unchanged: 0,
  deleted: 0,
  failed: 0,
});

export interface JobFilter {
  /** Any of these; undefined for all. */
  readonly states?: readonly JobState[] | undefined;
  readonly kind?: JobKind | undefined;
  readonly entityType?: string | undefined;
  /** Only jobs with smaller numbers. */
  readonly before?: number | undefined;
  readonly limit: number;
}

interface JobRow {
  id: number;
  kind: JobKind;
  name: string;
  entity_type_id: number;
  state: JobState;
  recipe_id: number | null;
  generation_id: number | null;
  options: string;
  source_identity: string | null;
  phase: JobPhase | null;
  checkpoint: Buffer | null;
  total: number | null;
  processed: number;
  embedded: number;
  reused: number;
  unchanged: number;
  deleted: number;
  failed: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  duration_ms: number;
  error: string | null;
  report_id: number | null;
  previous_generation_id: number | null;
  undo_pruned_at: number | null;
  is_previous_pruned: number;
}

const SELECT = `SELECT j.*, t.name,
  EXISTS (SELECT 1 FROM generation g WHERE g.id = j.previous_generation_id AND g.prune_started_at IS NOT NULL)
    AS is_previous_pruned FROM job j JOIN entity_type t ON t.id = j.entity_type_id`;

const isReversible = (row: JobRow): boolean =>
  row.kind !== 'validate' &&
  row.state !== 'queued' &&
  row.state !== 'running' &&
  row.undo_pruned_at === null &&
  row.is_previous_pruned === 0;

/** A change of a job's state. */
export interface JobEvent {
  readonly at: number;
  readonly state: JobState;
  /** The process that noted it. */
  readonly pid: number;
  readonly error: Job['error'];
}

type EventRow = Omit<JobEvent, 'error'> & { readonly error: string | null };

const toError = (stored: string | null): Job['error'] =>
  stored === null ? null : publicError(JSON.parse(stored) as ErrorData);

function toRecord(row: JobRow): JobRecord {
  const options = JSON.parse(row.options) as Record<string, unknown>;
  return {
    id: row.id,
    kind: row.kind,
    entityType: row.name,
    entityTypeId: row.entity_type_id,
    state: row.state,
    recipeId: row.recipe_id,
    generationId: row.generation_id,
    options,
    sourceIdentity: row.source_identity,
    phase: row.phase,
    checkpoint: row.checkpoint,
    reportId: row.report_id,
    previousGenerationId: row.previous_generation_id,
    isUndoPruned: row.undo_pruned_at !== null,
    job: {
      id: String(row.id),
      kind: row.kind,
      entityType: row.name,
      state: row.state,
      total: row.total,
      processed: row.processed,
      embedded: row.embedded,
      reused: row.reused,
      unchanged: row.unchanged,
      deleted: row.deleted,
      failed: row.failed,
      createdAt: row.created_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      durationMs: row.duration_ms,
      error: toError(row.error),
      ofJob: typeof options['ofJob'] === 'number' ? String(options['ofJob']) : null,
      reversible: isReversible(row),
      reportId: row.report_id === null ? null : String(row.report_id),
    },
  };
}

export function jobReader(db: ReadableDatabase) {
  const byId = db.prepare<[number], JobRow>(`${SELECT} WHERE j.id = ?`);
  const list = db.prepare<
    [Record<'states' | 'kind' | 'type' | 'before' | 'limit', string | number | null>],
    JobRow
  >(
    `${SELECT} WHERE j.id < coalesce(:before, 9223372036854775807)
       AND (:states IS NULL OR j.state IN (SELECT value FROM json_each(:states)))
       AND (:kind IS NULL OR j.kind = :kind) AND (:type IS NULL OR t.name = :type)
     ORDER BY j.id DESC LIMIT :limit`,
  );
  const unfinished = db.prepare<[number, string], JobRow>(
    `${SELECT} WHERE j.entity_type_id = ? AND j.kind = ? AND j.state IN ('queued', 'paused', 'interrupted') ORDER BY j.id DESC`,
  );
  const switcher = db.prepare<[number], JobRow>(
    `${SELECT} WHERE j.generation_id = ? AND j.previous_generation_id IS NOT NULL ORDER BY j.id DESC LIMIT 1`,
  );
  const open = db.prepare<[number], JobRow>(
    `${SELECT} WHERE j.generation_id = ? AND j.state IN ('queued', 'paused', 'interrupted') ORDER BY j.id`,
  );
  const rollbacks = db.prepare<[number], JobRow>(
    `${SELECT} WHERE j.entity_type_id = ? AND j.kind = 'rollback' AND j.state = 'completed' ORDER BY j.id DESC`,
  );
  const events = db.prepare<[number], EventRow>(
    'SELECT at, state, pid, error FROM job_event WHERE job_id = ? ORDER BY id',
  );
  const countByState = db.prepare<[], { state: JobState; count: number }>(
    'SELECT state, count(*) AS count FROM job GROUP BY state',
  );
  return {
    /** How many jobs there are in each state that any is in. */
    countByState(): { state: JobState; count: number }[] {
      return countByState.all();
    },
    /** Completed rollbacks of a type, newest first. */
    rollbacks(entityTypeId: number): JobRecord[] {
      return rollbacks.all(entityTypeId).map(toRecord);
    },
    /** The newest job that made a generation the serving one in the place of another. */
    switchedTo(generationId: number): JobRecord | null {
      const row = switcher.get(generationId);
      return row === undefined ? null : toRecord(row);
    },
    /** Jobs that could be continued and write to this generation. */
    openOn(generationId: number): JobRecord[] {
      return open.all(generationId).map(toRecord);
    },
    /** What a job went through, oldest first; empty for one that ended before this was kept. */
    events(id: number): JobEvent[] {
      return events.all(id).map(({ error, ...event }) => ({ ...event, error: toError(error) }));
    },
    get(id: number): JobRecord | null {
      const row = byId.get(id);
      return row === undefined ? null : toRecord(row);
    },
    /** Newest first. */
    list(filter: JobFilter): JobRecord[] {
      const { states, kind, entityType, before, limit } = filter;
      return list
        .all({
          states: states === undefined ? null : JSON.stringify(states),
          kind: kind ?? null,
          type: entityType ?? null,
          before: before ?? null,
          limit,
        })
        .map(toRecord);
    },
    /** Jobs of a type and kind that could be continued, newest first. */
    resumable(entityTypeId: number, kind: JobKind): JobRecord[] {
      return unfinished.all(entityTypeId, kind).map(toRecord);
    },
  };
}

/** What a new job starts from. */
export interface NewJob {
  readonly kind: JobKind;
  readonly entityTypeId: number;
  readonly recipeId: number | null;
  readonly generationId: number | null;
  readonly options: Record<string, unknown>;
  readonly sourceIdentity: string | null;
}

export function jobWriter(db: WritableDatabase) {
  const reader = jobReader(db);
  const insert = db.prepare(
    `INSERT INTO job (kind, entity_type_id, state, recipe_id, generation_id, options, source_identity, created_at)
     VALUES (?, ?, 'queued', ?, ?, ?, ?, ?)`,
  );
  const start = db.prepare(
    `UPDATE job SET state = 'running', error = NULL, started_at = coalesce(started_at, ?), finished_at = NULL WHERE id = ?`,
  );
  const enqueue = db.prepare(`UPDATE job SET state = 'queued', finished_at = NULL WHERE id = ?`);
  const finish = db.prepare(
    // Rows come and go while they are read: at the end the total is what was read.
    `UPDATE job SET state = :state, error = :error, finished_at = :now, duration_ms = duration_ms + :ranMs,
       total = CASE WHEN :state LIKE 'completed%' THEN processed ELSE total END WHERE id = :id`,
  );
  const addCounts = db.prepare(
    `UPDATE job SET processed = processed + :processed, embedded = embedded + :embedded, reused = reused + :reused,
       unchanged = unchanged + :unchanged, deleted = deleted + :deleted, failed = failed + :failed WHERE id = :id`,
  );
  const setCheckpoint = db.prepare('UPDATE job SET checkpoint = ? WHERE id = ?');
  const setProcessed = db.prepare('UPDATE job SET processed = ? WHERE id = ?');
  const setTotal = db.prepare('UPDATE job SET total = ? WHERE id = ?');
  const setPhase = db.prepare('UPDATE job SET phase = ?, checkpoint = NULL WHERE id = ?');
  const setReport = db.prepare('UPDATE job SET report_id = ? WHERE id = ?');
  const setGeneration = db.prepare('UPDATE job SET generation_id = ? WHERE id = ?');
  const setSwitch = db.prepare('UPDATE job SET generation_id = ?, previous_generation_id = ? WHERE id = ?');
  const interruptRunning = db.prepare(
    `UPDATE job SET state = 'interrupted', finished_at = coalesce(finished_at, ?) WHERE state IN ('running', 'queued')`,
  );
  const addEvent = db.prepare(
    'INSERT INTO job_event (job_id, at, state, pid, error) SELECT id, ?, state, ?, error FROM job WHERE id = ?',
  );
  const addInterruptions = db.prepare(
    `INSERT INTO job_event (job_id, at, state, pid) SELECT id, ?, 'interrupted', ? FROM job
     WHERE state IN ('running', 'queued') ORDER BY id`,
  );
  /** Notes the state that a job has come to, with the error that goes with it. */
  const note = (id: number): void => void addEvent.run(Date.now(), process.pid, id);
  const supersede = db.prepare(`UPDATE job SET state = 'cancelled', error = ?, finished_at = ? WHERE id = ?`);
  return {
    ...reader,
    create(job: NewJob): JobRecord {
      const { lastInsertRowid } = insert.run(
        job.kind,
        job.entityTypeId,
        job.recipeId,
        job.generationId,
        JSON.stringify(job.options),
        job.sourceIdentity,
        Date.now(),
      );
      note(Number(lastInsertRowid));
      const record = reader.get(Number(lastInsertRowid));
      if (record === null) throw new RangeError('the new job is gone');
      return record;
    },
    start(id: number): void {
      start.run(Date.now(), id);
      note(id);
    },
    /** The job waits for its turn. */
    enqueue(id: number): void {
      enqueue.run(id);
      note(id);
    },
    /** Ends a run of the job. `ranMs` is added to its duration. */
    finish(id: number, state: JobState, error: ErrorData | null, ranMs: number): void {
      finish.run({
        state,
        error: error === null ? null : JSON.stringify(error),
        now: Date.now(),
        ranMs: Math.round(ranMs),
        id,
      });
      note(id);
    },
    addCounts(id: number, counts: Counts): void {
      addCounts.run({ ...counts, id });
    },
    setCheckpoint(id: number, checkpoint: Uint8Array): void {
      setCheckpoint.run(checkpoint, id);
    },
    setTotal(id: number, total: number): void {
      setTotal.run(total, id);
    },
    /** For passes that write nothing and count at their end. */
    setProcessed(id: number, processed: number): void {
      setProcessed.run(processed, id);
    },
    /** Enters a pass of the job; its checkpoint starts anew. */
    setPhase(id: number, phase: JobPhase): void {
      setPhase.run(phase, id);
    },
    setReport(id: number, reportId: number): void {
      setReport.run(reportId, id);
    },
    /** Settles which generation the job writes to. */
    setGeneration(id: number, generationId: number): void {
      setGeneration.run(generationId, id);
    },
    /** Notes that the job made one generation serve in the place of another. */
    setSwitch(id: number, generationId: number, previousGenerationId: number): void {
      setSwitch.run(generationId, previousGenerationId, id);
    },
    /** What was running, or waited for its turn, when its process died is interrupted. Only the holder of the lock may say so. */
    interruptRunning(): number {
      addInterruptions.run(Date.now(), process.pid);
      return interruptRunning.run(Date.now()).changes;
    },
    /** Ends the resumability of an interrupted job that a newer one takes the place of. */
    cancel(id: number, reason: ErrorData): void {
      supersede.run(JSON.stringify(reason), Date.now(), id);
      note(id);
    },
  };
}
export type JobReader = ReturnType<typeof jobReader>;
export type JobWriter = ReturnType<typeof jobWriter>;
