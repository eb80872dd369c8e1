/** Data files: CSV, JSON and Parquet, one or many, plain or compressed. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatKey, textPart } from '../../engine/key.ts';
import { openFiles } from '../../engine/sources/files.ts';
import { dataName } from '../../engine/sources/files/data-format.ts';
import type { DiscoveredType, EntityReader, ReadSpec, SourceConnector } from '../../engine/sources/source.ts';
import { sourceCases, type SourceAbility } from '../cases/source.case.ts';
import { DataFileFixture, inQuotes, writeCsv, writeJson, writeParquet } from '../support/data-files.ts';
import { readAll } from '../support/source-rows.ts';

/** Without its end. */
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 6);

const noFileHas: Partial<Record<SourceAbility, string>> = {
  declaredKeys: 'files declare no keys; where one is suggested is tested below',
  views: 'files have no views',
};
sourceCases('a CSV file', () => new DataFileFixture('csv', writeCsv), {
  ...noFileHas,
  invalidText: 'a file that is not UTF-8 or UTF-16 is refused',
  mixedTypes: 'every value of a CSV file is text',
  integers: 'every value of a CSV file is text',
  blobs: 'every value of a CSV file is text',
});
sourceCases('a file of JSON records', () => new DataFileFixture('json', writeJson), {
  ...noFileHas,
  invalidText: 'a file that is not UTF-8 is refused',
  mixedTypes: 'JSON has no blobs; its other types are tested below',
  blobs: 'JSON has no blobs',
  columnsWithoutRows: 'an empty array names no columns; it is tested below',
});
sourceCases('a Parquet file', () => new DataFileFixture('parquet', writeParquet), {
  ...noFileHas,
  invalidText: "Parquet's texts are UTF-8",
  mixedTypes: 'a column of a Parquet file has one type',
});

