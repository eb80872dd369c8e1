import type { DuckDBValue } from '@duckdb/node-api';
import type { CellValue } from '../../cell.ts';
import { parseExactly, toCell } from '../json-cell.ts';
import { quote } from '../sqlite/sql.ts';
import { type DuckDb, literal } from './duckdb.ts';
import { bytesOf, textOf, type Relation } from './relation.ts';

/** How a type crosses, and what becomes of it. */
interface Crossing {
  readonly sql: (column: string) => string;
  readonly read: (value: DuckDBValue | undefined) => CellValue;
}

const asText: Crossing = { sql: (column) => `encode(CAST(${column} AS VARCHAR))`, read: textOf };
const asInteger: Crossing = {
  sql: (column) => `CAST(${column} AS BIGINT)`,
  read: (value) => (typeof value === 'bigint' ? value : null),
};
const asReal: Crossing = {
  sql: (column) => `CAST(${column} AS DOUBLE)`,
  read: (value) => (typeof value === 'number' ? value : null),
};
const asBytes: Crossing = { sql: (column) => column, read: bytesOf };
const asJson = (sql: Crossing['sql']): Crossing => ({
  sql,
  read: (value) => {
    const text = textOf(value);
    if (text === null) return null;
    try {
      return toCell(parseExactly(text));
    } catch {
      // DuckDB writes NaN and infinity, which JSON does not have.
      return text;
    }
  },
});
/** Integers beyond 64 bits, which are digits then. */
const asWideInteger = asJson(asText.sql);
const asNested = asJson((column) => `encode(CAST(to_json(${column}) AS VARCHAR))`);

const CROSSINGS: readonly (readonly [type: RegExp, crossing: Crossing])[] = [
  [/[[\]]|^(STRUCT|MAP|UNION|VARIANT)\b/, asNested],
  [/^U?(TINYINT|SMALLINT|INTEGER)$|^BIGINT$/, asInteger],
  [/^(UBIGINT|U?HUGEINT)$/, asWideInteger],
  [/^(FLOAT|DOUBLE)$/, asReal],
  [/^BLOB$/, asBytes],
];

/** Parquet says itself what its columns are. Decimals, times and whatever has no type of its own here become text. */
export async function parquetRelation(duckDb: DuckDb, path: string): Promise<Relation> {
  const from = `read_parquet(${literal(path)}, hive_partitioning = false)`;
  const described = await duckDb.all(
    `SELECT encode(column_name), column_type FROM (DESCRIBE SELECT * FROM ${from})`,
  );
  const columns = described.map(([name, type]) => ({
    name: textOf(name) ?? '',
    declaredType: String(type),
    nullable: true,
  }));
  const crossings = new Map(columns.map(({ name, declaredType }) => [name, crossingOf(declaredType)]));
  const of = (name: string): Crossing => crossings.get(name) ?? asText;
  return {
    columns,
    from,
    select: (wanted) => wanted.map((name) => of(name).sql(quote(name))).join(', '),
    read: (row, wanted) => wanted.map((name, i) => of(name).read(row[i])),
  };
}

const crossingOf = (type: string): Crossing =>
  CROSSINGS.find(([pattern]) => pattern.test(type))?.[1] ?? asText;
