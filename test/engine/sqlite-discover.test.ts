import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveredType } from '../../engine/sources/source.ts';
import { suggestText } from '../../engine/sources/suggest-text.ts';
import { SqliteFixture } from '../support/sqlite-source.ts';

let fixture: SqliteFixture;
beforeEach(() => {
  fixture = new SqliteFixture();
});
afterEach(() => fixture.dispose());

async function discover(sql: string): Promise<DiscoveredType[]> {
  fixture.database.exec(sql);
  const source = await fixture.open();
  try {
    return await source.discover();
  } finally {
    await source.close();
  }
}

describe('keys', () => {
  it.each([
    ['an integer primary key', 't (id INTEGER PRIMARY KEY, name TEXT)', ['id']],
    ['a primary key in an order of its own', 't (a, b, name TEXT, PRIMARY KEY (b, a))', ['b', 'a']],
    ['WITHOUT ROWID', 't (a, b, name TEXT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID', ['b', 'a']],
    [
      'the primary key before a unique one',
      't (code TEXT NOT NULL UNIQUE, id INT PRIMARY KEY, name TEXT)',
      ['id'],
    ],
    ['a unique NOT NULL column', 't (code TEXT NOT NULL UNIQUE, name TEXT)', ['code']],
    [
      'the unique key with fewest columns',
      't (a NOT NULL, b NOT NULL UNIQUE, name TEXT, UNIQUE (a, b))',
      ['b'],
    ],
    ['no unique column that may be NULL', 't (code TEXT UNIQUE, name TEXT)', []],
    [
      'no partial index',
      't (code NOT NULL, name TEXT); CREATE UNIQUE INDEX i ON t (code) WHERE code > 1',
      [],
    ],
    [
      'no index on an expression',
      't (code NOT NULL, name TEXT); CREATE UNIQUE INDEX i ON t (lower(code))',
      [],
    ],
    ['no plain index', 't (code NOT NULL, name TEXT); CREATE INDEX i ON t (code)', []],
    ['a rowid alone', 't (name TEXT)', []],
  ])('%s', async (_title, table, keyColumns) => {
    const [found] = await discover(`CREATE TABLE ${table}`);
    expect(found).toMatchObject({ keyColumns, selected: keyColumns.length > 0, rows: 0 });
  });

  it('says which columns can be NULL', async () => {
    const [found] = await discover('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)');
    expect(found?.columns.map((column) => column.nullable)).toEqual([false, true, false]);
  });
});

