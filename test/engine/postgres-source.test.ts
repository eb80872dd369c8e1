import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatKey, integerPart, textPart, type Key } from '../../engine/key.ts';
import type { EntityReader, ReadSpec, SourceConnector } from '../../engine/sources/source.ts';
import { sourceCases } from '../cases/source.case.ts';
import { usePostgres, type PostgresDatabase } from '../support/postgres.ts';
import { COLLATED_WORDS, expectKeysFound, expectWordsReadOnce } from '../support/server-keys.ts';
import { readAll, sumsOf } from '../support/source-rows.ts';

const server = usePostgres();
const SKIPS = {
  nulInText: 'PostgreSQL stores no NUL in text',
  invalidText: 'PostgreSQL stores only valid UTF-8',
  mixedTypes: 'a column has one type',
};

sourceCases('postgres', () => server.createDatabase(), SKIPS);
sourceCases(
  'postgres under a language',
  () => server.createDatabase(`TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv' LOCALE 'C.UTF-8'`),
  SKIPS,
);

describe('a PostgreSQL database', () => {
  let fixture: PostgresDatabase;
  let source: SourceConnector;

  beforeEach(async () => {
    fixture = await server.createDatabase();
    source = await fixture.open();
  });
  afterEach(async () => {
    await source.close();
    await fixture.dispose();
  });

  const exec = (sql: string) => fixture.exec(sql);
  const open = (spec: Partial<ReadSpec> = {}): Promise<EntityReader> =>
    source.openReader({ entityType: 't', keyColumns: ['k'], columns: ['v'], filter: null, ...spec });
  const forms = async (reader: EntityReader, limit = 2) =>
    (await readAll(reader, limit)).map((row) => formatKey(row.key));

  describe('values', () => {
    const cases: [type: string, literal: string, expected: unknown][] = [
      ['smallint', '-7', -7n],
      ['bigint', '9223372036854775807', 9223372036854775807n],
      ['numeric', '123456789012345678901234567890.0100', '123456789012345678901234567890.0100'],
      ['numeric(6,2)', '1.5', '1.50'],
      ['real', '0.1', 0.1],
      ['double precision', '0.1', 0.1],
      ['boolean', 'true', 'true'],
      ['text', `'two  words'`, 'two  words'],
      ['varchar(20)', `'two '`, 'two '],
      ['char(5)', `'ab'`, 'ab'],
      ['"char"', `'x'`, 'x'],
      ['name', `'n'`, 'n'],
      ['uuid', `'0D9F0B0E-6f3b-4c6c-9d0c-4e6b1a2f3c4d'`, '0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d'],
      ['bytea', `'\\x00ff'`, Buffer.of(0, 255)],
      ['date', `'2024-02-29'`, '2024-02-29'],
      ['date', `'infinity'`, 'infinity'],
      ['time', `'12:34:56.789'`, '12:34:56.789'],
      ['timestamp', `'2024-02-29 12:34:56.123456'`, '2024-02-29 12:34:56.123456'],
      ['timestamptz', `'2024-02-29 12:34:56+02'`, '2024-02-29 10:34:56+00'],
      ['interval', `'1 day 02:03:04'`, '1 day 02:03:04'],
      ['json', `'{ "b": [1,  2.50], "a b": "x  y" }'`, '{"b":[1,2.50],"a b":"x  y"}'],
      ['jsonb', `'{"n": 12345678901234567890.5, "a": null}'`, '{"a":null,"n":12345678901234567890.5}'],
      ['text[]', `ARRAY['a b', 'c"', NULL]`, '["a b","c\\"",null]'],
      ['int[]', `'{{1,2},{3,4}}'`, '[[1,2],[3,4]]'],
      ['numeric[]', `'{1.50}'`, '[1.50]'],
      ['money', `12.5`, '12.50'],
      ['inet', `'10.0.0.1/8'`, '10.0.0.1/8'],
      ['macaddr', `'08:00:2b:01:02:03'`, '08:00:2b:01:02:03'],
      ['bit(4)', `B'1010'`, '1010'],
      ['point', `'(1,2)'`, '(1,2)'],
      ['int4range', `'[1,5)'`, '[1,5)'],
      ['xml', `'<a>b</a>'`, '<a>b</a>'],
      ['tsvector', `'a:1 b:2'`, `'a':1 'b':2`],
      ['mood', `'glad'`, 'glad'],
      ['short_text', `'short'`, 'short'],
      ['moods', `'{glad,sad}'`, '["glad","sad"]'],
      ['pair', `ROW(1, 'x y')`, '(1,"x y")'],
    ];

    it('become text as a person would write them, whatever the settings of role and database', async () => {
      await exec(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN short_text AS varchar(9) CHECK (VALUE <> '');
      CREATE DOMAIN moods AS mood[]; CREATE TYPE pair AS (a int, b text);
      ALTER DATABASE ${fixture.name} SET DateStyle = 'German';
      ALTER DATABASE ${fixture.name} SET TimeZone = 'Asia/Tokyo';
      ALTER DATABASE ${fixture.name} SET IntervalStyle = 'iso_8601';
      ALTER DATABASE ${fixture.name} SET bytea_output = 'escape';
      ALTER DATABASE ${fixture.name} SET extra_float_digits = 0;
      ALTER DATABASE ${fixture.name} SET default_transaction_isolation = 'serializable';
      ALTER DATABASE ${fixture.name} SET quote_all_identifiers = on;
      CREATE SCHEMA tricks; CREATE FUNCTION tricks.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT 'x'::bytea $$;
      CREATE FUNCTION tricks.convert_to(text, text) RETURNS bytea LANGUAGE sql AS $$ SELECT 'x'::bytea $$;
      CREATE DOMAIN tricks.text AS varchar(1);
      ALTER DATABASE ${fixture.name} SET search_path = tricks, pg_catalog, public`);
      const names = cases.map((_, i) => `c${i}`);
      await exec(`CREATE TABLE t (k int PRIMARY KEY, ${cases.map(([type], i) => `c${i} ${type}`).join(', ')});
      INSERT INTO t VALUES (1, ${cases.map(([type, literal]) => `${literal}::${type}`).join(', ')}); INSERT INTO t VALUES (2)`);
      await source.close();
      source = await fixture.open();
      const [first, second] = await readAll(await open({ columns: names }), 10);
      expect(
        Object.fromEntries(names.map((name, i) => [`${name} ${cases[i]?.[0]}`, first?.values[i]])),
      ).toEqual(Object.fromEntries(names.map((name, i) => [`${name} ${cases[i]?.[0]}`, cases[i]?.[2]])));
      expect(second?.values).toEqual(names.map(() => null));
      const summed = names.filter((_, i) => !/json|\[\]|moods/.test(`${cases[i]?.[0]}`));
      const reader = await open({ columns: summed });
      expect(await reader.sums?.read(3)).toEqual(sumsOf(await readAll(reader, 10), 3));
      expect((await open({ columns: names })).sums).toBeUndefined();
      expect((await source.discover())[0]?.sampleRows[0]?.slice(1)).toEqual(
        cases.map(([, , value]) => value),
      );
    });

    it('of a primary key that hold NULL inside, and are none, are read', async () => {
      await exec(`CREATE TYPE pair AS (a int, b text); CREATE TABLE t (k pair PRIMARY KEY, v text);
        INSERT INTO t VALUES (ROW(1, NULL), 'one'), (ROW(2, 'b'), 'two'), (ROW(3, NULL), 'three')`);
      const reader = await open();
      const rows = await readAll(reader, 2);
      expect(rows.map(({ values }) => values[0])).toEqual(['one', 'two', 'three']);
      expect(await reader.sums?.read(1)).toEqual(sumsOf(rows, 1));
    });

    it('of generated and identity columns are read like others', async () => {
      await exec(`CREATE TABLE t (k int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text,
      v text GENERATED ALWAYS AS (upper(a)) STORED, w text GENERATED ALWAYS AS (lower(a)) VIRTUAL);
      INSERT INTO t (a) VALUES ('Ab')`);
      const [row] = await readAll(await open({ columns: ['v', 'w'] }), 2);
      expect(row?.values).toEqual(['AB', 'ab']);
    });
  });

  describe('keys', () => {
    const KEYS: [type: string, literals: string[], external: string[]][] = [
      ['smallint', ['-5', '7'], ['-5', '7']],
      [
        'numeric',
        ['1.50', '2', '123456789012345678901234567890'],
        ['1.50', '2', '123456789012345678901234567890'],
      ],
      ['uuid', [`'0D9F0B0E-6f3b-4c6c-9d0c-4e6b1a2f3c4d'`], ['0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d']],
      ['boolean', ['true', 'false'], ['true', 'false']],
      ['date', [`'2024-02-29'`, `'-infinity'`], ['2024-02-29', '-infinity']],
      ['timestamptz', [`'2024-02-29 12:00:00.000001+02'`], ['2024-02-29 10:00:00.000001+00']],
      ['inet', [`'10.0.0.1'`, `'::1'`], ['10.0.0.1/32', '::1/128']],
      ['real', ['0.1', '1e20', `'NaN'`], ['0.1', '100000000000000000000.0', 'NaN']],
      ['char(5)', [`'ab'`, `'a b'`], ['ab', 'a b']],
      ['varchar(9)', [`'ab '`, `'ab'`], ['ab ', 'ab']],
      ['mood', [`'sad'`, `'glad'`], ['sad', 'glad']],
      ['oid', ['4294967295'], ['4294967295']],
      ['bit(3)', [`B'101'`], ['101']],
      ['int4range', [`'[1,5)'`], ['[1,5)']],
      ['int[]', [`'{1,2}'`], ['{1,2}']],
    ];

    it.each(KEYS)('of type %s are read in full and found again', async (type, literals, external) => {
      await exec(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (k ${type} PRIMARY KEY, v int);
      ${literals.map((literal, i) => `INSERT INTO t VALUES (${literal}, ${i})`).join(';')}`);
      await expectKeysFound(await open(), external);
    });

    it('that no value of the column can be are not found, and leave the others alone', async () => {
      await exec(
        `CREATE TABLE t (k date PRIMARY KEY, v int); INSERT INTO t VALUES ('2024-02-29', 1), ('2024-03-01', 2)`,
      );
      const reader = await open();
      const keys: Key[] = ['2024-02-29', 'nonsense', '2024-02-30', 'x\0', '2024-03-01'].map((k) => [
        textPart(k),
      ]);
      const rows = await reader.fetch([...keys, [integerPart(7)]], true);
      expect(rows.map((row) => row?.values[0] ?? null)).toEqual([1n, null, null, null, 2n, null]);
    });

    const COLLATIONS = ['"C"', '"C.utf8"', '"und-x-icu"', '"sv-x-icu"', 'kinder'];

    it.each(COLLATIONS)('under %s are read once each, whatever the page size', async (collation) => {
      await exec(`CREATE COLLATION kinder (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE t (k text COLLATE ${collation} PRIMARY KEY, v int)`);
      for (const [i, word] of COLLATED_WORDS.entries())
        await fixture.client.query('INSERT INTO t VALUES ($1, $2) ON CONFLICT DO NOTHING', [word, i]);
      const kept = (await fixture.client.query<{ k: string }>('SELECT k FROM t')).rows.map((row) => row.k);
      await expectWordsReadOnce(await open(), COLLATED_WORDS, kept);
    });

    it('of citext are found by their own spelling, even where its operators are out of the search path', async () => {
      await exec(`CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TABLE t (k ext.citext PRIMARY KEY, v int);
      INSERT INTO t VALUES ('Ab', 1), ('b', 2), ('C', 3)`);
      const reader = await open();
      expect(await forms(reader, 1)).toEqual(['Ab', 'b', 'C']);
      const rows = await reader.fetch([[textPart('Ab')], [textPart('AB')], [textPart('c')]], true);
      expect(rows.map((row) => row?.values[0] ?? null)).toEqual([1n, null, null]);
    });

    it.each([
      [
        'mixed directions',
        'PRIMARY KEY (a, b, c)',
        'CREATE UNIQUE INDEX i ON t (a DESC, b, c DESC NULLS LAST)',
      ],
      ['other operators', '', 'CREATE UNIQUE INDEX i ON t (a, b text_pattern_ops, c)'],
      ['another order than the key', 'UNIQUE (c, b, a)', ''],
      ['included columns', '', 'CREATE UNIQUE INDEX i ON t (a, b, c) INCLUDE (v)'],
    ])('of an index with %s are read once each and without sorting', async (_title, constraint, index) => {
      await exec(`CREATE TABLE t (a int NOT NULL, b text NOT NULL, c int NOT NULL, v int ${constraint && ','} ${constraint});
      ${index}; INSERT INTO t SELECT a, 'b' || b, c, a * 100 + b * 10 + c FROM generate_series(0, 4) a,
      generate_series(0, 4) b, generate_series(0, 4) c; ANALYZE t`);
      const reader = await open({ keyColumns: ['a', 'b', 'c'], filter: 'v >= 0' });
      for (const limit of [1, 7, 1000]) {
        const values = (await readAll(reader, limit)).map((row) => Number(row.values[0]));
        expect(new Set(values).size).toBe(125);
        expect(values).toHaveLength(125);
      }
    });

    it('with NULL in some column are delivered apart, in a stable order', async () => {
      await exec(`CREATE TABLE t (a int, b int, v int, UNIQUE (a, b));
      INSERT INTO t SELECT nullif(i % 3, 0), nullif(i, 4), i FROM generate_series(1, 9) i`);
      const reader = await open({ keyColumns: ['a', 'b'] });
      const values = (rows: { values: readonly unknown[] }[]) =>
        rows.map((row) => Number(row.values[0])).toSorted();
      expect(values(await readAll(reader, 2))).toEqual([1, 2, 5, 7, 8]);
      const pages = [];
      for (const offset of [0, 2, 4]) pages.push(...(await reader.nullKeyRows(offset, 2)));
      expect(values(pages)).toEqual([3, 4, 6, 9]);
    });
  });

  it.each(['v = $1', 'v = :name', 'pg_sleep'])('refuse the filter %s at once', async (filter) => {
    await exec('CREATE TABLE t (k int PRIMARY KEY, v text)');
    await expect(open({ filter })).rejects.toMatchObject({ code: 'FILTER_INVALID' });
  });

  describe('what there is', () => {
    it('is found in all schemas, by names that read back', async () => {
      await exec(`CREATE SCHEMA sales; CREATE SCHEMA "a.b";
      CREATE TABLE author (id int PRIMARY KEY, name text); CREATE TABLE sales.author (id int PRIMARY KEY, name text);
      CREATE TABLE "sales.author" (id int PRIMARY KEY, name text); CREATE TABLE "a.b"."c d" (id int PRIMARY KEY, name text);
      CREATE VIEW seen AS SELECT * FROM author; CREATE MATERIALIZED VIEW kept AS SELECT * FROM author;
      CREATE UNIQUE INDEX ON kept (id); CREATE TEMP TABLE gone (id int PRIMARY KEY)`);
      const found = await source.discover();
      expect(found.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
        'table a.b.c d',
        'table author',
        'table public.sales.author',
        'table sales.author',
        'view kept',
        'view seen',
      ]);
      for (const { name } of found) await open({ entityType: name, keyColumns: ['id'], columns: ['name'] });
    });

    it('of partitions and children is read through their parent', async () => {
      await exec(`CREATE TABLE part (id int, at date, name text, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
      CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
      CREATE TABLE part_2 PARTITION OF part DEFAULT;
      INSERT INTO part VALUES (2, '2024-01-05', 'x'), (1, '2024-01-05', 'y'), (3, '2025-01-01', 'z');
      CREATE TABLE old (k int PRIMARY KEY, v text); CREATE TABLE child () INHERITS (old);
      INSERT INTO old VALUES (1, 'parent'); INSERT INTO child VALUES (1, 'child')`);
      const found = await source.discover();
      expect(found.map(({ name, rows, keyColumns }) => ({ name, rows, keyColumns }))).toEqual([
        { name: 'child', rows: 1, keyColumns: [] },
        { name: 'old', rows: 2, keyColumns: [] },
        { name: 'part', rows: 3, keyColumns: ['at', 'id'] },
      ]);
      const reader = await open({ entityType: 'part', keyColumns: ['at', 'id'], columns: ['name'] });
      expect(await forms(reader, 1)).toEqual(['["2024-01-05",1]', '["2024-01-05",2]', '["2025-01-01",3]']);
      await expect((await open({ entityType: 'old' })).proveKey()).rejects.toMatchObject({
        code: 'KEY_NOT_UNIQUE',
      });
    });

    it('and may not be read says so, with who can change that', async () => {
      await exec(`CREATE TABLE open (id int PRIMARY KEY, name text, secret text);
      CREATE TABLE closed (id int PRIMARY KEY, name text);
      CREATE VIEW broken AS SELECT 1 / (SELECT count(*) - 1 FROM open) AS x;
      DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT (id, name) ON open TO reader;
      GRANT SELECT ON broken TO reader; INSERT INTO open VALUES (1, 'one', 'hidden')`);
      const reader = await fixture.open({ user: 'reader', password: 'reader' });
      try {
        expect(
          (await reader.discover()).map(({ name, reason, columns }) => [name, reason, columns.length]),
        ).toEqual([
          [
            'closed',
            'cannot be read (this user may not read it): GRANT SELECT ON "public"."closed" TO reader',
            0,
          ],
          ['open', 'key id; text name', 2],
          ['broken', 'cannot be read (division by zero): repair or drop it in the source', 0],
        ]);
        const spec = { entityType: 'closed', keyColumns: ['id'], columns: ['name'], filter: null };
        await expect(reader.openReader(spec)).rejects.toMatchObject({
          code: 'SOURCE_FORBIDDEN',
          message: 'reader may not read it: permission denied for table closed',
        });
        expect(await reader.identity()).toBe(await source.identity());
      } finally {
        await reader.close();
        await exec('DROP OWNED BY reader; DROP ROLE reader');
      }
    });
  });
});
