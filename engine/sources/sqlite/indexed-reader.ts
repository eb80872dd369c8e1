import { encodeKey, hasNull, type Key } from '../../key.ts';
import type { EntityReader, ReadSpec, SourceRow } from '../source.ts';
import type { SqliteConnection } from './connection.ts';
import { asSchemaChange } from './errors.ts';
import type { BoundPart, KeyCodec } from './key-codec.ts';
import { indexedRows, readAt, readNulls, readPage, type OrderedRows } from './rows.ts';
import type { Table, UniqueKey } from './schema.ts';
import { andFilter } from './sql.ts';

/** Reads a table through the unique index on its key: every page and every lookup is a range or a point of that index. */
export class IndexedReader implements EntityReader {
  readonly #connection: SqliteConnection;
  readonly #table: Table;
  readonly #spec: ReadSpec;
  readonly #uniqueKey: UniqueKey;
  readonly #codec: KeyCodec;
  readonly #rows: OrderedRows;
  /** For each column of the index, its place in the configured key, which may be in another order. */
  readonly #places: readonly number[];

  constructor(
    connection: SqliteConnection,
    codec: KeyCodec,
    table: Table,
    uniqueKey: UniqueKey,
    spec: ReadSpec,
  ) {
    this.#connection = connection;
    this.#codec = codec;
    this.#table = table;
    this.#spec = spec;
    this.#uniqueKey = uniqueKey;
    this.#places = uniqueKey.columns.map((column) => spec.keyColumns.indexOf(column));
    this.#rows = indexedRows(connection, codec, table, uniqueKey, spec);
  }

  async count(): Promise<number> {
    const sql = `SELECT count(*) FROM ${this.#table.unordered} WHERE 1${andFilter(this.#spec.filter)}`;
    return this.#read(() => Number(this.#connection.integer(sql)));
  }

  async page(after: Key | null, limit: number): Promise<SourceRow[]> {
    return this.#read(() => readPage(this.#rows, after === null ? null : this.#position(after), limit));
  }

  async nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    return this.#uniqueKey.nullable ? this.#read(() => readNulls(this.#rows, offset, limit)) : [];
  }

  async fetch(keys: readonly Key[]): Promise<(SourceRow | null)[]> {
    return this.#read(() => keys.map((key) => this.#lookUp(key)));
  }

  async proveKey(): Promise<void> {
    // The index is unique; a unique NOCASE or RTRIM index all the more so.
  }

  async close(): Promise<void> {
    // Holds nothing between calls.
  }

  /** SQL equality is wider than key equality: `7` = `7.0`, and under NOCASE `'a'` = `'A'`. The bytes decide. */
  #lookUp(key: Key): SourceRow | null {
    if (hasNull(key)) return null;
    const row = readAt(this.#rows, this.#position(key));
    return row !== null && Buffer.compare(encodeKey(row.key), encodeKey(key)) === 0 ? row : null;
  }

  #position(key: Key): BoundPart[] {
    return this.#places.map((place) => this.#codec.bind(key[place] ?? { type: 'null' }));
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asSchemaChange(error, this.#spec.entityType);
    }
  }
}
