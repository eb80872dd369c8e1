/** The narrow view that readers and discovery have of a connection to a database server. */

/** A value as the server's text protocol delivers it; bytes where a connector asks for them. */
export type RawValue = string | Buffer | null;
export type RawRow = readonly RawValue[];
/** A parameter as text; an array for a parameter that is an array, where the server has such. */
export type RawParam = string | Buffer | null | readonly (string | null)[];

/** Takes rows as they come from the wire, one by one: a result is never held as a whole. */
export interface RowSink {
  /** Called before the first row, and again where a lost connection makes the statement start anew. */
  begin(): void;
  /** False: no more rows are wanted. What the server has under way already is read and dropped. */
  row(row: RawRow): boolean;
}

/**
 * One connection, opened anew where it was lost. Every method is one read-only statement run to its end: no transaction
 * or lock outlives a call. Errors are PlumblineErrors.
 */
export interface ServerConnection {
  /** Where it leads, for messages: `shop on db.example:5432`. */
  readonly label: string;
  stream(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void>;
  /** All rows of a statement that is known to return few. */
  all(sql: string, params?: readonly RawParam[]): Promise<RawRow[]>;
  /** Absent where the server has none that leave no lock behind; null where none can be had just now. */
  snapshot?(): Promise<SnapshotConnection | null>;
  /** May be repeated. */
  close(): Promise<void>;
}

/**
 * A second connection, whose statements see the source as it was when it was made. Where that is no longer possible, statements see
 * the source as it is.
 */
export interface SnapshotConnection extends ServerConnection {
  /** True for as long as every statement saw that one moment. */
  readonly isWhole: boolean;
}
