/** Reading typed rows in key order: what tables with an index and spooled ones have in common. */
import { rowSize } from '../row-size.ts';
import type { ReadSpec, SourceRow } from '../source.ts';
import type { SqliteConnection, SqlRow } from './connection.ts';
import type { BoundPart, KeyCodec } from './key-codec.ts';
import type { Table, UniqueKey } from './schema.ts';
import { andFilter, collated, keysetSteps, orderBy, quote, type OrderTerm } from './sql.ts';

/** Result columns for a key and values, and how to read them. */
export interface RowShape {
  readonly select: string;
  read(row: SqlRow): SourceRow;
}

/** Where rows are read from, in which order, and what they look like. */
export interface OrderedRows {
  readonly connection: SqliteConnection;
  readonly shape: RowShape;
  /** What follows FROM. */
  readonly from: string;
  readonly filter: string | null;
  /** The order of the index that `from` is held to. */
  readonly terms: readonly OrderTerm[];
}

/** A page ends early after this much: 500 rows of 5 MB each would not fit in memory. */
const PAGE_BYTES = 8 * 1024 * 1024;

export function rowShape(
  codec: KeyCodec,
  keyColumns: readonly string[],
  columns: readonly string[],
): RowShape {
  return {
    select: [codec.select(keyColumns), ...columns.map(quote)].join(', '),
    read: (row) => ({ key: codec.read(row, keyColumns.length), values: row.slice(2 * keyColumns.length) }),
  };
}

/** A table's rows in the order of one of its unique indexes. */
export function indexedRows(
  connection: SqliteConnection,
  codec: KeyCodec,
  table: Table,
  { hint, terms }: UniqueKey,
  { keyColumns, columns, filter }: ReadSpec,
): OrderedRows {
  const shape = rowShape(codec, keyColumns, columns);
  return { connection, shape, from: `${table.from} ${hint}`, filter, terms };
}

/** Up to `limit` rows after a position (one value per term; null: from the start), rows with NULL in a term left out. */
export function readPage(
  source: OrderedRows,
  after: readonly BoundPart[] | null,
  limit: number,
): SourceRow[] {
  const rows: SourceRow[] = [];
  let bytes = 0;
  for (const { sql, bound } of pageStatements(source, after)) {
    const params = [...(after ?? []).slice(0, bound).map((part) => part.value), limit - rows.length];
    source.connection.each(sql, params, (raw) => {
      const row = source.shape.read(raw);
      bytes += rowSize(row.values);
      return rows.push(row) < limit && bytes < PAGE_BYTES;
    });
    if (rows.length >= limit || bytes >= PAGE_BYTES) break;
  }
  return rows;
}

/** The statements that {@link readPage} runs one after the other, until the page is full. */
export function pageStatements(
  source: OrderedRows,
  after: readonly BoundPart[] | null,
): { sql: string; bound: number }[] {
  return keysetSteps(source.terms, after?.map((part) => part.placeholder) ?? null).map((step) => ({
    sql: `SELECT ${source.shape.select} FROM ${source.from}
      WHERE ${step.where}${andFilter(source.filter)} ORDER BY ${step.orderBy} LIMIT ?`,
    bound: step.bound,
  }));
}

/** The first row at exactly this position, as the terms' collations see it. */
export function readAt(source: OrderedRows, position: readonly BoundPart[]): SourceRow | null {
  const where = source.terms
    .map((term, i) => `${collated(term)} = ${position[i]?.placeholder}`)
    .join(' AND ');
  const sql = `SELECT ${source.shape.select} FROM ${source.from} WHERE ${where}${andFilter(source.filter)}`;
  const row = source.connection.first(
    sql,
    position.map((part) => part.value),
  );
  return row === undefined ? null : source.shape.read(row);
}

/** Rows with NULL in one of the terms, in index order. */
export function readNulls(source: OrderedRows, offset: number, limit: number): SourceRow[] {
  const isNull = source.terms.map((term) => `${term.expression} IS NULL`).join(' OR ');
  const sql = `SELECT ${source.shape.select} FROM ${source.from}
    WHERE (${isNull})${andFilter(source.filter)} ORDER BY ${orderBy(source.terms)} LIMIT ? OFFSET ?`;
  return source.connection.all(sql, [limit, offset]).map((row) => source.shape.read(row));
}
