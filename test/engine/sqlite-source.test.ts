import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encodeKey, formatKey, integerPart, textPart, type Key, type KeyPart } from '../../engine/key.ts';
import type { EntityReader, ReadSpec, SourceConnector } from '../../engine/sources/source.ts';
import { SqliteConnection, type SqlRow } from '../../engine/sources/sqlite/connection.ts';
import { keyCodec } from '../../engine/sources/sqlite/key-codec.ts';
import { indexedRows, pageStatements } from '../../engine/sources/sqlite/rows.ts';
import { listTables, readTable } from '../../engine/sources/sqlite/schema.ts';
import { sourceCases } from '../cases/source.case.ts';
import { readAll } from '../support/source-rows.ts';
import { executeElsewhere, SqliteFixture } from '../support/sqlite-source.ts';

sourceCases('sqlite', () => new SqliteFixture());
sourceCases('sqlite in WAL mode', () => new SqliteFixture('PRAGMA journal_mode = WAL'));
for (const encoding of ['UTF-16le', 'UTF-16be']) {
  sourceCases(`sqlite in ${encoding}`, () => new SqliteFixture(`PRAGMA encoding = '${encoding}'`), {
    invalidText: 'bytes that are invalid UTF-8 cannot be stored as UTF-16',
  });
}

let fixture: SqliteFixture;
let source: SourceConnector;

beforeEach(async () => {
  fixture = new SqliteFixture();
  source = await fixture.open();
});
afterEach(async () => {
  await source.close();
  fixture.dispose();
});

const exec = (sql: string) => fixture.database.exec(sql);
const open = (spec: Partial<ReadSpec> = {}): Promise<EntityReader> =>
  source.openReader({ entityType: 't', keyColumns: ['k'], columns: ['v'], filter: null, ...spec });
const values = async (reader: EntityReader, limit = 3) =>
  (await readAll(reader, limit)).map((row) => row.values[0]);
const hex = (key: Key): string => Buffer.from(encodeKey(key)).toString('hex');

