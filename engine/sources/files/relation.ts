import type { DuckDBValue } from '@duckdb/node-api';
import type { CellValue } from '../../cell.ts';
import type { FoundColumn } from '../describe-type.ts';

/** One file as SQL sees it. Each value is read by itself: adding rows never changes the values of others. */
export interface Relation {
  readonly columns: readonly FoundColumn[];
  /** How many rows there must be, by another way of counting, where there is one. @throws PlumblineError */
  expectedRows?(): Promise<number>;
  /** The line on which a record starts, where DuckDB's messages count records. */
  lineOf?(record: number): Promise<number>;
  /** What follows FROM; its columns have the names that filters use. */
  readonly from: string;
  /** What follows SELECT to read these columns. */
  select(columns: readonly string[]): string;
  /** Looks at each selected row, whether or not it meets the filter. @throws PlumblineError `SOURCE_MALFORMED` */
  check?(row: readonly DuckDBValue[], number: number): void;
  /** A selected row as the values of these columns. `number` counts rows from 1, for messages. */
  read(row: readonly DuckDBValue[], columns: readonly string[], number: number): CellValue[];
}

/** Lengths of a line (CSV) or record (JSON) that are tried in turn, in bytes: room for it is taken whatever its length. */
export const RECORD_BYTES = [4 * 1024 * 1024, 64 * 1024 * 1024] as const;

/**
 * Texts cross as bytes: the driver's own strings lose a byte order mark at their start.
 * @param value of `encode(…)`, or NULL
 */
export const textOf = (value: DuckDBValue | undefined): string | null =>
  bytesOf(value)?.toString('utf8') ?? null;

export function bytesOf(value: DuckDBValue | undefined): Buffer | null {
  if (value === null || value === undefined) return null;
  const { bytes } = value as { bytes: Uint8Array };
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
