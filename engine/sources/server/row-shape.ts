import type { ReadSpec, SourceRow } from '../source.ts';
import type { RawRow } from './connection.ts';
import type { ServerColumn, ServerTable } from './table.ts';

/** Result columns for a key and values, and how to read them. */
export interface RowShape {
  readonly select: string;
  /** How many columns `select` has. */
  readonly width: number;
  read(row: RawRow): SourceRow;
}

export function rowShape(table: ServerTable, spec: ReadSpec): RowShape {
  const keys = spec.keyColumns.map((name) => columnOf(table, name));
  const values = spec.columns.map((name) => columnOf(table, name));
  return {
    select: [...keys.map(({ codec }) => codec.selectKey), ...values.map(({ codec }) => codec.select)].join(
      ', ',
    ),
    width: keys.length + values.length,
    read: (row) => ({
      key: keys.map(({ codec }, i) => codec.readKey(row[i] ?? null)),
      values: values.map(({ codec }, i) => codec.read(row[keys.length + i] ?? null)),
    }),
  };
}

/** A column that the spec was checked to have. */
export function columnOf(table: ServerTable, name: string): ServerColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new RangeError(`no column ${name}`);
  return column;
}
