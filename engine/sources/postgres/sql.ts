import { bucketSql, type Dialect, type Lookup, type OrderTerm } from '../server/table.ts';

/** An identifier that cannot be anything else, whatever it contains. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const postgresDialect: Dialect = {
  quote,
  marker: (n) => `$${n}`,
  checksum: {
    number: (keys, values) => {
      const key = keys.map((part) => `(${part})`).join(' || ');
      const rest = values.map((value) => ` || (${value})`).join('');
      const hash = `pg_catalog.sha256(pg_catalog.int4send(pg_catalog.octet_length(${key})) || ${key}${rest})`;
      return `('x' || pg_catalog.encode(substring(${hash} FROM 9 FOR 8), 'hex'))::bit(64)::int8`;
    },
    // Pulled up, the numbers count for as many groups as there are rows, and all rows would be sorted.
    fence: 'OFFSET 0',
    isIn: (number, { bits, bitmap }) =>
      `pg_catalog.get_bit('\\x${Buffer.from(bitmap).toString('hex')}'::bytea, ${bucketSql(number, bits)}) = 1`,
  },
  lookUp(terms, keys) {
    const params = terms.map((_, i) => keys.map((key) => String(key[i])));
    const [only] = terms;
    return only !== undefined && terms.length === 1 && !isArray(only)
      ? {
          condition: `${only.expression} ${only.equals} ANY (${only.column.codec.parameter('$1')}[])`,
          params,
        }
      : composite(terms, params);
  },
};

/** One array of texts per column, unnested side by side: one plan, however many keys. */
function composite(terms: readonly OrderTerm[], params: readonly string[][]): Lookup {
  const names = terms.map((_, i) => `plumbline_wanted_${i}`);
  const equal = terms.map(
    ({ expression, equals, column }, i) => `${expression} ${equals} ${column.codec.parameter(`${names[i]}`)}`,
  );
  const arrays = terms.map((_, i) => `$${i + 1}::text[]`);
  return {
    condition: `EXISTS (SELECT 1 FROM unnest(${arrays.join(', ')}) AS plumbline_wanted (${names.join(', ')})
      WHERE ${equal.join(' AND ')})`,
    params,
  };
}

/** An array of arrays would be flattened. */
const isArray = (term: OrderTerm): boolean => term.column.judgedType.endsWith('[]');
