import { PlumblineError } from '../../errors.ts';
import { formatKey } from '../../key.ts';
import type { ReadSpec } from '../source.ts';
import type { SqliteConnection } from './connection.ts';
import type { KeyCodec } from './key-codec.ts';
import { rowShape, type OrderedRows } from './rows.ts';
import type { Table } from './schema.ts';
import { andFilter, orderBy, quote, type OrderTerm } from './sql.ts';

/** Rows copied under one lock. A thousand take a few milliseconds, so a writer waits no longer than that. */
const CHUNK_ROWS = 1_000;
const SHOWN_DUPLICATES = 3;
const MAX_ATTEMPTS = 3;
let spools = 0;

/**
 * A private, file-backed copy of the key and columns of a view, or of a table whose declared key has no usable index,
 * with an index on the typed key (storage class, then bytes): paging through the original would sort or scan it for
 * every page. It lives in SQLite's temporary database and ends with the connection.
 */
export class Spool {
  readonly rows: OrderedRows;
  readonly #connection: SqliteConnection;
  readonly #table: Table;
  readonly #spec: ReadSpec;
  readonly #name: string;
  readonly #keyWidth: number;
  /** The source's data version that the content is of; null before the first build. */
  #version: bigint | null = null;

  constructor(connection: SqliteConnection, codec: KeyCodec, table: Table, spec: ReadSpec) {
    this.#connection = connection;
    this.#table = table;
    this.#spec = spec;
    this.#keyWidth = spec.keyColumns.length;
    spools += 1;
    this.#name = `plumbline_spool_${spools}`;
    this.rows = {
      connection,
      shape: rowShape(codec, numbered('k', this.#keyWidth), numbered('v', spec.columns.length)),
      from: `temp.${this.#name} INDEXED BY ${this.#name}_key`,
      filter: null,
      terms: numbered('k', this.#keyWidth).flatMap((k, i) => [binary(`t${i}`), binary(k)]),
    };
  }

  get built(): boolean {
    return this.#version !== null;
  }

  /**
   * Builds the spool unless it holds exactly what the source holds now.
   * @throws PlumblineError `KEY_NOT_UNIQUE`
   */
  refresh(): void {
    const version = this.#pragma('data_version');
    if (version === this.#version) return;
    this.drop();
    this.#fillUndisturbed();
    this.#connection.run(
      `CREATE INDEX temp.${this.#name}_key ON ${this.#name} (${orderBy(this.rows.terms)})`,
    );
    this.#prove();
    // As of before the fill: whatever was committed during it makes the next scan build anew.
    this.#version = version;
  }

  drop(): void {
    this.#version = null;
    this.#connection.run(`DROP TABLE IF EXISTS temp.${this.#name}`);
  }

  /** Rowids are the position of the chunks, and VACUUM gives new ones; it also counts up the schema version. */
  #fillUndisturbed(): void {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const before = this.#pragma('schema_version');
      this.drop();
      this.#create();
      this.#fill();
      if (this.#pragma('schema_version') === before) return;
    }
    throw new PlumblineError(
      'SOURCE_BUSY',
      `"${this.#spec.entityType}" is being restructured while it is read`,
      {
        hint: 'Another program keeps running VACUUM or changing the schema; try again when it is done.',
        retryable: true,
      },
    );
  }

  #create(): void {
    const columns = [
      ...this.rows.terms.map((term) => term.expression),
      ...numbered('v', this.#spec.columns.length),
    ];
    this.#connection.run(
      `CREATE TEMP TABLE ${this.#name} (source_rowid INTEGER PRIMARY KEY, ${columns.join(', ')})`,
    );
  }

  #fill(): void {
    const { rowid } = this.#table;
    if (rowid === null) {
      // A view or a table without rowid has no position to continue from: one statement, under one lock.
      this.#copy('NULL', '1', []);
      return;
    }
    let after: bigint | null = null;
    for (;;) {
      const upTo = this.#endOfChunk(rowid, after);
      if (upTo === null) return;
      this.#copy(rowid, after === null ? `${rowid} <= ?` : `${rowid} <= ? AND ${rowid} > ?`, [
        upTo,
        ...(after === null ? [] : [after]),
      ]);
      after = upTo;
    }
  }

  #endOfChunk(rowid: string, after: bigint | null): bigint | null {
    const where = after === null ? '' : `WHERE ${rowid} > ?`;
    return this.#connection.integer(
      `SELECT max(r) FROM (SELECT ${rowid} AS r FROM ${this.#table.from} NOT INDEXED ${where}
       ORDER BY ${rowid} LIMIT ${CHUNK_ROWS})`,
      after === null ? [] : [after],
    );
  }

  #copy(rowid: string, range: string, params: readonly bigint[]): void {
    const keys = this.#spec.keyColumns.map(quote).flatMap((column) => [`typeof(${column})`, column]);
    const values = this.#spec.columns.map(quote);
    this.#connection.run(
      `INSERT INTO temp.${this.#name} SELECT ${[rowid, ...keys, ...values].join(', ')}
       FROM ${this.#table.unordered} WHERE ${range}${andFilter(this.#spec.filter)}`,
      params,
    );
  }

  /** One pass over the index; rows with NULL in the key are dead letters of their own and no duplicates. */
  #prove(): void {
    const { terms, shape, from } = this.rows;
    const duplicates = this.#connection.all(
      `SELECT ${shape.select}, count(*) FROM ${from}
       WHERE ${terms.map((term) => `${term.expression} IS NOT NULL`).join(' AND ')}
       GROUP BY ${terms.map((term) => term.expression).join(', ')} HAVING count(*) > 1 LIMIT ${SHOWN_DUPLICATES}`,
    );
    if (duplicates.length === 0) return;
    const found = duplicates.map((row) => ({
      key: formatKey(shape.read(row).key),
      rows: Number(row.at(-1)),
    }));
    const shown = found.map(({ key, rows }) => `${key} (${rows} rows)`).join(', ');
    throw new PlumblineError(
      'KEY_NOT_UNIQUE',
      `the key (${this.#spec.keyColumns.join(', ')}) of "${this.#spec.entityType}" is not unique: ${shown}`,
      {
        hint: 'Declare a key whose values occur once each: add columns to `key:` in plumbline.yaml, or a filter.',
        details: { entityType: this.#spec.entityType, duplicates: found },
      },
    );
  }

  #pragma(name: 'data_version' | 'schema_version'): bigint {
    return this.#connection.integer(`PRAGMA main.${name}`) ?? 0n;
  }
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

const binary = (expression: string): OrderTerm => ({ expression, collation: 'BINARY', descending: false });
