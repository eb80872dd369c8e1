import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';

/** DuckDB in memory, as far as it is used here: statements that read. */
export interface DuckDb {
  /** Rows in chunks of up to 2,048, never all of them at once. */
  stream(sql: string): AsyncGenerator<DuckDBValue[][]>;
  /** All rows of a query that is known to return few. */
  all(sql: string): Promise<DuckDBValue[][]>;
  close(): void;
}

/**
 * One thread, so that rows come in the order of the file and errors name the first bad line; what does not fit is put into
 * `folder`. Extensions are neither fetched nor loaded: what is linked in reads CSV, JSON and Parquet.
 */
export async function openDuckDb(folder: string): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '512MB',
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  // Times with a zone read the same on every machine.
  await connection.run(`SET TimeZone = 'UTC'; SET lock_configuration = true`);
  return {
    stream: (sql) => stream(connection, sql),
    all: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function* stream(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBValue[][]> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows();
  }
}

/** A text in SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
