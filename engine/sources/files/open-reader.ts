import { PlumblineError, toErrorData } from '../../errors.ts';
import { checkColumns, filterInvalid, typeUnknown } from '../spec-check.ts';
import type { EntityReader, ReadSpec } from '../source.ts';
import { andFilter } from '../sqlite/sql.ts';
import { dataName } from './data-format.ts';
import type { DuckDb } from './duckdb.ts';
import { firstLine } from './errors.ts';
import { FilesReader, type FilesAccess } from './reader.ts';

/** Checks a spec against the first file; the others are held against it as they are read. */
export async function openReader(
  access: FilesAccess,
  duckDb: DuckDb,
  path: string,
  spec: ReadSpec,
): Promise<EntityReader> {
  const name = dataName(path);
  if (spec.entityType !== name) throw typeUnknown(path, spec.entityType, [name]);
  const [first] = await access.files.list();
  if (first !== undefined) {
    await access.opened.with(first, async ({ columns, from }) => {
      const names = columns.map((column) => column.name);
      // An empty array of JSON has no columns, which says nothing against any.
      if (names.length === 0) return;
      checkColumns(spec, names);
      if (spec.filter !== null) await checkFilter(duckDb, from, spec, names);
    });
  }
  return new FilesReader(access, spec);
}

async function checkFilter(
  duckDb: DuckDb,
  from: string,
  spec: ReadSpec,
  names: readonly string[],
): Promise<void> {
  try {
    await duckDb.all(`SELECT 1 FROM ${from} WHERE true${andFilter(spec.filter)} LIMIT 0`);
  } catch (cause) {
    if (cause instanceof PlumblineError) throw cause;
    const message = toErrorData(cause).message.replace(/^[\w ]+ Error: /, '');
    const unknownColumn = /^Referenced column "(.*?)" not found/.exec(message)?.[1];
    const dialect = 'DuckDB, where values of CSV and JSON files are text';
    throw filterInvalid(spec, names, { message: firstLine(message), unknownColumn, dialect, cause });
  }
}
