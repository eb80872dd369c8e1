import type { CellValue } from '../../cell.ts';
import { parseExactly, toCell } from '../json-cell.ts';
import { quote } from '../sqlite/sql.ts';
import { type DuckDb, literal } from './duckdb.ts';
import { checkNames, notAnObject, unparsable } from './errors.ts';
import { textOf, type Relation } from './relation.ts';

/** Holds the whole record; no column of a file has such a name. */
const RECORD = '\u0001record';

/**
 * JSON records, one a line or in one array. Each value keeps the type that it has in its own record. Filters see texts: of
 * `12` and `"12"` alike `12`.
 */
export async function jsonRelation(
  duckDb: DuckDb,
  path: string,
  shown: string,
  lines: boolean,
  recordBytes: number,
): Promise<Relation> {
  const format = lines ? 'newline_delimited' : 'auto';
  const records = `read_json_objects(${literal(path)}, format = '${format}', maximum_object_size = ${recordBytes})`;
  const keys = await duckDb.all(
    `SELECT encode(key) FROM (
       SELECT unnest(json_keys(json)) AS key, unnest(range(len(json_keys(json)))) AS place FROM ${records})
     GROUP BY key ORDER BY min(place), key`,
  );
  const names = keys.map(([name]) => textOf(name) ?? '');
  checkNames(shown, names);
  // SQL has no way to write an empty name.
  const filterable = names.filter((name) => name !== '');
  const columns = filterable.map((name) => `json->>${literal(pointer(name))} AS ${quote(name)}`);
  return {
    columns: names.map((name) => ({ name, declaredType: '', nullable: true })),
    from: `(SELECT ${[`json AS ${quote(RECORD)}`, ...columns].join(', ')} FROM ${records})`,
    select: () => `encode(CAST(${quote(RECORD)} AS VARCHAR))`,
    read: (row, wanted, number) => cellsOf(textOf(row[0]) ?? '', wanted, shown, number),
  };
}

function cellsOf(text: string, columns: readonly string[], shown: string, number: number): CellValue[] {
  let record: unknown;
  try {
    record = parseExactly(text);
  } catch (error) {
    throw unparsable(shown, number, error);
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw notAnObject(shown, number);
  const values = new Map(Object.entries(record));
  return columns.map((name) => toCell(values.get(name)));
}

/** RFC 6901. */
const pointer = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
