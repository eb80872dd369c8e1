import { PlumblineError } from '../../errors.ts';
import { describeType, unreadableType } from '../describe-type.ts';
import type { DiscoveredType } from '../source.ts';
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
      if (!(error instanceof PlumblineError) || error.code !== QUERY_FAILED) throw error;
      return unreadableType(name.name, kindOf(name), error.message, 'repair or drop it in the source');
    }
  });
}

function describe(connection: SqliteConnection, table: Table): DiscoveredType {
  const rows = Number(connection.integer(`SELECT count(*) FROM ${table.unordered}`));
  return describeType({
    name: table.name,
    kind: kindOf(table),
    keyless: {
      table: 'no primary key and no unique NOT NULL columns',
      view: 'a view has no key of its own',
      virtual: 'a virtual table declares no key',
    }[table.kind],
    columns: table.columns,
    keyColumns: table.keys.find((key) => key.primary || !key.nullable)?.columns ?? [],
    rows,
    sample: sample(connection, table, rows),
    preview: preview(connection, table),
  });
}

const kindOf = ({ kind }: TableName): 'table' | 'view' => (kind === 'view' ? 'view' : 'table');

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
