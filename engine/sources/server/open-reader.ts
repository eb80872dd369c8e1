import { PlumblineError } from '../../errors.ts';
import type { EntityReader, ReadSpec } from '../source.ts';
import { checkColumns, filterInvalid } from '../spec-check.ts';
import type { ServerConnection } from './connection.ts';
import { namingType, QUERY_FAILED } from './errors.ts';
import { IndexedReader } from './indexed-reader.ts';
import { rowShape } from './row-shape.ts';
import { SpooledReader } from './spooled-reader.ts';
import { andFilter, type Dialect, type ServerTable } from './table.ts';

export interface OpenOptions {
  readonly connection: ServerConnection;
  readonly dialect: Dialect;
  /** What the server is called where its language is spoken of. */
  readonly product: string;
  readonly changeToken: () => Promise<string>;
}

/** Checks a spec against the schema and opens the reader that fits: through a unique index where the key has one. */
export async function openReader(
  options: OpenOptions,
  table: ServerTable,
  spec: ReadSpec,
): Promise<EntityReader> {
  const { connection, dialect, changeToken } = options;
  checkColumns(
    spec,
    table.columns.map((column) => column.name),
  );
  try {
    await probe(options, table, spec);
    await checkFilter(options, table, spec);
  } catch (error) {
    throw namingType(error, spec.entityType);
  }
  const wanted = new Set(spec.keyColumns);
  const key = table.keys.find(
    ({ isOrdered, terms }) =>
      isOrdered && terms.length === wanted.size && terms.every(({ column }) => wanted.has(column.name)),
  );
  return key === undefined
    ? new SpooledReader(connection, dialect, table, spec, changeToken)
    : new IndexedReader(connection, dialect, table, key, spec);
}

/** Reads no row: finds out about rights, and views that are broken. */
async function probe({ connection }: OpenOptions, table: ServerTable, spec: ReadSpec): Promise<void> {
  await connection.all(`SELECT ${rowShape(table, spec).select} FROM ${table.from} WHERE 1 = 0`);
}

/** Placeholders and second statements are refused with the rest. */
async function checkFilter(
  { connection, product }: OpenOptions,
  table: ServerTable,
  spec: ReadSpec,
): Promise<void> {
  if (spec.filter === null) return;
  try {
    await connection.all(`SELECT 1 FROM ${table.from} WHERE 1 = 1${andFilter(spec.filter)} LIMIT 0`);
  } catch (error) {
    if (!(error instanceof PlumblineError) || error.code !== QUERY_FAILED) throw error;
    const names = table.columns.map((column) => column.name);
    const unknownColumn = /^(?:column "?(.*?)"? does not exist|Unknown column '(.*?)')/.exec(error.message);
    throw filterInvalid(spec, names, {
      message: error.message,
      unknownColumn: unknownColumn?.[1] ?? unknownColumn?.[2],
      dialect: product,
      cause: error,
    });
  }
}