describe('data files', () => {
  let folder: string;
  let source: SourceConnector | null;
  const sources: SourceConnector[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-data-'));
    source = null;
  });
  afterEach(async () => {
    for (const opened of sources.splice(0)) await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
  const open = async (pattern: string): Promise<SourceConnector> => {
    source = await openFiles({ kind: 'files', name: 'test', path: join(folder, pattern) });
    sources.push(source);
    return source;
  };
  const discover = async (pattern: string): Promise<DiscoveredType> => {
    const [found] = await (await open(pattern)).discover();
    if (found === undefined) throw new Error('nothing was found');
    return found;
  };
  const read = async (pattern: string, spec: Partial<ReadSpec> = {}): Promise<EntityReader> =>
    (await open(pattern)).openReader({
      entityType: dataName(join(folder, pattern)),
      keyColumns: ['id'],
      columns: ['text'],
      filter: null,
      ...spec,
    });
  const rows = async (pattern: string, spec: Partial<ReadSpec> = {}) =>
    (await readAll(await read(pattern, spec), 7)).map((row) => [formatKey(row.key), ...row.values]);

  describe('CSV', () => {
    it.each([
      ['a byte order mark and CR LF', '\ufeffid,text\r\n1,one\r\n2,two\r\n'],
      ['CR', 'id,text\r1,one\r2,two\r'],
      ['no line end at its end', 'id,text\n1,one\n2,two'],
      ['semicolons', 'id;text\n1;one\n2;two\n'],
      ['bars', 'id|text\n1|one\n2|two\n'],
      ['names in quotes', '"id","text"\n"1","one"\n"2","two"\n'],
      ['blank lines', 'id,text\n1,one\n\n2,two\n\n'],
    ])('reads a file with %s', async (_title, content) => {
      write('t.csv', content);
      expect(await rows('t.csv')).toEqual([
        ['1', 'one'],
        ['2', 'two'],
      ]);
    });

    it('reads tabs by the name of the file', async () => {
      write('t.tsv', 'id\ttext\n1\t"a\tb", c\n');
      await expect(rows('t.tsv')).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
      write('t.tsv', 'id\ttext\n1\ta "quoted" word, and a comma\n');
      expect(await rows('t.tsv')).toEqual([['1', 'a "quoted" word, and a comma']]);
    });

    it.each(['utf-16le', 'utf-16be'])('reads %s, in texts as in names', async (encoding) => {
      const bytes = Buffer.from('\ufeffid,text\n1,ünï 👩‍👧\n', 'utf16le');
      write('t.csv', encoding === 'utf-16le' ? bytes : bytes.swap16());
      expect(await rows('t.csv')).toEqual([['1', 'ünï 👩‍👧']]);
    });

    it('tells nothing from an empty text, and leaves every value as it was written', async () => {
      write('t.csv', 'id,text\n1,\n2,""\n3,007\n4,9007199254740993\n5,1e3\n6,NULL\n7, x \n8,a"b\n');
      expect((await rows('t.csv')).map(([, value]) => value)).toEqual([
        null,
        '',
        '007',
        '9007199254740993',
        '1e3',
        'NULL',
        ' x ',
        'a"b',
      ]);
    });

    it('reads back exactly what was written by the rules, whatever it is', { timeout: 60_000 }, async () => {
      const pieces = fc.constantFrom(
        '"',
        ',',
        '\n',
        '\r\n',
        '\r',
        ' ',
        'a',
        '7',
        '\ufeff',
        '\0',
        '#',
        '\\',
        ';',
        'é',
        '𐁁',
      );
      const cell = fc.option(
        fc.array(pieces, { maxLength: 5 }).map((parts) => parts.join('')),
        { nil: null },
      );
      const field = (value: string | null) =>
        value === null ? '' : value === '' || /[",\r\n]|^\s|\s$/.test(value) ? inQuotes(value) : value;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 }),
          fc.constantFrom('\n', '\r\n'),
          async (values, lineEnd) => {
            const lines = values.map(([a, b], i) => `${i},${field(a)},${field(b)}`);
            write('t.csv', ['id,text,more', ...lines].join(lineEnd));
            const found = await rows('t.csv', { columns: ['text', 'more'] });
            await source?.close();
            const sorted = found.toSorted(([a], [b]) => Number(a) - Number(b));
            expect(sorted).toEqual(values.map(([a, b], i) => [String(i), a, b]));
          },
        ),
        { numRuns: 60 },
      );
    });

    it.each([
      ['too few fields', 'id,text\n1,one\n2\n3,three\n', 3, /1 fields where the header has 2: 2/],
      ['too few fields behind blank lines', 'id,text\n\n1,"o\nne"\n\n2\n', 6, /1 fields/],
      ['too many fields', 'id,text\n1,one\n2,two,2\n', 3, /3 fields where the header has 2/],
      ['an open quote', 'id,text\n1,"a\nb"\n2,"two\n3,three\n', 4, /quote is never closed/],
      ['text behind a quote', 'id,text\n1,"one"x\n', 2, /something follows its end/],
      ['invalid UTF-8', Buffer.from([...Buffer.from('id,text\n1,a\n2,'), 0xff, 0x0a]), 3, /not UTF-8/],
      [
        'invalid UTF-8 in a name',
        Buffer.from([0x69, 0xff, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0x32]),
        1,
        /not UTF-8/,
      ],
      ['a line break in a name', '"i\nd",text\r\n1,one\r\n', 1, /line break/],
      ['no header', '\n1,one\n', 1, /names of the columns/],
      ['UTF-16 without its mark', Buffer.from('id,text\n1,one\n', 'utf16le'), 1, /UTF-16 without/],
    ])('names file and line for %s', async (_title, content, line, message) => {
      write('t.csv', content);
      await expect(rows('t.csv')).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(message),
        hint: expect.any(String),
        details: { path: join(folder, 't.csv'), line },
      });
    });

    it.each([
      ['lines that end in two ways', 'id,text\r\n1,one\n2,two\r\n', /end in more than one way/],
      ['a name twice', 'id,text,id\n1,a,2\n', /two columns are called "id"/],
      ['names that differ in case alone', 'id,text,Text\n1,a,2\n', /"text" and "Text" differ only in case/],
    ])('refuses %s', async (_title, content, message) => {
      write('t.csv', content);
      await expect(rows('t.csv')).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(message),
      });
    });

    it('leaves blank lines out of a table with one column, too', async () => {
      write('t.csv', 'id\n1\n\n""\n2\n\n');
      expect(await rows('t.csv', { columns: ['id'] })).toEqual([
        ['', ''],
        ['1', '1'],
        ['2', '2'],
      ]);
      expect(await discover('t.csv')).toMatchObject({ rows: 3 });
    });

    it('gives a column without a name its place as one', async () => {
      write('t.csv', ',text\n1,one\n');
      expect(await rows('t.csv', { keyColumns: ['column1'] })).toEqual([['1', 'one']]);
    });

    it('reads a table without rows, and refuses a file without anything', async () => {
      write('t.csv', 'id,text\n');
      expect(await discover('t.csv')).toMatchObject({ rows: 0, keyColumns: ['id'] });
      expect(await rows('t.csv')).toEqual([]);
      write('t.csv', '');
      await expect(open('t.csv')).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    });

    it('does not change a value because others came', async () => {
      write('t.csv', 'id,text\n1,7\n2,2024-01-02\n');
      const before = await rows('t.csv');
      write('t.csv', 'id,text\n1,7\n2,2024-01-02\nx,"not a number, nor a date"\n');
      expect((await rows('t.csv')).filter(([key]) => key !== 'x')).toEqual(before);
    });
  });

  describe('JSON', () => {
    const typed = [
      '{"id": 1, "text": 9007199254740993}',
      '{"id": 2, "text": 12345678901234567890123}',
      '{"id": 3, "text": 0.5, "more": {"b": [1, {"c": null}], "a": 9007199254740993}}',
      '{"id": 4, "text": true, "more": ["x", 7, "y z"]}',
      '{"id": 5, "text": null, "more": []}',
      '{"id": 6, "more": 1e400}',
      '{"id": "6", "text": "\\u0000 \\ufeff\\n\\"", "more": "x"}',
    ];
    const cells = [
      ['1', 9007199254740993n, null],
      ['2', '12345678901234567890123', null],
      ['3', 0.5, '{"b":[1,{"c":null}],"a":9007199254740993}'],
      ['4', 'true', 'x, 7, y z'],
      ['5', null, ''],
      ['6', null, '1e400'],
      ['6', '\0 \ufeff\n"', 'x'],
    ];
    it.each([
      ['lines', 't.jsonl', `${typed.join('\n')}\n`],
      ['lines with a byte order mark, blank lines and CR LF', 't.ndjson', `\ufeff${typed.join('\r\n\r\n')}`],
      ['an array', 't.json', `[\n${typed.join(',\n')}\n]`],
      ['an array behind a byte order mark', 't.json', `\ufeff [${typed.join(',')}]\n\n`],
      ['lines called .json', 't.json', typed.join('\n')],
      ['records over several lines', 't.json', typed.join('\n').replaceAll(',', ',\n')],
    ])('gives every value the type it has by itself: %s', async (_title, name, content) => {
      write(name, content);
      expect(await rows(name, { columns: ['text', 'more'] })).toEqual(cells);
    });

    it.each([
      ['a record that ends too early', 't.jsonl', '{"id": 1}\n\n{"id": 2\n{"id": 3}\n', 3],
      ['a file that ends too early', 't.jsonl', '{"id": 1}\n{"id": 2}\n{"id":', 3],
      ['an array that ends too early', 't.json', '[{"id": 1},\n{"id": 2}', 2],
      ['a record in an array', 't.json', '[\n{"id": 1},\n{"id": 2 "x"},\n{"id": 3}\n]', 3],
      ['half a surrogate pair', 't.jsonl', '{"id": 1}\n{"id": "\\ud800"}\n', 2],
      [
        'invalid UTF-8',
        't.jsonl',
        Buffer.from([...Buffer.from('{"id":1}\n{"id":"'), 0xff, 0x22, 0x7d, 0x0a]),
        2,
      ],
    ])('names file and line for %s', async (_title, name, content, line) => {
      write(name, content);
      await expect(rows(name, { columns: ['id'] })).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringContaining('not valid JSON'),
        details: { path: join(folder, name), line },
      });
    });

    it.each([
      ['is no object', '[{"id": 1, "text": "a"}, 7]', 'record 2: not an object'],
      [
        'has a field twice',
        '{"id": 1}\n{"id": 2, "text": "a", "id": 3}',
        'record 2: two fields have the same name',
      ],
    ])('refuses a record that %s, whether or not the filter wants it', async (_title, content, message) => {
      write('t.json', content);
      for (const filter of [null, `id = '1'`]) {
        await expect(rows('t.json', { columns: ['id'], filter })).rejects.toMatchObject({
          code: 'SOURCE_MALFORMED',
          message: expect.stringContaining(message),
        });
      }
    });

    it.each([
      [
        'an array that was cut off behind a comma',
        't.json',
        '[{"id": 1, "text": "a"},\n',
        /does not end as one/,
      ],
      ['nothing but the beginning of an array', 't.json', '[', /does not end as one/],
      ['nothing but white space', 't.json', ' \r\n', /nothing but white space/],
      ['nothing but blank lines', 't.jsonl', '\n\n', /nothing but white space/],
    ])('takes %s for damaged, not for fewer records', async (_title, name, content, message) => {
      write(name, content);
      await expect(rows(name)).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(message),
      });
    });

    it('takes columns of all records, and names with any character', async () => {
      write('t.jsonl', '{"id":1,"a/b":"x"}\n{"id":2,"a~b":"y","":"z"}\n');
      const found = await discover('t.jsonl');
      expect(found.columns.map(({ name }) => name)).toEqual(['id', 'a/b', 'a~b', '']);
      expect(
        await rows('t.jsonl', { columns: ['a/b', 'a~b', ''], filter: `"a/b" = 'x' OR "a~b" = 'y'` }),
      ).toEqual([
        ['1', 'x', null, null],
        ['2', null, 'y', 'z'],
      ]);
    });

    it('reads an empty array', async () => {
      write('t.json', '[]');
      expect(await discover('t.json')).toMatchObject({ rows: 0, selected: false });
      expect(await rows('t.json')).toEqual([]);
    });
  });

  it('reads lists in Parquet whose numbers JSON does not have', async () => {
    const database = await DuckDBInstance.create(':memory:');
    const connection = await database.connect();
    await connection.run(
      `COPY (SELECT 1 AS id, ['nan'::DOUBLE, 0.5] AS text UNION ALL SELECT 2, [0.5]) TO '${join(folder, 't.parquet')}'`,
    );
    connection.closeSync();
    database.closeSync();
    expect(await rows('t.parquet')).toEqual([
      ['1', '[NaN,0.5]'],
      ['2', '0.5'],
    ]);
  });

  it('reads every type that Parquet has', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT 1::UTINYINT AS id, 18446744073709551615::UBIGINT AS u, 7::UBIGINT AS small,
      1.50::DECIMAL(9, 2) AS d, DATE '2020-01-02' AS day, TIMESTAMPTZ '2020-01-02 01:00:00+02' AS at,
      ['a', 'b'] AS list, {'x': [1, NULL]} AS nested, true AS yes, 0.25::FLOAT AS f, 'é' AS text,
      '0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d'::UUID AS uuid) TO '${join(folder, 't.parquet')}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
    const columns = ['u', 'small', 'd', 'day', 'at', 'list', 'nested', 'yes', 'f', 'text', 'uuid'];
    expect(await rows('t.parquet', { columns })).toEqual([
      [
        '1',
        '18446744073709551615',
        7n,
        '1.50',
        '2020-01-02',
        '2020-01-01 23:00:00+00',
        'a, b',
        '{"x":[1,null]}',
        'true',
        0.25,
        'é',
        '0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d',
      ],
    ]);
  });

  it.each([
    [
      'a Parquet file that was cut off',
      't.parquet',
      Buffer.from('PAR1 and not much more'),
      'SOURCE_MALFORMED',
    ],
    ['half of a gzip file', 't.csv.gz', cut(gzipSync('id,text\n1,a\n2,b\n')), 'SOURCE_CORRUPT'],
    ['half of a zstd file', 't.csv.zst', cut(zstdCompressSync('id,text\n1,a\n2,b\n')), 'SOURCE_CORRUPT'],
    [
      'UTF-16 that ends in half a character',
      't.csv',
      Buffer.from([0xff, 0xfe, 0x69, 0x00, 0x64]),
      'SOURCE_CORRUPT',
    ],
  ])('refuses %s', async (_title, name, bytes, code) => {
    write(name, bytes);
    await expect(rows(name)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(join(folder, name)),
    });
  });

  describe('compressed', () => {
    const table = `id,text\n${Array.from({ length: 5000 }, (_, i) => `${i},text ${i}\n`).join('')}`;
    const half = table.indexOf('\n', table.length / 2) + 1;
    const parts = [table.slice(0, half), table.slice(half)];
    it.each([
      ['gzip', 't.csv.gz', gzipSync(table)],
      ['several members of gzip', 't.csv.gz', Buffer.concat(parts.map((part) => gzipSync(part)))],
      ['zstd', 't.csv.zst', zstdCompressSync(table)],
      ['several frames of zstd', 't.csv.zst', Buffer.concat(parts.map((part) => zstdCompressSync(part)))],
      ['zstd under a name that says nothing', 't.csv', zstdCompressSync(table)],
    ])('reads %s', async (_title, name, bytes) => {
      write(name, bytes);
      const reader = await read(name);
      expect(await reader.count()).toBe(5000);
      const [row] = await reader.fetch([[textPart('4999')]], true);
      expect(row?.values).toEqual(['text 4999']);
      // Nothing but the temporary folder was written to.
      expect(readdirSync(folder)).toEqual([name]);
    });
  });

  it('reads gzip that is padded with zeros, and refuses what follows them', async () => {
    const [table, more] = ['id,text\n1,one\n', '2,two\n'].map((text) => gzipSync(text));
    const padded = Buffer.concat([table ?? Buffer.of(), Buffer.alloc(512)]);
    write('t.csv.gz', padded);
    expect(await rows('t.csv.gz')).toEqual([['1', 'one']]);
    write('t.csv.gz', Buffer.concat([padded, more ?? Buffer.of()]));
    await expect(rows('t.csv.gz')).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
  });

  describe('a glob', () => {
    it('reads all files as one table, whatever their format and the order of their columns', async () => {
      write('part-1.csv', 'id,text\n1,one\n');
      write('part-2.csv.gz', gzipSync('text,id\ntwo,2\n'));
      write('part-3.jsonl', '{"id":"3","text":"three"}\n');
      write('part-[4].csv', 'id,text\n4,four\n');
      expect(await discover('part-*')).toMatchObject({ name: 'part', rows: 4, keyColumns: ['id'] });
      expect(await rows('part-*')).toEqual([
        ['1', 'one'],
        ['2', 'two'],
        ['3', 'three'],
        ['4', 'four'],
      ]);
    });

    it('takes folders before the pattern by their names', async () => {
      mkdirSync(join(folder, '[2024] {a,b}', 'x'), { recursive: true });
      write('[2024] {a,b}/x/s1.csv', 'id,text\n1,one\n');
      expect(await rows('[2024] {a,b}/*/s*.csv')).toEqual([['1', 'one']]);
    });

    it.skipIf(process.getuid?.() === 0).each(['*/*.csv', '**/*.csv', '*/sub/*.csv'])(
      'does not take the rows of a folder without permission for gone: %s (skipped for root, who may read everything)',
      async (pattern) => {
        for (const path of ['a', 'a/sub', 'b', 'b/sub']) {
          mkdirSync(join(folder, path));
          write(`${path}/t.csv`, 'id,text\n1,one\n');
        }
        await open(pattern);
        for (const mode of [0o400, 0o100]) {
          chmodSync(join(folder, 'b'), mode);
          await expect(open(pattern)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
        }
        chmodSync(join(folder, 'b'), 0o700);
      },
    );

    it('does not take the rows of a file that a link lost for gone', async () => {
      write('a.csv', 'id,text\n1,one\n');
      symlinkSync(join(folder, 'nowhere'), join(folder, 'b.csv'));
      await expect(open('*.csv')).rejects.toMatchObject({
        code: 'SOURCE_NOT_FOUND',
        details: { path: join(folder, 'b.csv') },
      });
    });

    it('proves the key over all files', async () => {
      write('a.csv', 'id,text\n1,one\n');
      write('b.csv', 'id,text\n1,uno\n');
      expect(await discover('*.csv')).toMatchObject({ keyColumns: [], selected: false });
      await expect(rows('*.csv')).rejects.toMatchObject({
        code: 'KEY_NOT_UNIQUE',
        details: { duplicates: [{ key: '1', rows: 2 }] },
      });
    });

    it('refuses files that are not one table, and what is no data', async () => {
      write('a.csv', 'id,text\n1,one\n');
      write('b.csv', 'id,title\n2,two\n');
      await expect(discover('*.csv')).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(/b\.csv: lacks the column "text" that .*a\.csv has/),
      });
      await expect(rows('*.csv')).rejects.toMatchObject({ code: 'COLUMN_UNKNOWN' });
      write('readme.md', '# Not data');
      await expect(open('*')).rejects.toMatchObject({ code: 'SOURCE_KIND_UNKNOWN' });
      await expect(open('*.parquet')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    });

    it('names the one file that cannot be read, when it is discovered, too', async () => {
      write('a.csv', 'id,text\n1,one\n');
      write('b.csv', 'id,text\n2,two,2\n');
      await expect(discover('*.csv')).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        details: { path: join(folder, 'b.csv'), line: 2 },
      });
    });

    it('sees files that come and go', async () => {
      write('a.csv', 'id,text\n1,one\n');
      const reader = await read('*.csv');
      expect(await reader.count()).toBe(1);
      write('b.csv', 'id,text\n2,two\n');
      expect((await readAll(reader, 10)).map((row) => row.values[0])).toEqual(['one', 'two']);
      rmSync(join(folder, 'a.csv'));
      expect(await reader.fetch([[textPart('1')]], true)).toEqual([null]);
      rmSync(join(folder, 'b.csv'));
      await expect(reader.count()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    });
  });

  describe('changes', () => {
    it('are found by content, not by time', async () => {
      write('t.csv', 'id,text\n1,one\n');
      const connector = await open('t.csv');
      const before = await connector.changeToken();
      utimesSync(join(folder, 't.csv'), new Date(0), new Date(0));
      expect(await connector.changeToken()).toBe(before);
      write('new.csv', 'id,text\n1,one\n');
      renameSync(join(folder, 'new.csv'), join(folder, 't.csv'));
      expect(await connector.changeToken()).toBe(before);
    });

    it('are found where size and time of modification stay', async () => {
      const path = join(folder, 't.csv');
      write('t.csv', 'id,text\n1,one\n');
      const reader = await read('t.csv');
      await reader.count();
      const { atime, mtime } = statSync(path);
      write('t.csv', 'id,text\n1,two\n');
      utimesSync(path, atime, mtime);
      expect((await reader.fetch([[textPart('1')]], true))[0]?.values).toEqual(['two']);
    });

    it('of a file that grows while it is read are told as such', async () => {
      write('t.csv', 'id,text\n');
      const reader = await read('t.csv');
      let lines = 0;
      const writer = setInterval(() => {
        const added = Array.from({ length: 500 }, () => `${(lines += 1)},some text\n`);
        appendFileSync(join(folder, 't.csv'), added.join(''));
      }, 2);
      try {
        for (let attempt = 0; attempt < 5; attempt++) {
          const seen = await reader.count().catch((error: unknown) => error);
          if (typeof seen !== 'number') expect(seen).toMatchObject({ code: 'SOURCE_BUSY' });
        }
      } finally {
        clearInterval(writer);
      }
    });

    it('that break a file stop with an error, and the next whole file is read', async () => {
      write('t.csv', 'id,text\n1,one\n2,two\n');
      const reader = await read('t.csv');
      expect(await reader.count()).toBe(2);
      write('t.csv', 'id,text\n1,one\n2');
      await expect(reader.page(null, 10)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
      await expect(reader.fetch([[textPart('2')]], true)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
      write('t.csv', 'id,text\n1,one\n2,dos\n');
      expect((await readAll(reader, 10)).map((row) => row.values[0])).toEqual(['one', 'dos']);
    });
  });

  it('removes what killed processes left in the temporary folder, and nothing that is in use', async () => {
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = join(folder, 'tmp');
    try {
      mkdirSync(join(folder, 'tmp', 'plumbline-files-killed'), { recursive: true });
      write('tmp/plumbline-files-killed/owner.db', '');
      write('tmp/plumbline-files-killed/copy-1', 'rows');
      mkdirSync(join(folder, 'tmp', 'plumbline-files-starting'));
      mkdirSync(join(folder, 'tmp', 'another-program'));
      write('t.csv.gz', gzipSync('id,text\n1,one\n'));
      const inUse = await read('t.csv.gz');
      const temporary = () => readdirSync(join(folder, 'tmp')).toSorted();
      expect(temporary()).toHaveLength(4);
      const longAgo = new Date(Date.now() - 3_600_000);
      for (const name of temporary()) utimesSync(join(folder, 'tmp', name), longAgo, longAgo);
      await open('t.csv.gz');
      expect(temporary()).toHaveLength(4);
      expect(temporary()).not.toContain('plumbline-files-killed');
      expect(await inUse.count()).toBe(1);
      for (const opened of sources.splice(0)) await opened.close();
      expect(temporary()).toEqual(['another-program', 'plumbline-files-starting']);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  describe('keys', () => {
    it.each([
      ['an id, wherever it stands', 'title,book_id\nx,1\ny,2\n', ['book_id']],
      ['the likelier of two names', 'isbn,id,title\na,1,x\nb,2,y\n', ['id']],
      ['the next one where values repeat', 'id,isbn\n1,a\n1,b\n', ['isbn']],
      ['the next one where a value is missing', 'id,isbn\n1,a\n,b\n', ['isbn']],
      ['the first column', 'name,text\nx,a\ny,b\n', ['name']],
      ['none where only others are unique', 'name,text\nx,a\nx,b\n', []],
    ])('suggests %s', async (_title, content, keyColumns) => {
      write('t.csv', content);
      expect((await discover('t.csv')).keyColumns).toEqual(keyColumns);
    });
  });

  it(
    'reads records far beyond the usual length, and refuses ones beyond 64 MB',
    { timeout: 60_000 },
    async () => {
      const long = 'x'.repeat(9_000_000);
      write('t.csv', `id,text\n1,a\n2,${long}\n3,b\n`);
      expect((await rows('t.csv')).map(([, value]) => String(value).length)).toEqual([1, long.length, 1]);
      expect(await discover('t.csv')).toMatchObject({ rows: 3, keyColumns: ['id'] });
      write('t.jsonl', `{"id":1,"text":"a"}\n{"id":2,"text":"${long}"}\n`);
      expect((await rows('t.jsonl')).map(([, value]) => String(value).length)).toEqual([1, long.length]);
      write('t.csv', `id,text\n1,${'x'.repeat(70_000_000)}\n`);
      await expect(rows('t.csv')).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringContaining('longer than 64 MB'),
      });
    },
  );

  it('says in a filter what a text that is no number needs', async () => {
    write('t.csv', 'id,text\n1,7\n2,n/a\n');
    await expect(read('t.csv', { filter: 'text > 5' })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      message: expect.stringContaining('explicit cast'),
    });
    await expect(rows('t.csv', { filter: 'CAST(text AS INTEGER) > 5' })).rejects.toMatchObject({
      code: 'SOURCE_QUERY_FAILED',
      hint: expect.stringContaining('TRY_CAST'),
    });
    expect(await rows('t.csv', { filter: 'TRY_CAST(text AS INTEGER) > 5' })).toEqual([['1', '7']]);
  });

  it('lets calls that come at once wait for each other', async () => {
    write('t.csv', `id,text\n${Array.from({ length: 3000 }, (_, i) => `${i},text ${i}\n`).join('')}`);
    const reader = await read('t.csv');
    const [count, page, fetched, found] = await Promise.all([
      reader.count(),
      reader.page(null, 5),
      reader.fetch([[textPart('7')]], true),
      source?.discover(),
    ]);
    expect([count, page.length, fetched[0]?.values, found?.[0]?.rows]).toEqual([3000, 5, ['text 7'], 3000]);
  });
});
