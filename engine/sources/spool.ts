import { tmpdir } from 'node:os';
import { deserialize, serialize } from 'node:v8';
import Database from 'better-sqlite3';
import type { CellValue } from '../cell.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import { decodeKey, encodeKey, formatKey, hasNull, type Key } from '../key.ts';
import { rowSize } from './row-size.ts';
import type { ReadSpec, SourceRow } from './source.ts';

const PAGE_BYTES = 8 * 1024 * 1024;
const SHOWN_DUPLICATES = 3;

interface StoredRow {
  readonly key: Buffer;
  readonly data: Buffer;
}

/**
 * A private, file-backed copy of keys and values, for what has no index to page through: it is read once and then in the order
 * of the keys' byte forms. It is a temporary database of SQLite's own, whose file has no name where the system allows
 * that, so that nothing of it outlives the process.
 */
export class Spool {
  readonly #database: Database.Database;
  /** Made anew with the tables; preparing one for every row takes longer than the rest of adding it. */
  readonly #inserts = new Map<string, Database.Statement>();

  constructor() {
    this.#database = new Database('');
    this.#database.pragma('journal_mode = OFF');
    this.#database.pragma('synchronous = OFF');
    this.#database.pragma('temp_store = FILE');
    this.clear();
  }

  /** Empties it; rows are added next. */
  clear(): void {
    this.#guarded(() => {
      if (this.#database.inTransaction) this.#database.exec('COMMIT');
      this.#database.exec(`DROP TABLE IF EXISTS rows; DROP TABLE IF EXISTS nulls;
        CREATE TABLE rows (key BLOB NOT NULL, data BLOB NOT NULL);
        CREATE TABLE nulls (key BLOB NOT NULL, data BLOB NOT NULL);
        BEGIN`);
      for (const table of ['rows', 'nulls'] as const) {
        this.#inserts.set(table, this.#database.prepare(`INSERT INTO ${table} VALUES (?, ?)`));
      }
    });
  }

  add(row: SourceRow): void {
    const table = hasNull(row.key) ? 'nulls' : 'rows';
    this.#guarded(() => this.#inserts.get(table)?.run(encodeKey(row.key), serialize(row.values)));
  }

  /** No more rows come: makes it readable. @throws PlumblineError `KEY_NOT_UNIQUE`. */
  finish(spec: ReadSpec): void {
    this.#guarded(() => {
      this.#database.exec('COMMIT; CREATE INDEX rows_key ON rows (key)');
    });
    this.#prove(spec);
  }

  page(after: Key | null, limit: number): SourceRow[] {
    return this.#guarded(() => {
      const rows: SourceRow[] = [];
      let bytes = 0;
      const found = this.#database
        .prepare<[Uint8Array, number], StoredRow>(
          'SELECT key, data FROM rows WHERE key > ? ORDER BY key LIMIT ?',
        )
        .iterate(after === null ? new Uint8Array() : encodeKey(after), limit);
      for (const stored of found) {
        const row = toRow(stored);
        rows.push(row);
        bytes += rowSize(row.values);
        if (bytes >= PAGE_BYTES) break;
      }
      return rows;
    });
  }

  nullKeyRows(offset: number, limit: number): SourceRow[] {
    return this.#guarded(() =>
      this.#database
        .prepare<[number, number], StoredRow>(
          'SELECT key, data FROM nulls ORDER BY key, data LIMIT ? OFFSET ?',
        )
        .all(limit, offset)
        .map(toRow),
    );
  }

  fetch(keys: readonly Key[]): (SourceRow | null)[] {
    return this.#guarded(() => {
      const find = this.#database.prepare<[Uint8Array], StoredRow>(
        'SELECT key, data FROM rows WHERE key = ?',
      );
      return keys.map((key) => {
        const stored = hasNull(key) ? undefined : find.get(encodeKey(key));
        return stored === undefined ? null : toRow(stored);
      });
    });
  }

  /** May be repeated. */
  close(): void {
    this.#database.close();
  }

  #prove({ entityType, keyColumns }: ReadSpec): void {
    const duplicates = this.#guarded(() =>
      this.#database
        .prepare<[number], { key: Buffer; rows: number }>(
          'SELECT key, count(*) AS rows FROM rows GROUP BY key HAVING count(*) > 1 LIMIT ?',
        )
        .all(SHOWN_DUPLICATES),
    );
    if (duplicates.length === 0) return;
    const found = duplicates.map(({ key, rows }) => ({ key: formatKey(decodeKey(key)), rows }));
    const shown = found.map(({ key, rows }) => `${key} (${rows} rows)`).join(', ');
    throw new PlumblineError(
      'KEY_NOT_UNIQUE',
      `the key (${keyColumns.join(', ')}) of "${entityType}" is not unique: ${shown}`,
      {
        hint: 'Declare a key whose values occur once each: add columns to `key:` in plumbline.yaml, or a filter.',
        details: { entityType, duplicates: found },
      },
    );
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if ((error as { code?: unknown }).code === 'SQLITE_FULL') throw noRoom(error);
      throw error;
    }
  }
}

const noRoom = (cause: unknown): PlumblineError =>
  new PlumblineError('DISK_FULL', `no room for temporary data in ${tmpdir()}`, {
    hint: 'Free space there, or name a larger folder in the environment variable SQLITE_TMPDIR.',
    retryable: true,
    exitCode: EXIT.interrupted,
    cause,
  });

const toRow = ({ key, data }: StoredRow): SourceRow => ({
  key: decodeKey(key),
  values: deserialize(data) as CellValue[],
});
