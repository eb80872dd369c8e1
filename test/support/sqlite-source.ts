/** SQLite databases for tests, and another program's hand on them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { KeyPart } from '../../engine/key.ts';
import { openSqlite } from '../../engine/sources/sqlite.ts';
import { quote } from '../../engine/sources/sqlite/sql.ts';
import type { FixtureTable, SourceFixture } from '../cases/source.case.ts';

/** A database in a folder of its own, written through an ordinary connection. */
export class SqliteFixture implements SourceFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-sqlite-'));
  readonly path: string;
  /** The writer's connection. */
  readonly database: Database.Database;
  readonly #encoding: string;

  /** @param setup run on the empty database, for pragmas that only work there. */
  constructor(setup = '') {
    this.path = join(this.folder, 'source.db');
    this.database = new Database(this.path, { timeout: 0 });
    this.database.exec(setup);
    this.database.pragma('synchronous = OFF');
    this.#encoding = String(this.database.pragma('encoding', { simple: true }));
  }

  createTable({ name, columns, key, rows }: FixtureTable): void {
    const types = { text: 'TEXT', integer: 'INT', blob: 'BLOB', any: '' };
    const parts = columns.map(
      (c) => `${quote(c.name)} ${types[c.type]}${c.notNull === true ? ' NOT NULL' : ''}`,
    );
    if (key !== undefined) parts.push(`PRIMARY KEY (${key.map(quote).join(', ')})`);
    this.database.exec(`CREATE TABLE ${quote(name)} (${parts.join(', ')})`);
    this.insert(name, rows);
  }

  createView(name: string, table: string): void {
    this.database.exec(`CREATE VIEW ${quote(name)} AS SELECT * FROM ${quote(table)}`);
  }

  insert(table: string, rows: readonly (readonly KeyPart[])[]): void {
    for (const row of rows) {
      this.database
        .prepare(`INSERT INTO ${quote(table)} VALUES (${row.map(placeholder).join(', ')})`)
        .run(...row.map((part) => this.#bound(part)));
    }
  }

  deleteKey(table: string, column: string, value: KeyPart): void {
    const { changes } = this.database
      .prepare(`DELETE FROM ${quote(table)} WHERE ${quote(column)} = ${placeholder(value)}`)
      .run(this.#bound(value));
    if (changes !== 1) throw new Error(`${changes} rows deleted`);
  }

  open() {
    return openSqlite({ kind: 'sqlite', name: 'test', path: this.path });
  }

  dispose(): void {
    this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A cast from blob to text takes the bytes in the database's encoding. */
  #bound(part: KeyPart): null | bigint | number | Uint8Array {
    if (part.type === 'null') return null;
    if (part.type === 'integer' || part.type === 'real') return part.value;
    const bytes = Buffer.from(part.bytes);
    if (part.type === 'blob' || this.#encoding === 'UTF-8') return bytes;
    const units = Buffer.from(bytes.toString('utf8'), 'utf16le');
    return this.#encoding === 'UTF-16be' ? units.swap16() : units;
  }
}

/** Runs SQL from another process that does not wait for locks. @throws Error with SQLite's message, e.g. on BUSY. */
export function executeElsewhere(path: string, sql: string): void {
  const driver = createRequire(import.meta.url).resolve('better-sqlite3');
  const script = `new (require(process.argv[1]))(process.argv[2], { timeout: 0 }).exec(process.argv[3])`;
  execFileSync(process.execPath, ['-e', script, driver, path, sql], { stdio: 'pipe' });
}

const placeholder = (part: KeyPart): string => (part.type === 'text' ? 'CAST(? AS TEXT)' : '?');
