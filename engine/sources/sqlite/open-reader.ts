import { PlumblineError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { EntityReader, ReadSpec } from '../source.ts';
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
  checkColumns(table, spec);
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
  const near = nearest(
    name,
    tables.map((candidate) => candidate.name),
  );
  throw new PlumblineError('ENTITY_TYPE_UNKNOWN', `${connection.path} has no table or view "${name}"`, {
    hint: near === null ? 'Run `plumbline discover` to see what there is.' : `Did you mean "${near}"?`,
    details: { entityType: name, nearest: near },
  });
}

function checkColumns(table: Table, spec: ReadSpec): void {
  const names = table.columns.map((column) => column.name);
  if (spec.keyColumns.length === 0) {
    throw new PlumblineError(
      'KEY_MISSING',
      `"${table.name}" has no key that its rows could be told apart by`,
      {
        hint: `Declare one in plumbline.yaml, e.g. key: [${names[0] ?? 'column'}]. Its columns: ${names.join(', ')}.`,
        details: { entityType: table.name },
      },
    );
  }
  const unknown = [...spec.keyColumns, ...spec.columns].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new PlumblineError('COLUMN_UNKNOWN', `"${table.name}" has no column "${unknown}"`, {
    hint: columnHint(unknown, names),
    details: { entityType: table.name, column: unknown, nearest: nearest(unknown, names) },
  });
}

function columnHint(unknown: string, names: readonly string[]): string {
  const near = nearest(unknown, names);
  return near === null ? `Its columns: ${names.join(', ')}.` : `Did you mean "${near}"?`;
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
    const column = /^no such column: (.*)$/.exec(message)?.[1];
    const names = table.columns.map((candidate) => candidate.name);
    throw new PlumblineError('FILTER_INVALID', `the filter of "${table.name}" is not valid: ${message}`, {
      hint:
        column === undefined
          ? `Write what may follow WHERE in SQLite, e.g. filter: ${names[0] ?? 'column'} IS NOT NULL.`
          : columnHint(column, names),
      cause: error,
      details: { entityType: table.name, filter: spec.filter },
    });
  }
}
