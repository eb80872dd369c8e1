/** Entities that failed for good: kept with their text, stage and error until a later attempt succeeds. */
import type { DeadLetter } from '../contract.ts';
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
}

/** A dead letter whose row can be read again. */
export interface AddressableLetter {
  id: number;
  key: Buffer;
  jobId: number;
  /** Unix time in milliseconds of the latest attempt. */
  lastAt: number;
  message: string;
}

export function deadLetterReader(db: ReadableDatabase) {
  const list = db.prepare<[{ type: string | null; limit: number }], Row>(
    `SELECT d.*, t.name FROM dead_letter d JOIN entity_type t ON t.id = d.entity_type_id
     WHERE (:type IS NULL OR t.name = :type) ORDER BY t.name, d.id LIMIT :limit`,
  );
  const count = db
    .prepare<[{ type: string | null }], number>(
      `SELECT count(*) FROM dead_letter d JOIN entity_type t ON t.id = d.entity_type_id
       WHERE (:type IS NULL OR t.name = :type)`,
    )
    .pluck();
  const addressable = db.prepare<[number, number, number], AddressableLetter>(
    `SELECT id, key, job_id AS jobId, last_at AS lastAt, code || ': ' || message AS message FROM dead_letter
     WHERE entity_type_id = ? AND code <> '${NULL_KEY}' AND id > ? ORDER BY id LIMIT ?`,
  );
  const find = db
    .prepare<[number, Uint8Array, number], number>(
      'SELECT job_id FROM dead_letter WHERE entity_type_id = ? AND key = ? AND occurrence = ?',
    )
    .pluck();
  const countOfCode = db
    .prepare<[number, string], number>(
      'SELECT count(*) FROM dead_letter WHERE entity_type_id = ? AND code = ?',
    )
    .pluck();
  return {
    list(entityType: string | null, limit: number | undefined): DeadLetter[] {
      return list.all({ type: entityType, limit: limit ?? -1 }).map((row) => {
        const key = decodeKey(row.key);
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
        };
      });
    },
    count(entityType: string | null): number {
      return count.get({ type: entityType }) ?? 0;
    },
    /** Dead letters whose row can be read again by its key, in pages by id. */
    addressable(entityTypeId: number, afterId: number, limit: number) {
      return addressable.all(entityTypeId, afterId, limit);
    },
    /** The job that recorded an entity as failed last; null where it is not a dead letter. */
    jobOf(entityTypeId: number, key: EncodedKey, occurrence = 0): number | null {
      return find.get(entityTypeId, key, occurrence) ?? null;
    },
    countOfCode(entityTypeId: number, code: string): number {
      return countOfCode.get(entityTypeId, code) ?? 0;
    },
  };
}

export function deadLetterWriter(db: WritableDatabase) {
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
  const clearNullKeys = db.prepare<[number, number]>(
    `DELETE FROM dead_letter WHERE entity_type_id = ? AND code = '${NULL_KEY}' AND job_id <> ?`,
  );
  return {
    ...deadLetterReader(db),
    put(letter: DeadLetterWrite): void {
      const text = letter.text?.slice(0, DEAD_LETTER_TEXT).toWellFormed() ?? null;
      upsert.run({ ...letter, text, now: Date.now() });
    },
    /** The entity is well again, or gone. */
    clear(entityTypeId: number, key: EncodedKey): void {
      clear.run(entityTypeId, key);
    },
    /** Forgets NULL-key rows that a job, having recorded all there are now, did not meet. */
    clearNullKeysExcept(entityTypeId: number, jobId: number): void {
      clearNullKeys.run(entityTypeId, jobId);
    },
  };
}
export type DeadLetterReader = ReturnType<typeof deadLetterReader>;
export type DeadLetterWriter = ReturnType<typeof deadLetterWriter>;
