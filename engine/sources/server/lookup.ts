/** Rows by their keys, in the order asked. */
import { PlumblineError } from '../../errors.ts';
import { encodeKey, hasNull, type Key } from '../../key.ts';
import type { SourceRow } from '../source.ts';
import type { ServerConnection } from './connection.ts';
import { QUERY_FAILED } from './errors.ts';
import type { RowShape } from './row-shape.ts';
import { andFilter, bindKey, type Dialect, type OrderTerm } from './table.ts';

/** Keys looked up by one statement. */
const KEYS_AT_ONCE = 1_000;

export interface LookupSource {
  readonly connection: ServerConnection;
  readonly dialect: Dialect;
  readonly shape: RowShape;
  readonly from: string;
  readonly filter: string | null;
  readonly terms: readonly OrderTerm[];
  /** For each term, its place in the key. */
  readonly places: readonly number[];
}

/**
 * Null where there is no such row. SQL equality is wider than key equality (collations, `1.0 = 1`), so that rows that
 * nobody asked for may come along, and the one that is found may be spelt otherwise: the bytes decide.
 */
export async function lookUp(source: LookupSource, keys: readonly Key[]): Promise<(SourceRow | null)[]> {
  const found = new Map<string, SourceRow>();
  for (let i = 0; i < keys.length; i += KEYS_AT_ONCE) {
    const wanted = keys.slice(i, i + KEYS_AT_ONCE).filter((key) => !hasNull(key));
    await lookUpSome(
      source,
      wanted.flatMap((key) => {
        const bound = bindKey(key, source.places, source.terms);
        return bound === null ? [] : [bound];
      }),
      found,
    );
  }
  return keys.map((key) => found.get(identityOf(key)) ?? null);
}

type BoundKey = readonly (string | Buffer)[];

/** A text that is no value of the column's type (no date, no member of the enum) fails the statement: it is found by halving. */
async function lookUpSome(
  source: LookupSource,
  keys: readonly BoundKey[],
  found: Map<string, SourceRow>,
): Promise<void> {
  if (keys.length === 0) return;
  const { connection, dialect, shape, from, filter, terms } = source;
  const { condition, params } = dialect.lookUp(terms, keys);
  const rows: SourceRow[] = [];
  try {
    await connection.stream(
      `SELECT ${shape.select} FROM ${from} WHERE (${condition})${andFilter(filter)}`,
      params,
      {
        begin: () => void (rows.length = 0),
        row: (raw) => rows.push(shape.read(raw)) > 0,
      },
    );
  } catch (error) {
    if (!isUnfitKey(error)) throw error;
    if (keys.length === 1) return;
    const half = Math.ceil(keys.length / 2);
    await lookUpSome(source, keys.slice(0, half), found);
    await lookUpSome(source, keys.slice(half), found);
    return;
  }
  for (const row of rows) found.set(identityOf(row.key), row);
}

const isUnfitKey = (error: unknown): boolean =>
  error instanceof PlumblineError && error.code === QUERY_FAILED && error.details?.['unfitValue'] === true;

const identityOf = (key: Key): string => Buffer.from(encodeKey(key)).toString('latin1');
