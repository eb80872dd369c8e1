import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { describeType, unreadableType } from '../describe-type.ts';
import type { DiscoveredType } from '../source.ts';
import type { ServerConnection } from './connection.ts';
import type { ServerTable } from './table.ts';

const PREVIEW_ROWS = 3;
/** Longer values are cut in previews and samples: a table may hold pictures. */
const PREVIEW_LENGTH = 2_000;
const SAMPLE_LENGTH = 300;
const SAMPLE_ROWS = 200;

export interface DiscoverOptions {
  readonly connection: ServerConnection;
  /** What is said of one that this user may not read: `GRANT …`. */
  readonly grant: string;
  /** What follows FROM for a sample spread over a table of so many rows; null where only its first rows can be had. */
  readonly sampleFrom: (rows: number, wanted: number) => string | null;
}

/** A table as an entity type might be made of it. What fails says so in its reason, and hides nothing else. */
export async function discoverTable(
  { name, kind }: { readonly name: string; readonly kind: 'table' | 'view' },
  read: () => Promise<ServerTable>,
  options: DiscoverOptions,
): Promise<DiscoveredType> {
  try {
    return await describe(await read(), options);
  } catch (error) {
    if (!(error instanceof PlumblineError)) throw error;
    if (error.code === 'SOURCE_FORBIDDEN') {
      return unreadableType(name, kind, 'this user may not read it', options.grant);
    }
    if (error.code === 'SOURCE_BUSY')
      return unreadableType(name, kind, error.message, error.hint ?? 'try again');
    if (error.code !== 'SOURCE_QUERY_FAILED') throw error;
    return unreadableType(name, kind, error.message, 'repair or drop it in the source');
  }
}

async function describe(table: ServerTable, options: DiscoverOptions): Promise<DiscoveredType> {
  const { connection } = options;
  const readable = { ...table, columns: table.columns.filter((column) => column.readable) };
  const [counted] = await connection.all(`SELECT count(*) FROM ${table.from}`);
  const rows = Number(counted?.[0]);
  const key = table.keys.find(({ primary, nullable }) => primary || !nullable);
  return describeType({
    name: table.name,
    kind: table.kind,
    keyless: table.keyless,
    columns: readable.columns,
    judgedTypes: readable.columns.map((column) => column.judgedType),
    keyColumns: key?.terms.map(({ column }) => column.name) ?? [],
    rows,
    sample: await sample(readable, rows, options),
    preview: await preview(readable, options),
  });
}

async function sample(table: ServerTable, rows: number, options: DiscoverOptions): Promise<CellValue[][]> {
  const spread = rows > SAMPLE_ROWS ? options.sampleFrom(rows, SAMPLE_ROWS) : null;
  const found = spread === null ? [] : await readCut(table, spread, SAMPLE_ROWS, SAMPLE_LENGTH, options);
  // A sample of pages may miss them all.
  return found.length > 0 ? found : readCut(table, table.from, SAMPLE_ROWS, SAMPLE_LENGTH, options);
}

const preview = (table: ServerTable, options: DiscoverOptions): Promise<CellValue[][]> =>
  readCut(table, table.from, PREVIEW_ROWS, PREVIEW_LENGTH, options);

async function readCut(
  table: ServerTable,
  from: string,
  limit: number,
  length: number,
  { connection }: DiscoverOptions,
): Promise<CellValue[][]> {
  if (table.columns.length === 0) return [];
  const select = table.columns.map(({ codec }) => codec.selectCut(length));
  const rows = await connection.all(`SELECT ${select.join(', ')} FROM ${from} LIMIT ${limit}`);
  return rows.map((row) => table.columns.map(({ codec }, i) => codec.read(row[i] ?? null)));
}
