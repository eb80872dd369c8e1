/** Pieces of SQL. Names are data: every identifier goes through {@link quote}. */

/** An identifier that cannot be anything else, whatever it contains. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A term of an index's order: a column or expression, its collation, its direction. */
export interface OrderTerm {
  readonly expression: string;
  readonly collation: string;
  readonly descending: boolean;
}

/** ORDER BY for these terms, with collations spelled out, so that exactly this index can serve it without a sort. */
export const orderBy = (terms: readonly OrderTerm[]): string =>
  terms.map((term) => `${collated(term)} ${term.descending ? 'DESC' : 'ASC'}`).join(', ');

/** The term as the left side of a comparison, which then uses the index's collation and not the column's. */
export const collated = (term: OrderTerm): string => `${term.expression} COLLATE ${quote(term.collation)}`;

/** A condition of the user, in brackets of its own; the line break ends a comment that it may end with. */
export const andFilter = (filter: string | null): string => (filter === null ? '' : ` AND (${filter}\n)`);

/** One of the statements that together read everything after a position. */
export interface KeysetStep {
  readonly where: string;
  /** How many of the position's values it binds, from the first. */
  readonly bound: number;
  readonly orderBy: string;
}

/**
 * Everything after a position in the order of `terms`, NULLs left out, as steps to be read one after the other: rows
 * that share all values but the last, then all but the last two, and so on. Each step is one range of the index. A
 * single OR condition would read the rows before the position again on every page, and a row value comparison cannot
 * mix directions. `placeholders` stand for the position's values; null means from the start.
 */
export function keysetSteps(
  terms: readonly OrderTerm[],
  placeholders: readonly string[] | null,
): KeysetStep[] {
  const notNull = (from: number) => terms.slice(from).map((term) => `${term.expression} IS NOT NULL`);
  if (placeholders === null) return [{ where: notNull(0).join(' AND '), bound: 0, orderBy: orderBy(terms) }];
  return terms
    .map((term, depth) => {
      const equal = terms.slice(0, depth).map((before, i) => `${collated(before)} = ${placeholders[i]}`);
      const range = `${collated(term)} ${term.descending ? '<' : '>'} ${placeholders[depth]}`;
      return {
        where: [...equal, range, ...notNull(depth + 1)].join(' AND '),
        bound: depth + 1,
        orderBy: orderBy(terms.slice(depth)),
      };
    })
    .reverse();
}

/** Names of columns that are equal under this are one to SQLite, which knows the case of ASCII alone. */
export const lowerAscii = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
