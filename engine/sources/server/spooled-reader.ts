import type { Key } from '../../key.ts';
import type { EntityReader, ReadSpec, SourceRow } from '../source.ts';
import { Spool } from '../spool.ts';
import type { ServerConnection } from './connection.ts';
import { readingError } from './errors.ts';
import { countRows } from './indexed-reader.ts';
import { lookUp } from './lookup.ts';
import { columnOf, rowShape, type RowShape } from './row-shape.ts';
import { andFilter, plainTerm, type Dialect, type ServerTable } from './table.ts';

/**
 * Reads a view, or a table whose declared key has no usable index, by way of a {@link Spool} on this machine: a user who may
 * only read cannot make temporary tables, nor can a standby. Each copy is one statement, so one moment of the source.
 */
export class SpooledReader implements EntityReader {
  readonly #connection: ServerConnection;
  readonly #dialect: Dialect;
  readonly #table: ServerTable;
  readonly #spec: ReadSpec;
  readonly #shape: RowShape;
  readonly #changeToken: () => Promise<string>;
  #spool: Spool | null = null;
  /** The source's change token before the content was read. */
  #version: string | null = null;
  /** True after a proof, until a scan begins: that scan reads what was proven. */
  #isProven = false;

  constructor(
    connection: ServerConnection,
    dialect: Dialect,
    table: ServerTable,
    spec: ReadSpec,
    changeToken: () => Promise<string>,
  ) {
    this.#connection = connection;
    this.#dialect = dialect;
    this.#table = table;
    this.#spec = spec;
    this.#shape = rowShape(table, spec);
    this.#changeToken = changeToken;
  }

  async count(): Promise<number> {
    return this.#read(() => countRows(this.#connection, this.#table, this.#spec));
  }

  /** A scan from the start sees the source as it is then; a later page continues in the same copy. */
  async page(after: Key | null, limit: number): Promise<SourceRow[]> {
    const spool = after === null && !this.#isProven ? await this.#refreshed() : await this.#built();
    this.#isProven = false;
    return spool.page(after, limit);
  }

  async nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    return (await this.#built()).nullKeyRows(offset, limit);
  }

  async fetch(keys: readonly Key[], fresh: boolean): Promise<(SourceRow | null)[]> {
    if (!fresh && this.#spool !== null && this.#version !== null) return this.#spool.fetch(keys);
    const { keyColumns, filter } = this.#spec;
    return this.#read(() =>
      lookUp(
        {
          connection: this.#connection,
          dialect: this.#dialect,
          shape: this.#shape,
          from: this.#table.from,
          filter,
          terms: keyColumns.map((name) => plainTerm(columnOf(this.#table, name), this.#dialect)),
          places: keyColumns.map((_, i) => i),
        },
        keys,
      ),
    );
  }

  async proveKey(): Promise<void> {
    await this.#refreshed();
    this.#isProven = true;
  }

  async close(): Promise<void> {
    this.#spool?.close();
    this.#spool = null;
    this.#version = null;
  }

  async #built(): Promise<Spool> {
    return this.#spool !== null && this.#version !== null ? this.#spool : this.#refreshed();
  }

  /** The spool with what the source holds now: read anew unless nothing was committed since. */
  async #refreshed(): Promise<Spool> {
    return this.#read(async () => {
      const version = await this.#changeToken();
      this.#spool ??= new Spool();
      const spool = this.#spool;
      if (version === this.#version) return spool;
      this.#version = null;
      await this.#connection.stream(
        `SELECT ${this.#shape.select} FROM ${this.#table.from} WHERE 1 = 1${andFilter(this.#spec.filter)}`,
        [],
        {
          begin: () => spool.clear(),
          row: (raw) => {
            spool.add(this.#shape.read(raw));
            return true;
          },
        },
      );
      spool.finish(this.#spec);
      this.#version = version;
      return spool;
    });
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw readingError(error, this.#spec.entityType);
    }
  }
}
