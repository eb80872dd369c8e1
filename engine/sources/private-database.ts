import Database from 'better-sqlite3';
import type { CellValue } from '../cell.ts';
import { SqliteConnection } from './sqlite/connection.ts';
import { sqliteError } from './sqlite/errors.ts';

const MAX_CACHED_STATEMENTS = 100;

/**
 * A private SQLite database for rows that were parsed out of files, read by the same means as a SQLite source. It is a temporary
 * one of SQLite's own, whose file has no name where the system allows that, so that nothing of it outlives the process. It has
 * no journal: what fails half-way has to be made anew.
 */
export class PrivateDatabase {
  readonly connection: SqliteConnection;
  readonly #label: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  /** @param label what the rows come from, for messages */
  constructor(label: string) {
    this.#label = label;
    this.#database = new Database('');
    this.#database.pragma('journal_mode = OFF');
    this.#database.pragma('synchronous = OFF');
    this.connection = new SqliteConnection(label, this.#database);
  }

  run(sql: string, params: readonly CellValue[] = []): void {
    this.#translated(() => {
      let statement = this.#statements.get(sql);
      if (statement === undefined) {
        if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
        statement = this.#database.prepare(sql);
        this.#statements.set(sql, statement);
      }
      statement.run(...params);
    });
  }

  /** Several writes under one lock, which is most of what a small one costs. */
  together(work: () => void): void {
    this.#translated(() => this.#database.exec('BEGIN'));
    try {
      work();
    } finally {
      this.#translated(() => this.#database.exec('COMMIT'));
    }
  }

  /** May be repeated. */
  close(): void {
    this.#statements.clear();
    this.connection.close();
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.#label);
    }
  }
}
