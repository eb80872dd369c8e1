/** What tables there are and how their rows can be addressed, from `information_schema`. */
import type { RawRow, ServerConnection } from '../server/connection.ts';
import type { ServerColumn, ServerKey, ServerTable } from '../server/table.ts';
import { codecOf } from './codecs.ts';
import { quote } from './sql.ts';

export interface TableName {
  readonly name: string;
  readonly kind: 'table' | 'view';
}

/** Tables, then views, by name; sequences are none. Those that the user has no right to are not shown by the server. */
export async function listTables(connection: ServerConnection): Promise<TableName[]> {
  const rows = await connection.all(
    `SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
     ORDER BY TABLE_TYPE = 'VIEW', CAST(TABLE_NAME AS BINARY)`,
  );
  return rows.map(([name, type]) => ({
    name: String(name),
    kind: String(type) === 'VIEW' ? 'view' : 'table',
  }));
}

export async function readTable(
  connection: ServerConnection,
  { name, kind }: TableName,
  product: string,
): Promise<ServerTable> {
  const columns = await readColumns(connection, name, product);
  const from = quote(name);
  return {
    name,
    kind,
    keyless:
      kind === 'view' ? 'a view has no key of its own' : 'no primary key and no unique NOT NULL columns',
    from,
    columns,
    keys: kind === 'view' ? [] : await readKeys(connection, name, from, columns),
  };
}

/** JSON of MariaDB is text with a check of its own making, which is shown with the quotes of the session's `sql_mode`. */
const MARIADB_JSON = `EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS k WHERE k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA
  AND k.TABLE_NAME = c.TABLE_NAME AND k.CHECK_CLAUSE IN (CONCAT('json_valid(\`', c.COLUMN_NAME, '\`)'), CONCAT('json_valid("', c.COLUMN_NAME, '")')))`;

async function readColumns(
  connection: ServerConnection,
  table: string,
  product: string,
): Promise<ServerColumn[]> {
  const rows = await connection.all(
    `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, FIND_IN_SET('select', PRIVILEGES) > 0, DATA_TYPE,
       ${product === 'MariaDB' ? MARIADB_JSON : '0'}, NUMERIC_SCALE, CHARACTER_SET_NAME, COLLATION_NAME
     FROM information_schema.COLUMNS c WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
     ORDER BY ORDINAL_POSITION`,
    [table],
  );
  return rows.map(([name, declared, nullable, readable, type, isJson, scale, charset, collation]) => ({
    name: String(name),
    declaredType: String(declared),
    judgedType: String(declared),
    nullable: String(nullable) === 'YES',
    readable: String(readable) === '1',
    codec: codecOf(String(name), {
      name: String(type).toLowerCase(),
      isUnsigned: String(declared).includes('unsigned'),
      isJson: String(isJson) === '1' || String(type) === 'json',
      scale: String(scale ?? 0),
      charset: charset === null || charset === undefined ? null : String(charset),
      collation: collation === null || collation === undefined ? null : String(collation),
    }),
  }));
}

/** Unique B-trees over whole columns. An index on the first characters of a text is not in the text's own order. */
async function readKeys(
  connection: ServerConnection,
  table: string,
  from: string,
  columns: readonly ServerColumn[],
): Promise<ServerKey[]> {
  const rows = await connection.all(
    `SELECT INDEX_NAME, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND NON_UNIQUE = 0
     ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`,
    [table],
  );
  return [...Map.groupBy(rows, ([index]) => String(index)).values()]
    .map((parts) => toKey(parts, columns, from))
    .filter((key) => key !== null)
    .toSorted((a, b) => Number(b.primary) - Number(a.primary) || a.terms.length - b.terms.length);
}

function toKey(parts: readonly RawRow[], columns: readonly ServerColumn[], from: string): ServerKey | null {
  const index = String(parts[0]?.[0]);
  const terms = parts.map(([, name, direction, prefix, type]) => {
    const column = columns.find((candidate) => candidate.name === String(name));
    if (column === undefined || (prefix !== null && prefix !== undefined)) return null;
    if (String(type) !== 'BTREE') return null;
    const isDescending = String(direction) === 'D';
    return {
      column,
      expression: `${from}.${quote(column.name)}`,
      after: isDescending ? '<' : '>',
      equals: '=',
      direction: isDescending ? 'DESC' : 'ASC',
    };
  });
  const whole = terms.filter((term) => term !== null);
  if (whole.length < terms.length) return null;
  return {
    primary: index === 'PRIMARY',
    nullable: whole.some(({ column }) => column.nullable),
    terms: whole,
    from: `${from} FORCE INDEX (${quote(index)})`,
    // Members of an ENUM lie in the order of their numbers and are compared as texts.
    isOrdered: whole.every(({ column }) => !/^(enum|set)\(/i.test(column.declaredType)),
  };
}
