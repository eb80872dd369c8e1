/** Data files for tests, and another program's hand on them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { stringify } from '../../engine/json.ts';
import { encodeKey, type KeyPart } from '../../engine/key.ts';
import { openFiles } from '../../engine/sources/files.ts';
import type { FixtureTable, SourceFixture } from '../cases/source.case.ts';

/** Writes the whole file at this path. */
export type WriteTable = (path: string, table: FixtureTable) => Promise<void> | void;

/** A folder with one data file, which is written anew for every change. */
export class DataFileFixture implements SourceFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-data-'));
  readonly #extension: string;
  readonly #write: WriteTable;
  #table: FixtureTable | null = null;

  constructor(extension: string, write: WriteTable) {
    this.#extension = extension;
    this.#write = write;
  }

  get path(): string {
    return join(this.folder, `${this.#current.name}.${this.#extension}`);
  }

  async createTable(table: FixtureTable): Promise<void> {
    this.#table = table;
    await this.#write(this.path, table);
  }

  createView(): never {
    throw new Error('files have no views');
  }

  async insert(_table: string, rows: readonly (readonly KeyPart[])[]): Promise<void> {
    await this.createTable({ ...this.#current, rows: [...this.#current.rows, ...rows] });
  }

  async deleteKey(_table: string, column: string, value: KeyPart): Promise<void> {
    const place = this.#current.columns.findIndex(({ name }) => name === column);
    const isOther = (row: readonly KeyPart[]) =>
      Buffer.compare(encodeKey([row[place] ?? { type: 'null' }]), encodeKey([value])) !== 0;
    await this.createTable({ ...this.#current, rows: this.#current.rows.filter(isOther) });
  }

  open() {
    return openFiles({ kind: 'files', name: 'test', path: this.path });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #current(): FixtureTable {
    if (this.#table === null) throw new Error('no table was created');
    return this.#table;
  }
}

/** RFC 4180, with everything in quotes that may be; NULL is nothing at all. */
export const writeCsv: WriteTable = (path, { columns, rows }) => {
  const lines = [columns.map(({ name }) => name).map(inQuotes), ...rows.map((row) => row.map(csvField))];
  writeFileSync(path, lines.map((fields) => `${fields.join(',')}\n`).join(''));
};

export const inQuotes = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const csvField = (part: KeyPart): string => (part.type === 'null' ? '' : inQuotes(textOf(part)));

/** One record a line. A file without records is an empty array, because an empty one is refused. */
export const writeJson: WriteTable = (path, { columns, rows }) => {
  const records = rows.map((row) =>
    stringify(Object.fromEntries(columns.map(({ name }, i) => [name, jsonValue(row[i])]))),
  );
  writeFileSync(path, records.length === 0 ? '[]' : records.map((record) => `${record}\n`).join(''));
};

function jsonValue(part: KeyPart | undefined): unknown {
  if (part === undefined || part.type === 'null') return null;
  return part.type === 'integer' || part.type === 'real' ? part.value : textOf(part);
}

export const writeParquet: WriteTable = async (path, { columns, rows }) => {
  const types = { text: 'VARCHAR', integer: 'BIGINT', blob: 'BLOB', any: 'VARCHAR' };
  const names = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `CREATE TABLE rows (${columns.map((column, i) => `${names[i]} ${types[column.type]}`).join(', ')})`,
  );
  for (const row of rows) await connection.run(`INSERT INTO rows VALUES (${row.map(sqlValue).join(', ')})`);
  await connection.run(`COPY rows TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
};

function sqlValue(part: KeyPart): string {
  if (part.type === 'null') return 'NULL';
  if (part.type === 'integer' || part.type === 'real') return String(part.value);
  const bytes = `from_hex('${Buffer.from(part.bytes).toString('hex')}')`;
  return part.type === 'text' ? `decode(${bytes})` : bytes;
}

const textOf = (part: KeyPart): string =>
  'bytes' in part ? Buffer.from(part.bytes).toString('utf8') : String('value' in part ? part.value : '');
