/**
 * Entities that failed for good: kept with their text, stage and error until a later attempt succeeds. A person may set
 * one aside (`excluded`): then no job tries it, and it counts as no failure.
 *
 * A letter whose `job_id` is that of an unfinished job was counted by it: as unchanged where it is excluded, else as
 * failed. Resumed jobs rely on this; see `recount` in `operations/letters.ts` and `takeOver` in `jobs/counted.ts`.
 */
import type { DeadLetter, Output } from '../contract.ts';
import { decodeKey, formatKey, keyToJson, type EncodedKey } from '../key.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface DeadLetterWrite {
  readonly entityTypeId: number;
  readonly key: EncodedKey;
  /** Tells rows with the same NULL key apart; 0 for keys that can be addressed. */
  readonly occurrence: number;
  readonly stage: DeadLetter['stage'];
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly text: string | null;
  readonly jobId: number;
}

/** How much of a document a dead letter keeps, in characters. */
export const DEAD_LETTER_TEXT = 2000;

/** Rows with NULL in a key column: they cannot be looked up by key. */
export const NULL_KEY = 'NULL_KEY';

interface Row {
  id: number;
  name: string;
  key: Buffer;
  stage: DeadLetter['stage'];
  code: string;
  message: string;
  attempts: number;
  text: string | null;
  job_id: number;
  first_at: number;
  last_at: number;
  excluded_at: number | null;
  excluded_reason: string | null;
}

/** A dead letter as jobs walk through them. */
export interface LetterEntry {
  readonly id: number;
  readonly key: Buffer;
  readonly jobId: number;
  /** Unix time in milliseconds of the latest attempt. */
  readonly lastAt: number;
  readonly code: string;
  readonly message: string;
  readonly excluded: boolean;
}

/** What a job has to know of the entity before it: who recorded the failure last, and whether it may be tried. */
export interface LetterMark {
  readonly jobId: number;
  readonly excluded: boolean;
}

/** Which letters a retry is about; those that are excluded never are. Absent fields leave the choice open. */
export interface LetterChoice {
  readonly entityTypeId: number;
  /** Recorded last by this job. */
  readonly ofJob?: number | undefined;
  readonly code?: string | undefined;
  /** Leaves out what this job recorded. */
  readonly notOfJob?: number | undefined;
}

/** Which letters are listed; null leaves the choice open. */
export interface LetterFilter {
  readonly entityType: string | null;
  readonly stage: DeadLetter['stage'] | null;
  readonly code: string | null;
}

export type LetterGroup = NonNullable<Output<'deadLetters'>['groups']>[number];

type ListRange = [LetterFilter & { readonly limit: number; readonly offset: number }];
const ENTRY = `SELECT id, key, job_id AS jobId, last_at AS lastAt, code, message,
  excluded_at IS NOT NULL AS excluded FROM dead_letter`;
type EntryRow = Omit<LetterEntry, 'excluded'> & { readonly excluded: number };

