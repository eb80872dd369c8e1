import { rowSize } from '../row-size.ts';
import type { SourceRow } from '../source.ts';
import type { RawParam, RawRow, RowSink, ServerConnection } from './connection.ts';

/** A page ends early after this much: 500 rows of 5 MB each would not fit in memory. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Rows of one page, until there are enough of them or they are large enough. */
export class PageSink implements RowSink {
  rows: SourceRow[] = [];
  readonly #read: (row: RawRow) => SourceRow;
  readonly #limit: number;
  #bytes = 0;

  constructor(read: (row: RawRow) => SourceRow, limit: number) {
    this.#read = read;
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.rows.length >= this.#limit || this.isHeavy;
  }

  /** True where the page ended for its size. */
  get isHeavy(): boolean {
    return this.#bytes >= PAGE_BYTES;
  }

  begin(): void {
    this.rows = [];
    this.#bytes = 0;
  }

  row(raw: RawRow): boolean {
    const row = this.#read(raw);
    this.#bytes += rowSize(row.values);
    this.rows.push(row);
    return !this.isFull;
  }
}

/** All rows of a statement that is known to return few. */
export async function allRows(
  connection: Pick<ServerConnection, 'stream'>,
  sql: string,
  params: readonly RawParam[],
): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  await connection.stream(sql, params, {
    begin: () => void (rows.length = 0),
    row: (row) => rows.push(row) > 0,
  });
  return rows;
}
