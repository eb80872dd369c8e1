import { BucketSums } from '../../bucket-sums.ts';
import type { Key } from '../../key.ts';
import type { EntityReader, ReadSpec, SnapshotReader, SourceRow, SourceSums } from '../source.ts';
import { keyChanged } from '../spec-check.ts';
import { PageSink } from './collect.ts';
import type { RawRow, ServerConnection } from './connection.ts';
import { readingError } from './errors.ts';
import { lookUp } from './lookup.ts';
import { columnOf, rowShape, type RowShape } from './row-shape.ts';
import {
  andFilter,
  bindKey,
  bucketSql,
  type Dialect,
  type OrderTerm,
  type ServerKey,
  type ServerTable,
} from './table.ts';

/** Reads a table through the unique index on its key: every page is a range of that index, compared by the server alone. */
export class IndexedReader implements EntityReader {
  readonly #connection: ServerConnection;
  readonly #dialect: Dialect;
  readonly #table: ServerTable;
  readonly #spec: ReadSpec;
  readonly #key: ServerKey;
  readonly #shape: RowShape;
  /** For each column of the index, its place in the configured key, which may be in another order. */
  readonly #places: readonly number[];
  readonly sums: SourceSums | undefined;
  /** Rows asked for at once: fewer after a page of large ones, so that little is read in vain. */
  #rowsAtOnce = Infinity;

  constructor(
    connection: ServerConnection,
    dialect: Dialect,
    table: ServerTable,
    key: ServerKey,
    spec: ReadSpec,
  ) {
    this.#connection = connection;
    this.#dialect = dialect;
    this.#table = table;
    this.#key = key;
    this.#spec = spec;
    this.#shape = rowShape(table, spec);
    this.sums = this.#sums();
    this.#places = key.terms.map((term) => spec.keyColumns.indexOf(term.column.name));
  }

  async count(): Promise<number> {
    return this.#read(() => countRows(this.#connection, this.#table, this.#spec));
  }

  page(after: Key | null, limit: number): Promise<SourceRow[]> {
    return this.#page(after, limit, '1 = 1');
  }

