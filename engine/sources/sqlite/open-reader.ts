import { PlumblineError } from '../../errors.ts';
import type { EntityReader, ReadSpec } from '../source.ts';
import { checkColumns, filterInvalid, typeUnknown } from '../spec-check.ts';
import type { SqliteConnection } from './connection.ts';
import { QUERY_FAILED } from './errors.ts';
import { IndexedReader } from './indexed-reader.ts';
import type { KeyCodec } from './key-codec.ts';
import { listTables, readTable, type Table } from './schema.ts';
import { SpooledReader } from './spooled-reader.ts';
import { andFilter } from './sql.ts';

/** Checks a spec against the schema and opens the reader that fits: through a unique index where the key has one. */
export function openReader(connection: SqliteConnection, codec: KeyCodec, spec: ReadSpec): EntityReader {
  const table = findTable(connection, spec.entityType);
  checkColumns(spec, namesOf(table));
  checkFilter(connection, table, spec);
  const wanted = new Set(spec.keyColumns);
  const uniqueKey = table.keys.find(
    (key) =>
      key.readable && key.columns.length === wanted.size && key.columns.every((name) => wanted.has(name)),
  );
  return uniqueKey === undefined
    ? new SpooledReader(connection, codec, table, spec)
    : new IndexedReader(connection, codec, table, uniqueKey, spec);
}

function findTable(connection: SqliteConnection, name: string): Table {
  const tables = listTables(connection);
  const table = tables.find((candidate) => candidate.name === name);
  if (table !== undefined) return readTable(connection, table);
  throw typeUnknown(
    connection.path,
    name,
    tables.map((candidate) => candidate.name),
  );
}

/** Prepares the statement without reading a row. Placeholders and second statements are refused with the rest. */
function checkFilter(connection: SqliteConnection, table: Table, spec: ReadSpec): void {
  if (spec.filter === null) return;
  try {
    connection.all(`SELECT 1 FROM ${table.unordered} WHERE 1${andFilter(spec.filter)} LIMIT 0`);
  } catch (error) {
    const refused = error instanceof PlumblineError ? error.code === QUERY_FAILED : error instanceof Error;
    if (!refused) throw error;
    const message = (error as Error).message;
    const unknownColumn = /^no such column: (.*)$/.exec(message)?.[1];
    throw filterInvalid(spec, namesOf(table), { message, unknownColumn, dialect: 'SQLite', cause: error });
  }
}

const namesOf = (table: Table): string[] => table.columns.map((column) => column.name);
