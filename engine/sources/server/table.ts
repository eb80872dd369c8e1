/** Tables of a database server as readers need them; what differs between servers is SQL text in here. */
import type { Buckets } from '../../bucket-sums.ts';
import type { CellValue } from '../../cell.ts';
import type { Key, KeyPart } from '../../key.ts';
import type { RawParam, RawValue } from './connection.ts';

/** How one column's values travel. */
export interface ColumnCodec {
  /** SQL of the value as it is to be read. */
  readonly select: string;
  /** The same, with texts and bytes cut to so many first ones: for samples and previews. */
  selectCut(length: number): string;
  read(raw: RawValue): CellValue;
  /** SQL of the value as a key: loses nothing that tells two keys apart. */
  readonly selectKey: string;
  readKey(raw: RawValue): KeyPart;
  /** The key part as a parameter; null where no value of this column's type can be this part. */
  bind(part: KeyPart): string | Buffer | null;
  /**
   * SQL of the bytes that `rowChecksum` hashes for this value, NULL included; null where the server cannot write them (JSON,
   * whose text we tidy up).
   */
  readonly digest: string | null;
  /** SQL of the bytes of the value in a key (`encodeKey`), for values that are not NULL. */
  readonly digestKey: string | null;
  /** SQL that makes the column's type of a parameter. */
  parameter(marker: string): string;
}

export interface ServerColumn {
  readonly name: string;
  readonly declaredType: string;
  /** What suggestions are made by: the type that a domain stands for. */
  readonly judgedType: string;
  readonly nullable: boolean;
  /** False where this user may not read it. */
  readonly readable: boolean;
  readonly codec: ColumnCodec;
}

/** One column of an index's order, as SQL. */
export interface OrderTerm {
  readonly column: ServerColumn;
  /** The left side of comparisons, with the index's own collation. */
  readonly expression: string;
  /** The operator for rows that come after a position. */
  readonly after: string;
  readonly equals: string;
  /** What follows the expression in ORDER BY. */
  readonly direction: string;
}

/** Columns that the server itself keeps unique, and the order of their index. */
export interface ServerKey {
  readonly primary: boolean;
  readonly nullable: boolean;
  readonly terms: readonly OrderTerm[];
  /** What follows FROM to be read in this order. */
  readonly from: string;
  /** False where the server orders the index otherwise than it compares: its order cannot be followed then. */
  readonly isOrdered: boolean;
}

export interface ServerTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
  /** Why it has no key of its own, where it has none: a clause for people. */
  readonly keyless: string;
  /** What follows FROM. */
  readonly from: string;
  readonly columns: readonly ServerColumn[];
  /** The primary key first, then those with fewest columns. */
  readonly keys: readonly ServerKey[];
}

/** A condition that rows of these keys meet (and others may, too), with its parameters. */
export interface Lookup {
  readonly condition: string;
  readonly params: readonly RawParam[];
}

export interface ChecksumSql {
  /** SQL of the last 8 bytes of a row's checksum as an integer, from the bytes of its key parts and values. */
  number(keys: readonly string[], values: readonly string[]): string;
  /** Ends a subselect that the server should answer as it stands: it would work out a row's number several times, or sort by it. */
  readonly fence: string;
  /** True for numbers in one of these buckets. */
  isIn(number: string, buckets: Pick<Buckets, 'bits' | 'bitmap'>): string;
}

/** The bucket of a row by the number of its checksum: its last bits. */
export const bucketSql = (number: string, bits: number): string => `(${number} & ${2 ** bits - 1})`;

/** What differs between servers beyond their tables. */
export interface Dialect {
  quote(name: string): string;
  /** The `n`th parameter of a statement, from 1. */
  marker(n: number): string;
  readonly checksum: ChecksumSql;
  /** @param keys parameters of each key, in the order of the terms */
  lookUp(terms: readonly OrderTerm[], keys: readonly (readonly (string | Buffer)[])[]): Lookup;
}

/** A column of a configured key as a term, for tables whose key has no index: in no order. */
export const plainTerm = (column: ServerColumn, dialect: Dialect): OrderTerm => ({
  column,
  expression: dialect.quote(column.name),
  after: '>',
  equals: '=',
  direction: '',
});

/** A key's parts as parameters of these terms; null where it can be no key of this table. */
export function bindKey(
  key: Key,
  places: readonly number[],
  terms: readonly OrderTerm[],
): (string | Buffer)[] | null {
  const bound: (string | Buffer)[] = [];
  for (const [i, term] of terms.entries()) {
    const value = term.column.codec.bind(key[places[i] ?? 0] ?? { type: 'null' });
    if (value === null) return null;
    bound.push(value);
  }
  return bound;
}

/** A condition of the user, in brackets of its own; the line break ends a comment that it may end with. */
export const andFilter = (filter: string | null): string => (filter === null ? '' : ` AND (${filter}\n)`);