  /** Those that also meet a condition. */
  async #page(after: Key | null, limit: number, condition: string): Promise<SourceRow[]> {
    const position = after === null ? null : this.#position(after);
    return this.#read(async () => {
      const rows: SourceRow[] = [];
      const wanted = Math.min(limit, this.#rowsAtOnce);
      for (const { where, bound, from } of this.#steps(position)) {
        const sink = new PageSink(this.#shape.read, wanted - rows.length);
        await this.#connection.stream(
          `SELECT ${this.#shape.select} FROM ${this.#key.from} WHERE ${where} AND ${condition}${andFilter(this.#spec.filter)}
           ORDER BY ${orderBy(this.#key.terms.slice(from))} LIMIT ${wanted - rows.length}`,
          (position ?? []).slice(0, bound),
          sink,
        );
        rows.push(...sink.rows);
        this.#rowsAtOnce = sink.isHeavy ? Math.max(1, 2 * sink.rows.length) : this.#rowsAtOnce * 2;
        if (sink.isFull) break;
      }
      return rows;
    });
  }

  async nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    if (!this.#key.nullable) return [];
    // Of a column that cannot be NULL, MariaDB takes a zero date for it.
    const isNull = this.#key.terms
      .filter((term) => term.column.nullable)
      .map((term) => `${this.#dialect.quote(term.column.name)} IS NULL`);
    // By all that is read: rows that are still alike are interchangeable.
    const order = Array.from({ length: this.#shape.width }, (_, i) => i + 1);
    const sink = new PageSink(this.#shape.read, limit);
    await this.#read(() =>
      this.#connection.stream(
        `SELECT ${this.#shape.select} FROM ${this.#table.from} WHERE (${isNull.join(' OR ')})${andFilter(this.#spec.filter)}
         ORDER BY ${order.join(', ')} LIMIT ${limit} OFFSET ${offset}`,
        [],
        sink,
      ),
    );
    return sink.rows;
  }

  async fetch(keys: readonly Key[]): Promise<(SourceRow | null)[]> {
    return this.#read(() =>
      lookUp(
        {
          connection: this.#connection,
          dialect: this.#dialect,
          shape: this.#shape,
          from: this.#table.from,
          filter: this.#spec.filter,
          terms: this.#key.terms,
          places: this.#places,
        },
        keys,
      ),
    );
  }

  async proveKey(): Promise<void> {
    // The index is unique; one under a collation that takes more for equal all the more so.
  }

  async snapshot(): Promise<SnapshotReader | null> {
    const connection = (await this.#connection.snapshot?.()) ?? null;
    if (connection === null) return null;
    const reader = new IndexedReader(connection, this.#dialect, this.#table, this.#key, this.#spec);
    return {
      page: (after, limit) => reader.page(after, limit),
      nullKeyRows: (offset, limit) => reader.nullKeyRows(offset, limit),
      sums: reader.sums,
      release: async () => {
        await connection.close();
        return connection.isWhole;
      },
    };
  }

  async close(): Promise<void> {
    // Holds nothing between calls.
  }

  /** Undefined where a column's bytes are not for the server to write. */
  #sums(): SourceSums | undefined {
    const { checksum } = this.#dialect;
    const keys = digestsOf(this.#spec.keyColumns.map((name) => columnOf(this.#table, name).codec.digestKey));
    const values = digestsOf(this.#spec.columns.map((name) => columnOf(this.#table, name).codec.digest));
    if (keys === null || values === null) return undefined;
    const number = checksum.number(keys, values);
    const notNull = this.#notNull(0);
    return {
      page: (after, limit, buckets) => this.#page(after, limit, checksum.isIn(number, buckets)),
      read: (bits) =>
        this.#read(async () => {
          const rows = await this.#connection.all(
            `SELECT ${bucketSql('n', bits)}, count(*), sum(n)
             FROM (SELECT ${number} AS n FROM ${this.#table.from}
               WHERE ${notNull.join(' AND ')}${andFilter(this.#spec.filter)} ${checksum.fence}) AS numbers GROUP BY 1`,
          );
          return toSums(rows, bits);
        }),
    };
  }

  #position(key: Key): (string | Buffer)[] {
    const bound = bindKey(key, this.#places, this.#key.terms);
    if (bound !== null) return bound;
    throw keyChanged(this.#spec.entityType, 'another type');
  }

  /**
   * Everything after a position, NULLs left out, as ranges of the index to be read one after the other: rows that share
   * all values but the last, then all but the last two, and so on. Columns in one direction are one range by themselves.
   */
  #steps(position: readonly unknown[] | null): { where: string; bound: number; from: number }[] {
    const { terms } = this.#key;
    const { marker } = this.#dialect;
    if (position === null) return [{ where: this.#notNull(0).join(' AND '), bound: 0, from: 0 }];
    const parameter = (i: number) => terms[i]?.column.codec.parameter(marker(i + 1)) ?? 'NULL';
    return terms
      .map((term, depth) => {
        const equal = terms.slice(0, depth).map((t, i) => `${t.expression} ${t.equals} ${parameter(i)}`);
        const range = `${term.expression} ${term.after} ${parameter(depth)}`;
        const where = [...equal, range, ...this.#notNull(depth + 1)].join(' AND ');
        return { where, bound: depth + 1, from: depth };
      })
      .reverse();
  }

  /** Conditions that hold for rows with a key. A row value with a NULL in it, though no NULL itself, fails `IS NOT NULL` in PostgreSQL. */
  #notNull(from: number): string[] {
    if (this.#key.primary) return ['1 = 1'];
    return this.#key.terms.slice(from).map((term) => `${this.#dialect.quote(term.column.name)} IS NOT NULL`);
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw readingError(error, this.#spec.entityType);
    }
  }
}

const digestsOf = (digests: readonly (string | null)[]): string[] | null => {
  const known = digests.filter((digest) => digest !== null);
  return known.length === digests.length ? known : null;
};

/** Null where a row has no checksum: its values together are more than the server holds in one. */
function toSums(rows: readonly RawRow[], bits: number): BucketSums | null {
  const sums = new BucketSums(bits);
  for (const [bucket, count, sum] of rows) {
    if (bucket === null || sum === null) return null;
    sums.set(Number(bucket), Number(count), BigInt(String(sum)));
  }
  return sums;
}

const orderBy = (terms: readonly OrderTerm[]): string =>
  terms.map((term) => `${term.expression} ${term.direction}`).join(', ');

/** Rows that meet the spec's filter. */
export async function countRows(
  connection: ServerConnection,
  table: ServerTable,
  spec: ReadSpec,
): Promise<number> {
  const [row] = await connection.all(
    `SELECT count(*) FROM ${table.from} WHERE 1 = 1${andFilter(spec.filter)}`,
  );
  return Number(row?.[0]);
}
