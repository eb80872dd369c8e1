import { bucketSql, type Dialect } from '../server/table.ts';

/** An identifier that cannot be anything else, whatever it contains and whatever the server's `sql_mode` says of quotes. */
export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const mariadbDialect: Dialect = {
  quote,
  marker: () => '?',
  checksum: {
    number: (keys, values) => {
      const key = `CONCAT(${keys.join(', ')})`;
      const bytes = [`UNHEX(LPAD(HEX(LENGTH(${key})), 8, '0'))`, key, ...values].join(', ');
      return `CAST(CONV(SUBSTRING(SHA2(CONCAT(${bytes}), 256), 17, 16), 16, 10) AS UNSIGNED)`;
    },
    // A derived table that is not merged would be written to the server's disk.
    fence: '',
    isIn(number, { bits, bitmap }) {
      const bucket = bucketSql(number, bits);
      const byte = `ORD(SUBSTRING(x'${Buffer.from(bitmap).toString('hex')}', (${bucket} DIV 8) + 1, 1))`;
      return `((${byte} >> (${bucket} & 7)) & 1) = 1`;
    },
  },
  /** Each key a range of the index by itself: comparing tuples would read the whole of it. */
  lookUp(terms, keys) {
    const one = terms
      .map(({ expression, equals, column }) => `${expression} ${equals} ${column.codec.parameter('?')}`)
      .join(' AND ');
    const [only] = terms;
    return {
      condition:
        only !== undefined && terms.length === 1
          ? `${only.expression} IN (${keys.map(() => only.column.codec.parameter('?')).join(', ')})`
          : keys.map(() => `(${one})`).join(' OR '),
      params: keys.flat(),
    };
  },
};
