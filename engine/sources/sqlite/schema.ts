/** What tables there are and how their rows can be addressed, from SQLite's own pragmas, in schema `main` only. */
import type { SqliteConnection, SqlValue } from './connection.ts';
import { quote, type OrderTerm } from './sql.ts';

export type TableKind = 'table' | 'virtual' | 'view';

export interface TableName {
  readonly name: string;
  readonly kind: TableKind;
  readonly withoutRowid: boolean;
}

export interface TableColumn {
  readonly name: string;
  readonly declaredType: string;
  readonly nullable: boolean;
}

/** A set of columns that the database itself keeps unique. */
export interface UniqueKey {
  readonly columns: readonly string[];
  readonly primary: boolean;
  /** False where no row can have NULL in it. */
  readonly nullable: boolean;
  /** The order of its index; one term per column. */
  readonly terms: readonly OrderTerm[];
  /** Follows the table's name in FROM and holds the planner to this index. */
  readonly hint: string;
  /** False where the index uses a collation that only the user's application knows: it cannot be read then. */
  readonly readable: boolean;
}

export interface Table extends TableName {
  /** Without the hidden columns of virtual tables; generated columns included. */
  readonly columns: readonly TableColumn[];
  /** The primary key first, then unique constraints and indexes, those with fewest columns first. */
  readonly keys: readonly UniqueKey[];
  /** A name by which the rowid can be read; null where there is none or columns take all its names. */
  readonly rowid: string | null;
  /** The name to put in FROM, before a hint: `main."name"`. */
  readonly from: string;
  /** `from` for reads in no particular order; keeps the planner from an index that cannot be read. */
  readonly unordered: string;
}

/** The collations every SQLite has; others exist only inside the program that registered them. */
const BUILT_IN_COLLATIONS = new Set(['BINARY', 'NOCASE', 'RTRIM']);

/** Tables, then views, each by name; without SQLite's own tables and those that serve virtual tables. */
export function listTables(connection: SqliteConnection): TableName[] {
  const rows = connection.all(
    `SELECT name, type, wr FROM pragma_table_list
     WHERE schema = 'main' AND type IN ('table', 'virtual', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
     ORDER BY type = 'view', name`,
  );
  return rows.map(([name, type, wr]) => ({
    name: String(name),
    kind: type as TableKind,
    withoutRowid: wr === 1n,
  }));
}

/** @throws PlumblineError `SOURCE_QUERY_FAILED` for a broken view or a virtual table whose module is not there. */
export function readTable(connection: SqliteConnection, table: TableName): Table {
  const info = connection.all(
    'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid',
    [table.name, 'main'],
  );
  const primary = info
    .filter(([, , , pk]) => pk !== 0n)
    .toSorted((a, b) => Number(a[3]) - Number(b[3]))
    .map(([name]) => String(name));
  const declared: TableColumn[] = info.map(([name, type, notNull]) => ({
    name: String(name),
    declaredType: String(type),
    nullable: notNull === 0n,
  }));
  const indexed = table.kind === 'table' ? readUniqueIndexes(connection, table.name, declared) : [];
  const isRowid = table.kind === 'table' && primary.length > 0 && !indexed.some((key) => key.primary);
  const keys = isRowid ? [rowidKey(primary), ...indexed] : indexed;
  const columns = declared.map((column) =>
    isRowid && primary.includes(column.name) ? { ...column, nullable: false } : column,
  );
  const from = `main.${quote(table.name)}`;
  const unordered = keys.every((key) => key.readable) ? from : `${from} NOT INDEXED`;
  return { ...table, columns, keys, rowid: rowidName(table, columns), from, unordered };
}

/** An INTEGER PRIMARY KEY is the rowid itself and has no index; a primary key of any other kind has one. */
function rowidKey(columns: readonly string[]): UniqueKey {
  const terms = columns.map((name) => ({ expression: quote(name), collation: 'BINARY', descending: false }));
  return { columns, primary: true, nullable: false, terms, hint: 'NOT INDEXED', readable: true };
}

function readUniqueIndexes(
  connection: SqliteConnection,
  table: string,
  columns: readonly TableColumn[],
): UniqueKey[] {
  const indexes = connection.all(
    `SELECT name, origin FROM pragma_index_list(?, 'main') WHERE "unique" AND NOT partial ORDER BY seq DESC`,
    [table],
  );
  return indexes
    .map(([name, origin]) => readIndex(connection, String(name), origin, columns))
    .filter((key) => key !== null)
    .toSorted((a, b) => Number(b.primary) - Number(a.primary) || a.columns.length - b.columns.length);
}

/** Null for an index on an expression: its value is no column's. */
function readIndex(
  connection: SqliteConnection,
  index: string,
  origin: SqlValue | undefined,
  columns: readonly TableColumn[],
): UniqueKey | null {
  const rows = connection.all(
    `SELECT name, coll, "desc" FROM pragma_index_xinfo(?, 'main') WHERE key ORDER BY seqno`,
    [index],
  );
  if (rows.some(([name]) => name === null)) return null;
  const names = rows.map(([name]) => String(name));
  const collations = rows.map(([, collation]) => String(collation));
  return {
    columns: names,
    primary: origin === 'pk',
    nullable: columns.some((column) => column.nullable && names.includes(column.name)),
    terms: names.map((name, i) => ({
      expression: quote(name),
      collation: collations[i] ?? 'BINARY',
      descending: rows[i]?.[2] === 1n,
    })),
    hint: `INDEXED BY ${quote(index)}`,
    readable: collations.every((collation) => BUILT_IN_COLLATIONS.has(collation.toUpperCase())),
  };
}

function rowidName(table: TableName, columns: readonly TableColumn[]): string | null {
  if (table.kind !== 'table' || table.withoutRowid) return null;
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null;
}