describe('typed keys', () => {
  const candidates = [
    '7',
    `'7'`,
    `x'37'`,
    '7.5',
    `'7.5'`,
    '7.0',
    `'7x'`,
    `' 7'`,
    `'07'`,
    `'7e0'`,
    `'1e999'`,
    `''`,
    `x''`,
  ];
  const big = ['9007199254740993', `'9007199254740993'`, '9007199254740992.0', '-1', `'-1'`];
  const literals = [...candidates, ...big];

  describe.each(['INT', 'TEXT', 'BLOB', '', 'REAL', 'NUMERIC'])('in a column declared "%s"', (type) => {
    it.each([
      ['with an index', `CREATE UNIQUE INDEX i ON t (k)`],
      ['with a declared key', ''],
    ])('%s finds exactly the typed row', async (_title, index) => {
      exec(`CREATE TABLE t (k ${type} NOT NULL, v); ${index}`);
      const stored = new Map<string, string>();
      for (const [i, literal] of literals.entries()) {
        const key = storedKey(literal, type);
        const { changes } = fixture.database
          .prepare(`INSERT OR IGNORE INTO t VALUES (${literal}, ${i})`)
          .run();
        // Without an index, equal values are kept out here: 7 twice is no key.
        if (stored.has(key)) fixture.database.prepare('DELETE FROM t WHERE v = ?').run(i);
        else if (changes === 1) stored.set(key, String(i));
      }
      const reader = await open();
      await reader.proveKey();
      for (const limit of [1, 2, 50]) {
        const found = (await readAll(reader, limit)).map((row) => [hex(row.key), String(row.values[0])]);
        expect(new Map(found as [string, string][])).toEqual(stored);
        expect(found).toHaveLength(stored.size);
      }
      const asked = literals.map((literal) => literalKey(literal));
      for (const fresh of [true, false]) {
        const rows = await reader.fetch(asked, fresh);
        expect(rows.map((row) => (row === null ? undefined : String(row.values[0])))).toEqual(
          asked.map((key) => stored.get(hex(key))),
        );
      }
    });
  });

  /** The key as SQLite stores the literal in a column of this type. */
  function storedKey(literal: string, type: string): string {
    exec(`CREATE TEMP TABLE one (k ${type}); INSERT INTO temp.one VALUES (${literal})`);
    const key = keyOf("SELECT typeof(k), iif(typeof(k) = 'text', CAST(k AS BLOB), k) FROM temp.one");
    exec('DROP TABLE temp.one');
    return hex(key);
  }

  const literalKey = (literal: string): Key =>
    keyOf(`SELECT typeof(k), iif(typeof(k) = 'text', CAST(k AS BLOB), k) FROM (SELECT ${literal} AS k)`);

  function keyOf(sql: string): Key {
    return keyCodec('UTF-8').read(fixture.database.prepare(sql).raw().safeIntegers().get() as SqlRow, 1);
  }

  it(
    'reads every key of every storage class exactly once, whatever the page size',
    { timeout: 60_000 },
    async () => {
      const part = fc.oneof<fc.Arbitrary<KeyPart>[]>(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integerPart),
        fc.integer({ min: -3, max: 3 }).map(integerPart),
        fc.double({ noNaN: true }).map((value) => ({ type: 'real', value })),
        fc.integer({ min: -3, max: 3 }).map((value) => ({ type: 'real', value: value / 2 })),
        fc.string({ unit: 'binary', maxLength: 4 }).map(textPart),
        fc.uint8Array({ maxLength: 4 }).map((bytes) => ({ type: 'text', bytes })),
        fc.uint8Array({ maxLength: 4 }).map((bytes) => ({ type: 'blob', bytes })),
      );
      let table = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(part, part), { maxLength: 30 }),
          fc.integer({ min: 1, max: 7 }),
          fc.constantFrom(
            'PRIMARY KEY (a, b)',
            'PRIMARY KEY (a DESC, b)',
            'PRIMARY KEY (b, a DESC)',
            'CHECK (1)',
          ),
          async (pairs, limit, key) => {
            const name = `t${(table += 1)}`;
            exec(`CREATE TABLE ${name} (a NOT NULL, b NOT NULL, v, ${key})`);
            const expected = insertDistinct(name, pairs);
            const reader = await open({ entityType: name, keyColumns: ['a', 'b'] });
            const rows = await readAll(reader, limit);
            expect(rows.map((row) => hex(row.key)).toSorted()).toEqual([...expected.keys()].toSorted());
            const keys = [...expected.values()];
            for (const fresh of [true, false]) {
              const fetched = await reader.fetch(keys, fresh);
              expect(fetched.map((row) => row && hex(row.key))).toEqual(keys.map(hex));
            }
            await reader.close();
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  /** Inserts what SQLite's uniqueness allows, and no two keys that are the same key. */
  function insertDistinct(table: string, keys: readonly Key[]): Map<string, Key> {
    const inserted = new Map<string, Key>();
    for (const key of keys) {
      if (inserted.has(hex(key))) continue;
      try {
        fixture.insert(table, [[...key, integerPart(inserted.size)]]);
        inserted.set(hex(key), key);
      } catch (error) {
        // 7 and 7.0 are one value to a unique index.
        expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
      }
    }
    return inserted;
  }

  it('tells lone surrogates apart in a UTF-16 database', async () => {
    const utf16 = new SqliteFixture(`PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (k TEXT PRIMARY KEY, v)`);
    const other = await utf16.open();
    try {
      const units = ['00d8', '01d8', 'fdff', '00dc', '610000d86200', '3dd800de'];
      for (const [i, unit] of units.entries()) {
        utf16.database
          .prepare('INSERT INTO t VALUES (CAST(? AS TEXT), ?)')
          .run(Buffer.from(unit, 'hex'), BigInt(i));
      }
      const reader = await other.openReader({
        entityType: 't',
        keyColumns: ['k'],
        columns: ['v'],
        filter: null,
      });
      const rows = await readAll(reader, 1);
      expect(new Set(rows.map((row) => hex(row.key))).size).toBe(units.length);
      const fetched = await reader.fetch(
        rows.map((row) => row.key),
        true,
      );
      expect(fetched).toEqual(rows);
      expect((await reader.fetch([[textPart('😀')]], true))[0]?.values).toEqual([5n]);
    } finally {
      await other.close();
      utf16.dispose();
    }
  });

  it('finds a key under NOCASE only in its own spelling', async () => {
    exec(
      `CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v); INSERT INTO t VALUES ('Ab', 1), ('b', 2), ('C', 3)`,
    );
    const reader = await open();
    expect(await values(reader, 1)).toEqual([1n, 2n, 3n]);
    const rows = await reader.fetch([[textPart('Ab')], [textPart('AB')], [textPart('ab')]], true);
    expect(rows.map((row) => row?.values[0] ?? null)).toEqual([1n, null, null]);
  });
});

describe('paging through the key index', () => {
  const schemas: [title: string, sql: string, key: string[]][] = [
    ['an integer primary key', 'CREATE TABLE t (k INTEGER PRIMARY KEY, v)', ['k']],
    [
      'a descending integer primary key, which is no rowid',
      'CREATE TABLE t (k INTEGER PRIMARY KEY DESC, v)',
      ['k'],
    ],
    ['a text primary key', 'CREATE TABLE t (k TEXT PRIMARY KEY, v)', ['k']],
    ['a NOCASE primary key', 'CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v)', ['k']],
    ['WITHOUT ROWID', 'CREATE TABLE t (k TEXT PRIMARY KEY, v) WITHOUT ROWID', ['k']],
    ['mixed directions', 'CREATE TABLE t (a, b, c, v, PRIMARY KEY (a, b DESC, c))', ['a', 'b', 'c']],
    [
      'mixed directions and collations WITHOUT ROWID',
      'CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, c, v, PRIMARY KEY (a, b DESC, c COLLATE RTRIM)) WITHOUT ROWID',
      ['a', 'b', 'c'],
    ],
    [
      'a unique index of another collation than its column',
      'CREATE TABLE t (k TEXT NOT NULL, v); CREATE UNIQUE INDEX "my ""index" ON t (k COLLATE RTRIM DESC)',
      ['k'],
    ],
    ['a key in another order than its index', 'CREATE TABLE t (a, b, v, PRIMARY KEY (b, a))', ['a', 'b']],
    [
      'an index that a filter would rather use',
      'CREATE TABLE t (k TEXT PRIMARY KEY, v INT); CREATE INDEX other ON t (v)',
      ['k'],
    ],
  ];

  it.each(schemas)('reads every row once and never sorts: %s', async (_title, sql, keyColumns) => {
    exec(sql);
    const widths = Array.from({ length: 3 ** keyColumns.length }, (_, i) => i);
    for (const i of widths) {
      const key = keyColumns.map((_, column) => Math.floor(i / 3 ** column) % 3);
      fixture.database
        .prepare(
          `INSERT INTO t (${keyColumns.join(', ')}, v) VALUES (${keyColumns.map(() => '?').join(', ')}, ?)`,
        )
        .run(...key, i);
    }
    const spec = { entityType: 't', keyColumns, columns: ['v'], filter: 'v >= 0' };
    for (const limit of [1, 2, 4, 100]) {
      const found = await values(await open(spec), limit);
      expect(found.map(Number).toSorted((a, b) => a - b)).toEqual(widths);
    }
    for (const plan of pagePlans(spec)) {
      expect(plan).not.toContain('TEMP B-TREE');
      expect(plan).not.toContain('other');
    }
  });

  /** How SQLite runs each statement of a first and of a later page. */
  function pagePlans(spec: ReadSpec): string[] {
    const connection = new SqliteConnection(fixture.path, fixture.path);
    try {
      const [name] = listTables(connection);
      if (name === undefined) throw new Error('no table');
      const table = readTable(connection, name);
      const [uniqueKey] = table.keys;
      if (uniqueKey === undefined) throw new Error('no key');
      const rows = indexedRows(connection, keyCodec('UTF-8'), table, uniqueKey, spec);
      const after = uniqueKey.columns.map(() => ({
        placeholder: '+CAST(? AS TEXT)',
        value: Buffer.from('x'),
      }));
      return [...pageStatements(rows, null), ...pageStatements(rows, after)].map(({ sql, bound }) =>
        connection
          .all(`EXPLAIN QUERY PLAN ${sql}`, [...after.slice(0, bound).map((part) => part.value), 10n])
          .map((row) => row[3])
          .join('\n'),
      );
    } finally {
      connection.close();
    }
  }

  it('orders NULL keys of a composite key stably, a page at a time', async () => {
    exec('CREATE TABLE t (a, b, v, PRIMARY KEY (a, b))');
    for (let i = 0; i < 9; i++) {
      fixture.database.prepare('INSERT INTO t VALUES (?, ?, ?)').run(i % 3 ? null : i, i % 2 ? null : i, i);
    }
    const reader = await open({ keyColumns: ['a', 'b'] });
    expect((await values(reader)).map(Number).toSorted()).toEqual([0, 6]);
    const pages = await Promise.all([0, 2, 4, 6, 8].map((offset) => reader.nullKeyRows(offset, 2)));
    expect(
      pages
        .flat()
        .map((row) => Number(row.values[0]))
        .toSorted(),
    ).toEqual([1, 2, 3, 4, 5, 7, 8]);
  });

  it('reads a unique key with a collation that only its own program has', async () => {
    exec(
      `CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1), ('B', 2), ('c', 3)`,
    );
    fixture.database.unsafeMode(true);
    exec(`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'ICU_TR')`);
    fixture.database.close();
    const [found] = await source.discover();
    expect(found).toMatchObject({ rows: 3, keyColumns: ['k'] });
    const reader = await open();
    await reader.proveKey();
    expect(await reader.count()).toBe(3);
    expect((await values(reader, 1)).toSorted()).toEqual([1n, 2n, 3n]);
    expect((await reader.fetch([[textPart('B')], [textPart('b')]], true)).map((row) => row?.values)).toEqual([
      [2n],
      undefined,
    ]);
  });
});

describe('declared keys', () => {
  it('copies a large table in short reads', async () => {
    exec(`CREATE TABLE t (k, v); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
      INSERT INTO t (rowid, k, v) SELECT i * 1000 - 9223372036854775807, 'key ' || i, i FROM n`);
    const reader = await open();
    await reader.proveKey();
    expect((await values(reader, 1000)).map(Number).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 3500 }, (_, i) => i + 1),
    );
  });

  it.each([
    ['whose columns take all names of the rowid', 'CREATE TABLE t (k, v, rowid, oid, _rowid_)'],
    ['WITHOUT ROWID whose primary key is another', 'CREATE TABLE t (id INT PRIMARY KEY, k, v) WITHOUT ROWID'],
    ['whose columns are named like those of the copy', 'CREATE TABLE t (k, v, t0, k0, v0, source_rowid)'],
    ['that is virtual', 'CREATE VIRTUAL TABLE t USING fts5 (k, v)'],
  ])('reads a table %s', async (_title, sql) => {
    exec(sql);
    exec(`INSERT INTO t (${sql.includes('id INT') ? 'id, ' : ''}k, v) VALUES
      ${['x', 'y', 'z'].map((k, i) => `(${sql.includes('id INT') ? `${i}, ` : ''}'${k}', 'v${k}')`).join(', ')}`);
    const reader = await open();
    await reader.proveKey();
    expect(await values(reader, 1)).toEqual(['vx', 'vy', 'vz']);
    expect((await reader.fetch([[textPart('y')]], true))[0]?.values).toEqual(['vy']);
  });

  it('counts 7, 7.0 and text 7 as three keys, as the catalog does', async () => {
    exec(`CREATE TABLE t (k, v); INSERT INTO t VALUES (7, 'i'), (7.0, 'r'), ('7', 't')`);
    const reader = await open();
    await reader.proveKey();
    expect((await values(reader, 1)).toSorted()).toEqual(['i', 'r', 't']);
    exec(`INSERT INTO t VALUES (7, 'again')`);
    await expect(reader.proveKey()).rejects.toMatchObject({
      code: 'KEY_NOT_UNIQUE',
      message: expect.stringContaining('7 (2 rows)'),
      details: { duplicates: [{ key: '7', rows: 2 }] },
    });
  });

  it('answers a lookup as of the scan unless a fresh one is asked for', async () => {
    exec(`CREATE TABLE t (k, v); INSERT INTO t VALUES ('a', 'old')`);
    const reader = await open();
    await readAll(reader, 10);
    exec(`UPDATE t SET v = 'new'`);
    const key: Key = [textPart('a')];
    expect((await reader.fetch([key], false))[0]?.values).toEqual(['old']);
    expect((await reader.fetch([key], true))[0]?.values).toEqual(['new']);
  });

  it('finds more keys at once than SQLite binds values', async () => {
    exec(`CREATE TABLE t (a, b, v); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO t SELECT i, 'b' || i, i FROM n`);
    const reader = await open({ keyColumns: ['a', 'b'] });
    const keys = Array.from({ length: 20_000 }, (_, i): Key => [integerPart(i + 1), textPart(`b${i + 1}`)]);
    const rows = await reader.fetch(keys, true);
    expect(rows.every((row, i) => row?.values[0] === BigInt(i + 1))).toBe(true);
  });
});

