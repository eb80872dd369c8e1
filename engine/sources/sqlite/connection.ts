import Database from 'better-sqlite3';
import { sqliteError } from './errors.ts';

export type SqlValue = null | bigint | number | string | Buffer;
/** One result row, by position: names would collide, and `__proto__` is a legal column name. */
export type SqlRow = readonly SqlValue[];

type Statement = Database.Statement<SqlValue[], SqlRow>;

/** How long a read waits for a writer to finish before it fails with `SOURCE_BUSY`. */
const BUSY_TIMEOUT_MS = 5_000;
const MAX_CACHED_STATEMENTS = 200;
const CACHE_KIB = 4096;

/**
 * A read-only connection whose every method is one statement run to its end: nothing is stepped across calls, because
 * an unfinished statement would hold a lock and shut the user's application out. Integers arrive as bigints, in full.
 * Temporary tables may be written; they live in a private file. All methods throw what {@link sqliteError} makes.
 */
export class SqliteConnection {
  /** The path the person gave, for messages; the file opened may be a link to it or a copy. */
  readonly path: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement>();

  /** @param file what SQLite opens: `path`, or a stand-in for it; or a database of our own that is open already. */
  constructor(path: string, file: string | Database.Database) {
    this.path = path;
    this.#database = this.#translated(() =>
      typeof file === 'string'
        ? new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
        : file,
    );
    try {
      this.#translated(() => this.#configure());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** All rows of a query that is known to return few. */
  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    return this.#translated(() => this.#prepare(sql).all(...params));
  }

  /** The first row. The statement is kept: this is what looks up one key after another. */
  first(sql: string, params: readonly SqlValue[] = []): SqlRow | undefined {
    return this.#translated(() => this.#prepareOnce(sql).get(...params));
  }

  /** The integer that a count, bound or pragma returns; null for NULL or no row. */
  integer(sql: string, params: readonly SqlValue[] = []): bigint | null {
    const value = this.first(sql, params)?.[0];
    return typeof value === 'bigint' ? value : null;
  }

  /** Rows one by one until `visit` returns false; so that a few huge rows do not all have to be in memory. */
  each(sql: string, params: readonly SqlValue[], visit: (row: SqlRow) => boolean): void {
    this.#translated(() => {
      for (const row of this.#prepare(sql).iterate(...params)) if (!visit(row)) break;
    });
  }

  /** Runs a statement that returns no rows; only temporary tables can be written. */
  run(sql: string, params: readonly SqlValue[] = []): void {
    this.#translated(() => this.#database.prepare(sql).run(...params));
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** May be repeated. */
  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #configure(): void {
    // The schema is the user's file: functions it calls must be harmless ones, and cells are checked before use.
    this.#database.pragma('trusted_schema = OFF');
    this.#database.pragma('cell_size_check = ON');
    this.#database.pragma('temp_store = FILE');
    // Pages are read in order and once; a larger cache would hold what nobody asks for again.
    this.#database.pragma(`cache_size = -${CACHE_KIB}`);
    // Opening reads nothing; this finds out whether it is a database and can be locked.
    this.#database.prepare('SELECT count(*) FROM main.sqlite_schema').get();
  }

  #prepare(sql: string): Statement {
    return this.#database.prepare<SqlValue[], SqlRow>(sql).raw(true).safeIntegers(true);
  }

  #prepareOnce(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
    const statement = this.#prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }
}
