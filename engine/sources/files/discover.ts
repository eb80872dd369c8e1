import type { CellValue } from '../../cell.ts';
import { describeType, type FoundColumn } from '../describe-type.ts';
import type { DiscoveredType } from '../source.ts';
import { quote } from '../sqlite/sql.ts';
import type { DataFile } from './data-files.ts';
import type { DuckDb } from './duckdb.ts';
import { malformed } from './errors.ts';
import type { OpenedFiles } from './opened-files.ts';

const SAMPLE_ROWS = 200;
/** Files that the sample is drawn from, spread over all. */
const SAMPLE_FILES = 10;
const PREVIEW_ROWS = 3;
const SAMPLE_LENGTH = 300;
const PREVIEW_LENGTH = 2_000;

/** Names that keys have, the likeliest first. */
const KEY_NAMES = [
  /^_?id$/i,
  /^(key|uuid|guid|iri|uri|slug|sku|isbn\w*|doi)$/i,
  /([_-]?id|[_-](key|code|uuid))$/i,
];

/** What the files hold. Their rows are counted, and a key is suggested where its values are proven unique and not NULL. */
export async function discoverFiles(
  name: string,
  files: readonly DataFile[],
  opened: OpenedFiles,
  duckDb: DuckDb,
): Promise<DiscoveredType> {
  const columns = await commonColumns(files, opened);
  const keyColumn = await provenKey(files, opened, duckDb, columns);
  const sample: CellValue[][] = [];
  for (const file of spread(files)) {
    const rows = Math.ceil(SAMPLE_ROWS / Math.min(files.length, SAMPLE_FILES));
    sample.push(
      ...(await rowsOf(file, opened, columns, `USING SAMPLE reservoir(${rows} ROWS) REPEATABLE (1)`)),
    );
  }
  const [first] = files;
  const preview = first === undefined ? [] : await rowsOf(first, opened, columns, `LIMIT ${PREVIEW_ROWS}`);
  return describeType({
    name,
    kind: 'table',
    keyless: 'no column that looks like an id has a value of its own in every row',
    columns,
    keyColumns: keyColumn === null ? [] : [keyColumn],
    rows: await countRows(files, opened, duckDb),
    sample: sample.map((row) => row.map(cutAt(SAMPLE_LENGTH))),
    preview: preview.map((row) => row.map(cutAt(PREVIEW_LENGTH))),
  });
}

/** JSON records may lack any value; tables have the same columns in every file, or they are not one table. */
async function commonColumns(
  files: readonly DataFile[],
  opened: OpenedFiles,
): Promise<readonly FoundColumn[]> {
  const found = new Map<string, FoundColumn>();
  for (const file of files) {
    await opened.with(file, async ({ columns }) => {
      const names = new Set(columns.map((column) => column.name));
      const isRecord = file.format === 'json' || file.format === 'jsonl';
      const odd = isRecord || found.size === 0 ? undefined : oddOne([...found.keys()], names);
      if (odd !== undefined) {
        const which = names.has(odd) ? `has a column "${odd}" that` : `lacks the column "${odd}" that`;
        throw malformed(file.path, null, `${which} ${files[0]?.path} ${names.has(odd) ? 'lacks' : 'has'}`);
      }
      for (const column of columns) if (!found.has(column.name)) found.set(column.name, column);
    });
  }
  return [...found.values()];
}

const oddOne = (known: readonly string[], names: ReadonlySet<string>): string | undefined =>
  known.find((name) => !names.has(name)) ?? [...names].find((name) => !known.includes(name));

async function provenKey(
  files: readonly DataFile[],
  opened: OpenedFiles,
  duckDb: DuckDb,
  columns: readonly FoundColumn[],
): Promise<string | null> {
  for (const name of candidates(columns.map((column) => column.name))) {
    if (await isUnique(files, opened, duckDb, name)) return name;
  }
  return null;
}

/** By name, and the first column whatever its name. Others would be unique by chance. */
function candidates(names: readonly string[]): string[] {
  const likely = KEY_NAMES.flatMap((pattern) => names.filter((name) => pattern.test(name)));
  return [...new Set([...likely, ...names.slice(0, 1)])].filter((name) => name !== '');
}

/** Each file by itself first: what is wrong with one is said of that one. */
async function isUnique(
  files: readonly DataFile[],
  opened: OpenedFiles,
  duckDb: DuckDb,
  column: string,
): Promise<boolean> {
  const parts: string[] = [];
  for (const file of files) {
    const values = await opened.with(file, async ({ columns, from }) => {
      const there = columns.some(({ name }) => name === column);
      const part = `SELECT ${there ? `CAST(${quote(column)} AS VARCHAR)` : 'NULL'} AS value FROM ${from}`;
      return (await areUnique(part, duckDb)) ? part : null;
    });
    if (values === null) return false;
    parts.push(values);
  }
  return parts.length === 1 || areUnique(parts.join(' UNION ALL '), duckDb);
}

async function areUnique(values: string, duckDb: DuckDb): Promise<boolean> {
  const [row] = await duckDb.all(
    `SELECT count(*) = count(value) AND count(value) = count(DISTINCT value) FROM (${values})`,
  );
  return row?.[0] === true;
}

async function countRows(files: readonly DataFile[], opened: OpenedFiles, duckDb: DuckDb): Promise<number> {
  let rows = 0;
  for (const file of files) {
    rows += await opened.with(file, async ({ from }) => {
      const [row] = await duckDb.all(`SELECT count(*) FROM ${from}`);
      return Number(row?.[0] ?? 0);
    });
  }
  return rows;
}

async function rowsOf(
  file: DataFile,
  opened: OpenedFiles,
  columns: readonly FoundColumn[],
  clause: string,
): Promise<CellValue[][]> {
  return opened.with(file, async (relation) => {
    const names = columns.map((column) => column.name);
    const rows: CellValue[][] = [];
    const { expectedRows: _, ...some } = { ...relation, from: `(SELECT * FROM ${relation.from} ${clause})` };
    await opened.read(some, file, { columns: names, filter: null }, (more) => rows.push(...more));
    return rows;
  });
}

function spread(files: readonly DataFile[]): DataFile[] {
  const step = Math.max(1, files.length / SAMPLE_FILES);
  return files.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

const cutAt =
  (length: number) =>
  (value: CellValue): CellValue =>
    typeof value === 'string' ? value.slice(0, length) : value;