export function deadLetterReader(db: ReadableDatabase) {
  const select = 'SELECT d.*, t.name FROM dead_letter d JOIN entity_type t ON t.id = d.entity_type_id';
  const listed = `(:entityType IS NULL OR t.name = :entityType) AND (:stage IS NULL OR d.stage = :stage)
    AND (:code IS NULL OR d.code = :code)`;
  // The index of causes covers the choice: sorting rows with their texts took seconds for 300,000.
  const list = db.prepare<ListRange, Row>(
    `${select} WHERE d.id IN (SELECT d.id FROM entity_type t JOIN dead_letter d ON d.entity_type_id = t.id
       WHERE ${listed} ORDER BY t.name, d.id LIMIT :limit OFFSET :offset) ORDER BY t.name, d.id`,
  );
  const byId = db.prepare<[number], Row>(`${select} WHERE d.id = ?`);
  const count = db
    .prepare<[LetterFilter], number>(
      `SELECT count(*) FROM dead_letter d JOIN entity_type t ON t.id = d.entity_type_id WHERE ${listed}`,
    )
    .pluck();
  const groups = db.prepare<[], LetterGroup>(
    `SELECT t.name AS entityType, d.stage, d.code, count(*) AS count, count(d.excluded_at) AS excluded
     FROM dead_letter d JOIN entity_type t ON t.id = d.entity_type_id
     GROUP BY t.name, d.stage, d.code ORDER BY t.name, d.stage, d.code`,
  );
  // By id, which the index has not: it would be read whole for every page.
  const page = db.prepare<[number, number, number], EntryRow>(
    `${ENTRY} NOT INDEXED WHERE entity_type_id = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const addressable = db.prepare<[number, number, number], EntryRow>(
    `${ENTRY} NOT INDEXED WHERE entity_type_id = ? AND code <> '${NULL_KEY}' AND id > ? ORDER BY id LIMIT ?`,
  );
  const ofKey = db.prepare<[number, Uint8Array], EntryRow>(`${ENTRY} WHERE entity_type_id = ? AND key = ?`);
  const find = db.prepare<[number, Uint8Array, number], { jobId: number; excluded: number }>(
    `SELECT job_id AS jobId, excluded_at IS NOT NULL AS excluded FROM dead_letter
     WHERE entity_type_id = ? AND key = ? AND occurrence = ?`,
  );
  const any = db.prepare<[number], number>('SELECT 1 FROM dead_letter WHERE entity_type_id = ? LIMIT 1');
  const countChosen = db
    .prepare<[Record<string, number | string | null>], number>(
      `SELECT count(*) FROM dead_letter WHERE entity_type_id = :entityTypeId AND excluded_at IS NULL
         AND (:ofJob IS NULL OR job_id = :ofJob) AND (:code IS NULL OR code = :code)
         AND (:notOfJob IS NULL OR job_id <> :notOfJob)`,
    )
    .pluck();
  return {
    list(filter: LetterFilter, limit: number, offset = 0): DeadLetter[] {
      return list.all({ ...filter, limit, offset }).map(toDeadLetter);
    },
    count(filter: LetterFilter): number {
      return count.get(filter) ?? 0;
    },
    /** How many there are of each type, stage and code. */
    groups(): LetterGroup[] {
      return groups.all();
    },
    /** @throws RangeError where there is no such letter. */
    get(id: number): DeadLetter {
      const row = byId.get(id);
      if (row === undefined) throw new RangeError(`dead letter ${id} is gone`);
      return toDeadLetter(row);
    },
    /** All letters of a type, in pages by id. */
    page(entityTypeId: number, afterId: number, limit: number): LetterEntry[] {
      return page.all(entityTypeId, afterId, limit).map(toEntry);
    },
    /** Letters whose row can be read again by its key, in pages by id. */
    addressable(entityTypeId: number, afterId: number, limit: number): LetterEntry[] {
      return addressable.all(entityTypeId, afterId, limit).map(toEntry);
    },
    /** The letters of a key: several only where it holds NULL. */
    ofKey(entityTypeId: number, key: EncodedKey): LetterEntry[] {
      return ofKey.all(entityTypeId, key).map(toEntry);
    },
    /** Null where the entity is no dead letter. */
    find(entityTypeId: number, key: EncodedKey, occurrence = 0): LetterMark | null {
      const mark = find.get(entityTypeId, key, occurrence);
      return mark === undefined ? null : { jobId: mark.jobId, excluded: mark.excluded === 1 };
    },
    /** Whether a type has any: cheap, so that passes over rows need not ask for each. */
    any(entityTypeId: number): boolean {
      return any.get(entityTypeId) !== undefined;
    },
    countChosen({ entityTypeId, ofJob, code, notOfJob }: LetterChoice): number {
      const choice = {
        entityTypeId,
        ofJob: ofJob ?? null,
        code: code ?? null,
        notOfJob: notOfJob ?? null,
      };
      return countChosen.get(choice) ?? 0;
    },
  };
}

const toEntry = (row: EntryRow): LetterEntry => ({ ...row, excluded: row.excluded === 1 });

function toDeadLetter(row: Row): DeadLetter {
  const key = decodeKey(row.key);
  const { excluded_at: at, excluded_reason: reason } = row;
  return {
    entityType: row.name,
    key: formatKey(key),
    keyValues: keyToJson(key),
    stage: row.stage,
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    text: row.text,
    firstAt: row.first_at,
    lastAt: row.last_at,
    jobId: String(row.job_id),
    excluded: at === null ? null : { reason: reason ?? '', at },
  };
}

export function deadLetterWriter(db: WritableDatabase) {
  // What a person has set aside stays so, whatever is recorded of it.
  const upsert = db.prepare(
    `INSERT INTO dead_letter
       (entity_type_id, key, occurrence, stage, code, message, attempts, text, job_id, first_at, last_at)
     VALUES (:entityTypeId, :key, :occurrence, :stage, :code, :message, :attempts, :text, :jobId, :now, :now)
     ON CONFLICT DO UPDATE SET stage = excluded.stage, code = excluded.code, message = excluded.message,
       attempts = attempts + excluded.attempts, text = excluded.text, job_id = excluded.job_id, last_at = excluded.last_at`,
  );
  const clear = db.prepare<[number, Uint8Array]>(
    'DELETE FROM dead_letter WHERE entity_type_id = ? AND key = ? AND occurrence = 0',
  );
  const clearNullKeys = db.prepare<[{ type: number; job: number; key: Uint8Array | null }]>(
    `DELETE FROM dead_letter WHERE entity_type_id = :type AND code = '${NULL_KEY}' AND job_id <> :job
       AND (:key IS NULL OR key = :key)`,
  );
  const meet = db.prepare<[number, string, number, Uint8Array, number]>(
    'UPDATE dead_letter SET job_id = ?, text = ? WHERE entity_type_id = ? AND key = ? AND occurrence = ?',
  );
  const mark = db.prepare<[number | null, string | null, number]>(
    'UPDATE dead_letter SET excluded_at = ?, excluded_reason = ? WHERE id = ?',
  );
  return {
    ...deadLetterReader(db),
    put(letter: DeadLetterWrite): void {
      upsert.run({ ...letter, text: shorten(letter.text), now: Date.now() });
    },
    /** The entity is well again, or gone. */
    clear(entityTypeId: number, key: EncodedKey): void {
      clear.run(entityTypeId, key);
    },
    /** An excluded NULL-key row is still there; nothing was tried. */
    meetExcluded(
      letter: Pick<DeadLetterWrite, 'entityTypeId' | 'key' | 'occurrence' | 'jobId'>,
      text: string,
    ) {
      const { entityTypeId, key, occurrence, jobId } = letter;
      meet.run(jobId, shorten(text) ?? '', entityTypeId, key, occurrence);
    },
    /** Forgets NULL-key rows, all or of one key, that a job, having recorded all there are now, did not meet. */
    clearNullKeysExcept(entityTypeId: number, jobId: number, key: EncodedKey | null = null): void {
      clearNullKeys.run({ type: entityTypeId, job: jobId, key });
    },
    /** Sets a letter aside. */
    exclude(id: number, reason: string): void {
      mark.run(Date.now(), reason, id);
    },
    /** Takes it back. */
    include(id: number): void {
      mark.run(null, null, id);
    },
  };
}
export type DeadLetterReader = ReturnType<typeof deadLetterReader>;
export type DeadLetterWriter = ReturnType<typeof deadLetterWriter>;

const shorten = (text: string | null): string | null =>
  text?.slice(0, DEAD_LETTER_TEXT).toWellFormed() ?? null;
