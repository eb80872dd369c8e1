import { encodeKey, hasNull, type Key } from '../../key.ts';
import type { EntityReader, ReadSpec, SourceRow } from '../source.ts';
import type { SqliteConnection } from './connection.ts';
import { asSchemaChange } from './errors.ts';
import type { BoundPart, KeyCodec } from './key-codec.ts';
import { readAt, readNulls, readPage, rowShape, type RowShape } from './rows.ts';
import type { Table } from './schema.ts';
import { Spool } from './spool.ts';
import { andFilter, quote } from './sql.ts';

/** Values bound to one scan of the original; SQLite's limit is 32,766. */
const VALUES_PER_SCAN = 4_000;

/** Reads a view, or a table whose declared key has no usable index, by way of a {@link Spool}. */
export class SpooledReader implements EntityReader {
  readonly #connection: SqliteConnection;
  readonly #table: Table;
  readonly #spec: ReadSpec;
  readonly #codec: KeyCodec;
  readonly #spool: Spool;
  /** Of rows read from the original, past the spool. */
  readonly #shape: RowShape;

  constructor(connection: SqliteConnection, codec: KeyCodec, table: Table, spec: ReadSpec) {
    this.#connection = connection;
    this.#table = table;
    this.#spec = spec;
    this.#codec = codec;
    this.#spool = new Spool(connection, codec, table, spec);
    this.#shape = rowShape(codec, spec.keyColumns, spec.columns);
  }

  async count(): Promise<number> {
    const sql = `SELECT count(*) FROM ${this.#table.unordered} WHERE 1${andFilter(this.#spec.filter)}`;
    return this.#read(() => Number(this.#connection.integer(sql)));
  }

  /** A scan from the start sees the source as it is then; a later page continues in the same copy. */
  async page(after: Key | null, limit: number): Promise<SourceRow[]> {
    return this.#read(() => {
      if (after === null || !this.#spool.built) this.#spool.refresh();
      return readPage(this.#spool.rows, after === null ? null : this.#position(after), limit);
    });
  }

  async nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    return this.#read(() => {
      if (!this.#spool.built) this.#spool.refresh();
      return readNulls(this.#spool.rows, offset, limit);
    });
  }

  async fetch(keys: readonly Key[], fresh: boolean): Promise<(SourceRow | null)[]> {
    return this.#read(() => {
      if (fresh || !this.#spool.built) return this.#scanFor(keys);
      return keys.map((key) => (hasNull(key) ? null : readAt(this.#spool.rows, this.#position(key))));
    });
  }

  async proveKey(): Promise<void> {
    this.#read(() => this.#spool.refresh());
  }

  async close(): Promise<void> {
    // With the connection, the spool is gone already.
    if (this.#connection.isOpen) this.#spool.drop();
  }

  /** The spool's order is (storage class, value) per key column. */
  #position(key: Key): BoundPart[] {
    return key.flatMap((part) => [{ placeholder: '?', value: part.type }, this.#codec.bind(part)]);
  }

  /** One scan per few thousand keys, or index lookups where the view or table has an index that helps. */
  #scanFor(keys: readonly Key[]): (SourceRow | null)[] {
    const found = new Map<string, SourceRow>();
    const wanted = keys.filter((key) => !hasNull(key));
    const atOnce = Math.max(1, Math.floor(VALUES_PER_SCAN / this.#spec.keyColumns.length));
    for (let i = 0; i < wanted.length; i += atOnce) this.#scanForSome(wanted.slice(i, i + atOnce), found);
    return keys.map((key) => found.get(identityOf(key)) ?? null);
  }

  /** SQL equality is wider than key equality, so rows that nobody asked for may come along; they are not looked up. */
  #scanForSome(keys: readonly Key[], found: Map<string, SourceRow>): void {
    const parts = keys.map((key) => key.map((part) => this.#codec.bind(part)));
    const tuples = parts.map((key) => `(${key.map((part) => part.placeholder).join(', ')})`);
    const columns = this.#spec.keyColumns.map((column) => `${quote(column)} COLLATE BINARY`);
    const sql = `SELECT ${this.#shape.select} FROM ${this.#table.unordered}
      WHERE (${columns.join(', ')}) IN (VALUES ${tuples.join(', ')})${andFilter(this.#spec.filter)}`;
    const params = parts.flat().map((part) => part.value);
    this.#connection.each(sql, params, (raw) => {
      const row = this.#shape.read(raw);
      found.set(identityOf(row.key), row);
      return true;
    });
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asSchemaChange(error, this.#spec.entityType);
    }
  }
}

const identityOf = (key: Key): string => Buffer.from(encodeKey(key)).toString('latin1');