describe('what is listed', () => {
  it('tables, then views, by name, without the tables that serve others', async () => {
    const found = await discover(`
      CREATE TABLE z (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
      CREATE TABLE "A" (id INT PRIMARY KEY, name TEXT);
      CREATE VIRTUAL TABLE notes USING fts5 (title, body);
      INSERT INTO notes VALUES ('On pens', 'Pens write.');
      CREATE VIEW b AS SELECT * FROM z;
      CREATE TABLE sqlitex (id INT PRIMARY KEY, name TEXT);
      ANALYZE`);
    expect(found.map((type) => `${type.kind} ${type.name}`)).toEqual([
      'table A',
      'table notes',
      'table sqlitex',
      'table z',
      'view b',
    ]);
    expect(found[1]).toMatchObject({ rows: 1, selected: false, textColumns: ['title', 'body'] });
    expect(found[1]?.columns.map((column) => column.name)).toEqual(['title', 'body']);
    expect(found[1]?.reason).toContain('virtual table');
  });

  it('broken views with the reason, and everything else beside them', async () => {
    const found = await discover(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'Ann');
      CREATE VIEW v1 AS SELECT * FROM missing;
      CREATE VIEW v2 AS SELECT nope FROM t;
      CREATE VIEW v3 AS SELECT unknown_function(name) FROM t;
      CREATE VIEW v4 AS SELECT json_extract(name, '$.x') AS x FROM t`);
    expect(found.map(({ name, rows, selected }) => ({ name, rows, selected }))).toEqual([
      { name: 't', rows: 1, selected: true },
      { name: 'v1', rows: null, selected: false },
      { name: 'v2', rows: null, selected: false },
      { name: 'v3', rows: null, selected: false },
      { name: 'v4', rows: null, selected: false },
    ]);
    expect(found[1]?.reason).toContain('no such table: main.missing');
    expect(found[4]?.reason).toContain('malformed JSON');
  });

  it('generated columns, and a preview with long values cut', async () => {
    const [found] = await discover(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, first TEXT, last TEXT,
        full TEXT AS (first || ' ' || last), stored TEXT AS (upper(last)) STORED);
      INSERT INTO t (first, last) VALUES ('Ann', 'Lee'), ('Bo', NULL), ('Cy', 'Ro'), ('Di', 'Mo');
      UPDATE t SET first = printf('%.*c', 9999, 'x') WHERE id = 3`);
    expect(found?.columns.map((column) => column.name)).toEqual(['id', 'first', 'last', 'full', 'stored']);
    expect(found?.sampleRows).toHaveLength(3);
    expect(found?.sampleRows[0]).toEqual([1n, 'Ann', 'Lee', 'Ann Lee', 'LEE']);
    expect(String(found?.sampleRows[2]?.[1]).length).toBe(2000);
  });

  it('a table of NULLs', async () => {
    const [found] = await discover(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b);
      INSERT INTO t (a) VALUES (NULL), (NULL)`);
    expect(found).toMatchObject({ rows: 2, textColumns: ['a'], selected: true });
  });

  it('a table without text, with the reason', async () => {
    const [found] = await discover('CREATE TABLE t (id INTEGER PRIMARY KEY, price REAL, at DATE)');
    expect(found).toMatchObject({
      selected: false,
      reason: expect.stringContaining('no column that reads like text'),
    });
  });
});

describe('text columns', () => {
  it('samples from all over the table, not from its start', async () => {
    const [found] = await discover(`CREATE TABLE t (id INTEGER PRIMARY KEY, late TEXT, mixed);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO t SELECT i, iif(i < 2000, NULL, 'a note about ' || i), iif(i < 2000, i, 'word and ' || i) FROM n`);
    expect(found?.textColumns).toEqual(['late', 'mixed']);
  });

  it('leaves key columns out, unless they are the only text', async () => {
    const found = await discover(`
      CREATE TABLE a (name TEXT PRIMARY KEY, note TEXT); INSERT INTO a VALUES ('Ann Lee', 'likes tea');
      CREATE TABLE b (name TEXT PRIMARY KEY); INSERT INTO b VALUES ('garden tools');
      CREATE TABLE c (x TEXT, y TEXT, PRIMARY KEY (x, y))`);
    expect(found.map((type) => type.textColumns)).toEqual([['note'], ['name'], []]);
    expect(found[1]?.columns[0]?.reason).toContain('the only text');
  });

  const judge = (declaredType: string, texts: string[], name = 'c', others = 0) =>
    suggestText({ name, declaredType, texts, others });

  it.each([
    ['names', ['Ann Lee', 'Bo Ödegård', 'Cy']],
    ['film titles in capitals', ['ACADEMY DINOSAUR', 'ACE GOLDFINGER']],
    ['sentences with numbers', ['Call 555-1234 after 5 pm', '2 boxes of 10']],
    ['categories', ['Beverages', 'Condiments', 'Seafood']],
    ['countries', ['USA', 'Germany', 'UK', 'France']],
    ['single words in lower case', ['garden', 'kitchen', 'bath']],
    ['Chinese', ['红色自行车', '蓝色的船']],
    ['HTML', ['<p>A fine <b>lamp</b></p>', '<p>A chair</p>']],
    ['bracketed notes', ['[sic] as written', '{unclear} remark']],
    ['addresses', ['Av. Brigadeiro Faria Lima, 2170', '8210 111 ST NW']],
  ])('takes %s', (_title, texts) => {
    expect(judge('TEXT', texts)).toMatchObject({ text: true });
    expect(judge('', texts)).toMatchObject({ text: true });
  });

  it.each([
    ['numbers', ['12', '3.50', '-7', '1,000']],
    ['UUIDs', ['0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d', '1D9F0B0E-6F3B-4C6C-9D0C-4E6B1A2F3C4D']],
    ['dates or times', ['2024-01-02', '2024-01-02T03:04:05Z', '2024-01-02 03:04']],
    ['dates or times', ['12/31/2024', '01.02.2024']],
    ['hashes or hex ids', ['d41d8cd98f00b204e9800998ecf8427e', 'e3b0c44298fc1c149afbf4c8996fb924']],
    ['e-mail addresses', ['ann@example.org', 'bo@example.org']],
    ['links', ['https://example.org/a?b=c', 'http://example.org']],
    ['file paths', ['/srv/data/a.txt', 'C:\\Users\\x\\y.doc', './a/b']],
    ['file names', ['photo.jpg', 'scan-2.pdf']],
    ['phone numbers', ['+55 (12) 3923-5555', '030-0074321', '(5) 555-4729']],
    ['JSON', ['{"a": 1}', '[1, 2]', '{}']],
    ['base64 data', ['aGVsbG8gd29ybGQgaGVsbG8gMg==', 'SGVsbG8gV29ybGQgSGVsbG8gMw==']],
    ['codes', ['SKU-0001', 'AB12', 'T2P 2T3']],
    ['codes', ['US', 'CA', 'MX']],
    ['codes', ['ALFKI', 'ANATR', 'ANTON', 'AROUT', 'BERGS']],
    ['yes or no', ['true', 'false', 'true']],
    ['identifiers', ['in_progress', 'not_started']],
  ])('leaves out %s: %j', (reason, texts) => {
    expect(judge('VARCHAR(40)', texts)).toEqual({ text: false, reason: expect.stringContaining(reason) });
  });

  it('leaves out what is declared otherwise, secrets, and the fixed values of a status', () => {
    expect(judge('DATETIME', ['soon'])).toEqual({ text: false, reason: 'declared DATETIME' });
    expect(judge('TEXT', ['correct horse'], 'password')).toMatchObject({ text: false });
    expect(
      judge(
        'TEXT',
        Array.from({ length: 40 }, (_, i) => ['open', 'shipped'][i % 2] ?? ''),
        'order_status',
      ),
    ).toMatchObject({
      text: false,
    });
    expect(judge('', ['a word'], 'c', 5)).toMatchObject({
      text: false,
      reason: 'holds values other than text',
    });
  });

  it('forgives a little dirt', () => {
    const dates = Array.from({ length: 19 }, (_, i) => `2024-01-${10 + i}`);
    expect(judge('TEXT', [...dates, 'unknown'])).toMatchObject({ text: false });
  });
});
