import type { CellValue } from '../../cell.ts';
import { parseExactly, toCell } from '../json-cell.ts';
import { quote } from '../sqlite/sql.ts';
import { badJsonLine } from './bad-json-line.ts';
import { type DuckDb, literal } from './duckdb.ts';
import { checkNames, malformed } from './errors.ts';
import { jsonEnds } from './json-ends.ts';
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
  const format = lines ? 'newline_delimited' : await formatOf(path, shown);
  const records = `read_json_objects(${literal(path)}, format = '${format}', maximum_object_size = ${recordBytes})`;
  const keys = await duckDb.all(
    `SELECT encode(key) FROM (
       SELECT unnest(json_keys(json)) AS key, unnest(range(len(json_keys(json)))) AS place FROM ${records})
     GROUP BY key ORDER BY min(place), key`,
  );
  if (keys.length === 0 && jsonEnds(path).first === '') {
    throw malformed(shown, null, 'there is nothing but white space in it, so it may have been cut off');
  }
  const names = keys.map(([name]) => textOf(name) ?? '');
  checkNames(shown, names);
  // SQL has no way to write an empty name.
  const filterable = names.filter((name) => name !== '');
  const columns = filterable.map((name) => `json->>${literal(pointer(name))} AS ${quote(name)}`);
  return {
    columns: names.map((name) => ({ name, declaredType: '', nullable: true })),
    from: `(SELECT ${[`json AS ${quote(RECORD)}`, ...columns].join(', ')} FROM ${records})`,
    select: () => `encode(CAST(${quote(RECORD)} AS VARCHAR)), ${problemOf(quote(RECORD))}`,
    check: (row, number) => {
      if (typeof row[1] === 'string') throw malformed(shown, `record ${number}`, row[1]);
    },
    read: (row, wanted, number) => cellsOf(textOf(row[0]) ?? '', wanted, shown, number),
  };
}

/** @throws PlumblineError `SOURCE_MALFORMED` where an array has no end. */
async function formatOf(path: string, shown: string): Promise<'array' | 'auto'> {
  const { first, last } = jsonEnds(path);
  if (first !== '[') return 'auto';
  if (last === ']') return 'array';
  const what = 'not valid JSON: it begins as an array and does not end as one, so it may have been cut off';
  throw malformed(shown, await badJsonLine(path), what);
}

/** NULL for a sound record. Of two fields with one name, readers of JSON take now the first, now the last. */
const problemOf = (record: string): string => `CASE
  WHEN json_type(${record}) <> 'OBJECT' THEN 'not an object with named values'
  WHEN len(list_distinct(json_keys(${record}))) < len(json_keys(${record})) THEN 'two fields have the same name'
  END`;

function cellsOf(text: string, columns: readonly string[], shown: string, number: number): CellValue[] {
  try {
    const values = new Map(Object.entries(parseExactly(text) as Record<string, unknown>));
    return columns.map((name) => toCell(values.get(name)));
  } catch (error) {
    throw malformed(shown, `record ${number}`, `not valid JSON: ${(error as Error).message}`, error);
  }
}

/** RFC 6901. */
const pointer = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