describe('beside other programs', () => {
  it.each([
    ['an index', 'CREATE TABLE t (k INTEGER PRIMARY KEY, v)'],
    ['a copy', 'CREATE TABLE t (k, v)'],
  ])('never holds a lock between two calls when it reads through %s', async (_title, sql) => {
    exec(`${sql}; INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')`);
    const reader = await open();
    const calls = [
      () => reader.proveKey(),
      () => reader.count(),
      () => reader.page(null, 1),
      () => reader.page([integerPart(1)], 1),
      () => reader.fetch([[integerPart(2)]], true),
      () => reader.nullKeyRows(0, 10),
      () => source.discover(),
      () => source.changeToken(),
    ];
    for (const [i, call] of calls.entries()) {
      await call();
      executeElsewhere(fixture.path, `INSERT INTO t VALUES (${100 + i}, 'new')`);
    }
    expect(await reader.count()).toBe(4 + calls.length);
  });

  it(
    'says so when a writer keeps the file locked, and goes on when it is done',
    { timeout: 20_000 },
    async () => {
      exec(`CREATE TABLE t (k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a')`);
      const reader = await open();
      exec('BEGIN EXCLUSIVE');
      await expect(reader.page(null, 1)).rejects.toMatchObject({
        code: 'SOURCE_BUSY',
        retryable: true,
        hint: expect.any(String),
      });
      exec('COMMIT');
      expect(await reader.page(null, 1)).toHaveLength(1);
    },
  );

  it.each([
    ['a column is renamed', 'ALTER TABLE t RENAME COLUMN v TO w'],
    ['a column is dropped', 'ALTER TABLE t DROP COLUMN v'],
    ['the table is dropped', 'DROP TABLE t'],
    ['the key index is dropped', 'DROP INDEX i'],
  ])('stops with a clear error when %s during a scan', async (_title, sql) => {
    exec(
      `CREATE TABLE t (k TEXT NOT NULL, v); CREATE UNIQUE INDEX i ON t (k); INSERT INTO t VALUES ('a', 1)`,
    );
    const reader = await open();
    await reader.page(null, 1);
    exec(sql);
    for (const read of [() => reader.page([textPart('a')], 1), () => reader.fetch([[textPart('a')]], true)]) {
      await expect(read()).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        retryable: false,
        hint: expect.stringContaining('discover'),
      });
    }
  });

  it('keeps a failing row apart from a changed schema', async () => {
    exec(`CREATE TABLE t (k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'not json')`);
    const reader = await open({ filter: `v -> 'x' IS NULL` });
    await expect(reader.page(null, 1)).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED' });
  });

  it('formats keys as the external form says', async () => {
    exec(`CREATE TABLE t (a TEXT, b INT, v, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('a ', 7, 1)`);
    const [row] = await readAll(await open({ keyColumns: ['a', 'b'] }), 1);
    expect(row && formatKey(row.key)).toBe('["a ",7]');
  });
});
