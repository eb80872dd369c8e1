import { PlumblineError } from '../../errors.ts';
import { holdsHtml, suggestText } from '../suggest-text.ts';
import type { DiscoveredType, SourceColumn } from '../source.ts';
import type { SqliteConnection, SqlRow } from './connection.ts';
import { QUERY_FAILED } from './errors.ts';
import { listTables, readTable, type Table, type TableName } from './schema.ts';
import { quote } from './sql.ts';

const PREVIEW_ROWS = 3;
/** Longer values are cut in previews and samples: a table may hold pictures. */
const PREVIEW_LENGTH = 2_000;
const SAMPLE_LENGTH = 300;
/** A sample is a few rows at each of a few places, spread over the table by rowid. */
const SAMPLE_PLACES = 20;
const ROWS_PER_PLACE = 10;

/** Everything that could be an entity type. A view that is broken is listed with the reason and hides nothing else. */
export function discover(connection: SqliteConnection): DiscoveredType[] {
  return listTables(connection).map((name) => {
    try {
      return describe(connection, readTable(connection, name));
    } catch (error) {
      if (error instanceof PlumblineError && error.code === QUERY_FAILED) return broken(name, error.message);
      throw error;
    }
  });
}

function describe(connection: SqliteConnection, table: Table): DiscoveredType {
  const rows = Number(connection.integer(`SELECT count(*) FROM ${table.unordered}`));
  const keyColumns = table.keys.find((key) => key.primary || !key.nullable)?.columns ?? [];
  const columns = suggestColumns(table, keyColumns, sample(connection, table, rows));
  const textColumns = columns.filter((column) => column.text).map((column) => column.name);
  return {
    name: table.name,
    kind: table.kind === 'view' ? 'view' : 'table',
    columns,
    keyColumns,
    textColumns,
    rows,
    selected: keyColumns.length > 0 && textColumns.length > 0,
    reason: selectionReason(table, keyColumns, textColumns),
    sampleRows: preview(connection, table),
  };
}

function broken({ name, kind }: TableName, message: string): DiscoveredType {
  return {
    name,
    kind: kind === 'view' ? 'view' : 'table',
    columns: [],
    keyColumns: [],
    textColumns: [],
    rows: null,
    selected: false,
    reason: `cannot be read (${message}): repair or drop it in the source`,
    sampleRows: [],
  };
}

function selectionReason(
  { kind, columns }: Table,
  keyColumns: readonly string[],
  textColumns: readonly string[],
): string {
  if (keyColumns.length === 0) {
    const why = {
      table: 'no primary key and no unique NOT NULL columns',
      view: 'a view has no key of its own',
      virtual: 'a virtual table declares no key',
    }[kind];
    return `${why}: declare one in plumbline.yaml to include it, e.g. key: [${likelyKey(columns)}]`;
  }
  if (textColumns.length === 0) {
    return 'no column that reads like text: name columns in its template in plumbline.yaml to include it';
  }
  return `key ${keyColumns.join(', ')}; text ${textColumns.join(', ')}`;
}

/** For an example that fits more often than not. */
function likelyKey(columns: Table['columns']): string {
  const names = columns.map((column) => column.name);
  return names.find((name) => /id$|code$|key$/i.test(name)) ?? names[0] ?? 'column';
}

/**
 * Key columns identify and rarely describe, so they are left out where there is other text; a table of tags, whose name
 * is its key, still has a text, provided that values show it: an empty table that links two others looks the same.
 */
function suggestColumns(
  table: Table,
  keyColumns: readonly string[],
  rows: readonly SqlRow[],
): SourceColumn[] {
  const isKey = (name: string) => keyColumns.includes(name);
  const judged = table.columns.map((column, i) => {
    const values = rows.map((row) => row[i] ?? null).filter((value) => value !== null);
    const texts = values.filter((value) => typeof value === 'string');
    const suggestion = suggestText({ ...column, texts, others: values.length - texts.length });
    return { ...column, ...suggestion, html: holdsHtml(texts), seen: texts.length > 0 };
  });
  const onlyKeys = !judged.some(({ name, text }) => text && !isKey(name));
  return judged.map(({ seen, ...column }) => {
    if (!column.text || !isKey(column.name)) return column;
    return onlyKeys && seen
      ? { ...column, reason: `part of the key, and the only text: ${column.reason}` }
      : { ...column, text: false, reason: 'part of the key' };
  });
}

/** Per column: text, cut; NULL; or 0 for any other value. */
function sample(connection: SqliteConnection, table: Table, rows: number): SqlRow[] {
  const select = table.columns
    .map(({ name }) => quote(name))
    .map(
      (c) =>
        `CASE typeof(${c}) WHEN 'text' THEN substr(${c}, 1, ${SAMPLE_LENGTH}) WHEN 'null' THEN NULL ELSE 0 END`,
    )
    .join(', ');
  const size = SAMPLE_PLACES * ROWS_PER_PLACE;
  const { rowid, from, unordered } = table;
  if (rowid === null || rows <= size)
    return connection.all(`SELECT ${select} FROM ${unordered} LIMIT ${size}`);
  const end = (edge: 'min' | 'max') =>
    connection.integer(`SELECT ${edge}(${rowid}) FROM ${from} NOT INDEXED`) ?? 0n;
  const [first, last] = [end('min'), end('max')];
  const sql = `SELECT ${select} FROM ${from} NOT INDEXED WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${ROWS_PER_PLACE}`;
  return Array.from({ length: SAMPLE_PLACES }, (_, i) => {
    const place = first + ((last - first) * BigInt(i)) / BigInt(SAMPLE_PLACES);
    return connection.all(sql, [place]);
  }).flat();
}

function preview(connection: SqliteConnection, table: Table): SqlRow[] {
  const select = table.columns
    .map(({ name }) => quote(name))
    .map((c) => `iif(typeof(${c}) IN ('text', 'blob'), substr(${c}, 1, ${PREVIEW_LENGTH}), ${c})`);
  return connection.all(`SELECT ${select.join(', ')} FROM ${table.unordered} LIMIT ${PREVIEW_ROWS}`);
}
