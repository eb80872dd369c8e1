/**
 * What every connector must do. A connector's test file calls {@link sourceCases} with a way to make a database of its
 * kind; cases that a kind cannot have are skipped with the reason it gives.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Buckets, BucketSums } from '../../engine/bucket-sums.ts';
import { rowChecksum } from '../../engine/checksum.ts';
import {
  blobPart,
  encodeKey,
  formatKey,
  integerPart,
  textPart,
  type Key,
  type KeyPart,
} from '../../engine/key.ts';
import type { EntityReader, ReadSpec, SourceConnector, SourceRow } from '../../engine/sources/source.ts';
import { invalidText, nullPart, readAll } from '../support/source-rows.ts';

export interface FixtureTable {
  readonly name: string;
  /** `any` holds values of every storage class where the database has such columns. */
  readonly columns: readonly { name: string; type: 'text' | 'integer' | 'blob' | 'any'; notNull?: boolean }[];
  /** Primary key columns, in key order; without it the table has no key. */
  readonly key?: readonly string[];
  readonly rows: readonly (readonly KeyPart[])[];
}

/** A database to read, and another program's hand on it. */
export interface SourceFixture {
  createTable(table: FixtureTable): Promise<void> | void;
  /** A view of all rows and columns of a table. */
  createView(name: string, table: string): Promise<void> | void;
  insert(table: string, rows: readonly (readonly KeyPart[])[]): Promise<void> | void;
  deleteKey(table: string, column: string, value: KeyPart): Promise<void> | void;
  open(): Promise<SourceConnector>;
  dispose(): Promise<void> | void;
}

/** Abilities that not every kind of source has. `declaredKeys`: a table says itself what its key is; `ownNames`: it
 * has a name of its own. */
export type SourceAbility =
  | 'nullKeys'
  | 'invalidText'
  | 'nulInText'
  | 'mixedTypes'
  | 'integers'
  | 'blobs'
  | 'declaredKeys'
  | 'keyless'
  | 'ownNames'
  | 'columnsWithoutRows'
  | 'views';

export function sourceCases(
  name: string,
  create: () => Promise<SourceFixture> | SourceFixture,
  skips: Partial<Record<SourceAbility, string>> = {},
): void {
  describe(`${name} is a source`, () => {
    let fixture: SourceFixture;
    let connector: SourceConnector | null;

    beforeEach(async () => {
      fixture = await create();
      connector = null;
    });
    afterEach(async () => {
      await connector?.close();
      await fixture.dispose();
    });

    const open = async () => (connector ??= await fixture.open());
    const read = async (spec: Partial<ReadSpec> & { entityType: string }): Promise<EntityReader> =>
      (await open()).openReader({ keyColumns: ['k'], columns: ['v'], filter: null, ...spec });
    const needs = (ability: SourceAbility, title: string, test: () => Promise<void>) => {
      const reason = skips[ability];
      if (reason === undefined) it(title, test);
      else it.skip(`${title} (skipped: ${reason})`, test);
    };
    /** A table `t` with one key column `k` and a text column `v` that repeats the key's place. */
    const keyed = (type: 'text' | 'integer' | 'blob' | 'any', keys: readonly KeyPart[]) =>
      fixture.createTable({
        name: 't',
        columns: [
          { name: 'k', type, notNull: true },
          { name: 'v', type: 'text' },
        ],
        key: ['k'],
        rows: keys.map((key, i) => [key, textPart(`row ${i}`)]),
      });
    const expectAllKeys = async (keys: readonly KeyPart[]) => {
      const reader = await read({ entityType: 't' });
      for (const limit of [1, 2, 100]) {
        const rows = await readAll(reader, limit);
        expect(rows.map((row) => encodeKey(row.key)).toSorted(Buffer.compare)).toEqual(
          keys.map((key) => encodeKey([key])).toSorted(Buffer.compare),
        );
      }
      const fetched = await reader.fetch(
        keys.map((key) => [key]),
        true,
      );
      expect(fetched.map((row) => row?.values)).toEqual(keys.map((_, i) => [`row ${i}`]));
      expect(fetched.map((row) => row && encodeKey(row.key))).toEqual(keys.map((key) => encodeKey([key])));
    };

    describe('keys', () => {
      it('tells text keys apart that differ only in case or a trailing space', async () => {
        const keys = ['a', 'A', 'a ', ' a', 'a  ', 'ä', 'a\u0308', ''].map(textPart);
        await keyed('text', keys);
        await expectAllKeys(keys);
      });

      it('reads keys with emoji, quotes, line breaks and backslashes', async () => {
        const keys = ['👩‍👩‍👧', `it's "so"`, 'a\nb', '\\', '%', '`', '{{k}}', '\ufeffbom', '𐁁'].map(textPart);
        await keyed('text', keys);
        await expectAllKeys(keys);
      });

      needs('nulInText', 'reads text keys with NUL', async () => {
        const keys = ['a', 'a\0', 'a\0b', '\0'].map(textPart);
        await keyed('text', keys);
        await expectAllKeys(keys);
      });

      needs('invalidText', 'tells text keys apart that are invalid in different ways', async () => {
        const keys = [invalidText(0xff), invalidText(0xfe), invalidText(0x61, 0xc3), textPart('\ufffd')];
        await keyed('text', keys);
        await expectAllKeys(keys);
      });

      needs('integers', 'reads negative and 64-bit integers in full', async () => {
        const keys = [
          0n,
          -1n,
          7n,
          2n ** 53n,
          2n ** 53n + 1n,
          2n ** 63n - 1n,
          2n ** 63n - 2n,
          -(2n ** 63n),
        ].map(integerPart);
        await keyed('integer', keys);
        await expectAllKeys(keys);
      });

      needs('blobs', 'reads UUID blobs, and blobs that are prefixes of others', async () => {
        const uuid = Buffer.from('0d9f0b0e6f3b4c6c9d0c4e6b1a2f3c4d', 'hex');
        const keys = [uuid, Buffer.from(uuid).fill(0), uuid.subarray(0, 15), Buffer.alloc(0), Buffer.of(255)];
        await keyed('blob', keys.map(blobPart));
        await expectAllKeys(keys.map(blobPart));
      });

      needs('mixedTypes', 'tells values of different types apart in one column', async () => {
        const keys: KeyPart[] = [
          integerPart(7),
          textPart('7'),
          blobPart(Buffer.from('7')),
          { type: 'real', value: 7.5 },
          textPart('7.5'),
          textPart('7x'),
          textPart(''),
          blobPart(Buffer.alloc(0)),
        ];
        await keyed('any', keys);
        await expectAllKeys(keys);
      });

      needs('integers', 'reads composite keys, each page after the last', async () => {
        const rows = ['a', 'b', 'B', 'c'].flatMap((text) =>
          [-2, 0, 1, 5].map((n) => [textPart(text), integerPart(n), textPart(`${text}${n}`)]),
        );
        await fixture.createTable({
          name: 'pairs',
          columns: [
            { name: 'a', type: 'text', notNull: true },
            { name: 'b', type: 'integer', notNull: true },
            { name: 'v', type: 'text' },
          ],
          key: ['b', 'a'],
          rows,
        });
        const [found] = await (await open()).discover();
        if (skips.declaredKeys === undefined) expect(found?.keyColumns).toEqual(['b', 'a']);
        for (const keyColumns of [
          ['a', 'b'],
          ['b', 'a'],
        ]) {
          const reader = await read({ entityType: 'pairs', keyColumns, columns: ['a', 'b', 'v'] });
          for (const limit of [1, 3, 100]) {
            const read = await readAll(reader, limit);
            expect(read.map((row) => row.values[2]).toSorted()).toEqual(
              rows.map((row) => text(row[2])).toSorted(),
            );
            for (const row of read) {
              expect(formatKey(row.key)).toBe(
                keyColumns[0] === 'a'
                  ? `[${JSON.stringify(row.values[0])},${row.values[1]}]`
                  : `[${row.values[1]},${JSON.stringify(row.values[0])}]`,
              );
            }
          }
        }
      });

      needs('nullKeys', 'delivers rows with NULL in the key apart from the others', async () => {
        await fixture.createTable({
          name: 't',
          columns: [
            { name: 'k', type: 'text' },
            { name: 'v', type: 'text' },
          ],
          key: ['k'],
          rows: [
            [nullPart, textPart('first')],
            [textPart('x'), textPart('row')],
            [nullPart, textPart('second')],
            [nullPart, textPart('third')],
          ],
        });
        const reader = await read({ entityType: 't' });
        expect(await reader.count()).toBe(4);
        expect((await readAll(reader, 2)).map((row) => row.values)).toEqual([['row']]);
        const nulls = [...(await reader.nullKeyRows(0, 2)), ...(await reader.nullKeyRows(2, 2))];
        expect(nulls.map((row) => row.values[0]).toSorted()).toEqual(['first', 'second', 'third']);
        expect(nulls.every((row) => row.key[0]?.type === 'null')).toBe(true);
        expect(await reader.fetch([[nullPart]], true)).toEqual([null]);
      });
    });

    describe('fetch', () => {
      it('answers in the order asked, null for keys that are not there, repeats included', async () => {
        await keyed('text', ['a', 'b', 'c'].map(textPart));
        const reader = await read({ entityType: 't' });
        const keys: Key[] = [
          [textPart('c')],
          [textPart('nope')],
          [textPart('a')],
          [textPart('c')],
          [textPart('A')],
        ];
        const rows = await reader.fetch(keys, true);
        expect(rows.map((row) => row?.values[0] ?? null)).toEqual(['row 2', null, 'row 0', 'row 2', null]);
      });

      it('sees what others wrote since', async () => {
        await keyed('text', ['a', 'b'].map(textPart));
        const reader = await read({ entityType: 't' });
        await readAll(reader, 10);
        await fixture.deleteKey('t', 'k', textPart('a'));
        await fixture.insert('t', [[textPart('n'), textPart('new')]]);
        const rows = await reader.fetch([[textPart('a')], [textPart('n')]], true);
        expect(rows.map((row) => row?.values[0] ?? null)).toEqual([null, 'new']);
      });
    });

    const describeKeyless = skips.keyless === undefined ? describe : describe.skip;
    const unless = skips.keyless === undefined ? '' : ` (skipped: ${skips.keyless})`;
    describeKeyless(`tables without a key, and views${unless}`, () => {
      const table = (rows: readonly (readonly KeyPart[])[]) =>
        fixture.createTable({
          name: 'loose',
          columns: [
            { name: 'k', type: 'text' },
            { name: 'v', type: 'text' },
          ],
          rows,
        });
      const rows = ['b', 'a', 'A', 'a '].map((k) => [textPart(k), textPart(`${k}!`)]);

      needs('declaredKeys', 'lists them, not selected, with the remedy', async () => {
        await table(rows);
        await fixture.createView('seen', 'loose');
        const found = await (await open()).discover();
        expect(found.map(({ name, kind, rows, selected }) => ({ name, kind, rows, selected }))).toEqual([
          { name: 'loose', kind: 'table', rows: 4, selected: false },
          { name: 'seen', kind: 'view', rows: 4, selected: false },
        ]);
        for (const type of found) expect(type.reason).toMatch(/key: \[/);
      });

      it('refuses to read them until a key is declared', async () => {
        await table(rows);
        await expect(read({ entityType: 'loose', keyColumns: [] })).rejects.toMatchObject({
          code: 'KEY_MISSING',
          hint: expect.stringContaining('plumbline.yaml'),
        });
      });

      const both = skips.views === undefined ? ['loose', 'seen'] : ['loose'];
      it.each(both)('reads %s by a declared key, like any other', async (entityType) => {
        await table(rows);
        if (skips.views === undefined) await fixture.createView('seen', 'loose');
        const reader = await read({ entityType });
        await reader.proveKey();
        for (const limit of [1, 3, 10]) {
          expect((await readAll(reader, limit)).map((row) => row.values[0]).toSorted()).toEqual(
            rows.map((row) => text(row[1])).toSorted(),
          );
        }
        const keys: Key[] = rows.map(([k]) => [k ?? nullPart]);
        for (const fresh of [true, false]) {
          const fetched = await reader.fetch([...keys, [textPart('nope')]], fresh);
          expect(fetched.map((row) => row?.values[0] ?? null)).toEqual(['b!', 'a!', 'A!', 'a !', null]);
        }
      });

      it('continues after a key in a reader that has not read what is before it', async () => {
        await table(rows);
        const first = await (await read({ entityType: 'loose' })).page(null, 2);
        const rest = await (await read({ entityType: 'loose' })).page(first.at(-1)?.key ?? null, 10);
        expect([...first, ...rest].map((row) => row.values[0]).toSorted()).toEqual(['A!', 'a !', 'a!', 'b!']);
      });

      it('proves a declared key unique, or names up to three duplicates', async () => {
        const twice = ['p', 'q', 'r', 's'].flatMap((k) => [
          [textPart(k), textPart('one')],
          [textPart(k), textPart('two')],
        ]);
        await table([...rows, ...twice, [nullPart, textPart('n')], [nullPart, textPart('n')]]);
        const reader = await read({ entityType: 'loose' });
        await expect(reader.proveKey()).rejects.toMatchObject({
          code: 'KEY_NOT_UNIQUE',
          details: { duplicates: expect.objectContaining({ length: 3 }) },
        });
        const unique = await read({ entityType: 'loose', filter: `v <> 'two'` });
        await unique.proveKey();
      });

      it('delivers rows with NULL in a declared key apart from the others', async () => {
        await table([...rows, [nullPart, textPart('n1')], [nullPart, textPart('n2')]]);
        const reader = await read({ entityType: 'loose' });
        await reader.proveKey();
        expect(await readAll(reader, 3)).toHaveLength(4);
        expect((await reader.nullKeyRows(0, 10)).map((row) => row.values[0]).toSorted()).toEqual([
          'n1',
          'n2',
        ]);
        expect(await reader.nullKeyRows(2, 10)).toEqual([]);
      });

      it('sees new rows in the next scan', async () => {
        await table(rows);
        const reader = await read({ entityType: 'loose' });
        expect(await readAll(reader, 2)).toHaveLength(4);
        await fixture.insert('loose', [[textPart('z'), textPart('z!')]]);
        expect(await readAll(reader, 2)).toHaveLength(5);
      });
    });

    describe('values', () => {
      needs('columnsWithoutRows', 'reads an empty table', async () => {
        await keyed('text', []);
        const reader = await read({ entityType: 't' });
        expect(await reader.count()).toBe(0);
        expect(await reader.page(null, 10)).toEqual([]);
        expect((await (await open()).discover())[0]).toMatchObject({
          rows: 0,
          keyColumns: ['k'],
          sampleRows: [],
        });
      });

      needs('blobs', 'reads NULL, empty, and every type of value', async () => {
        await fixture.createTable({
          name: 't',
          columns: [
            { name: 'k', type: 'integer', notNull: true },
            { name: 'v', type: 'text' },
            { name: 'n', type: 'integer' },
            { name: 'b', type: 'blob' },
          ],
          key: ['k'],
          rows: [
            [integerPart(1), nullPart, nullPart, nullPart],
            [integerPart(2), textPart(''), integerPart(0), blobPart(Buffer.alloc(0))],
            [integerPart(3), textPart('é'), integerPart(2n ** 63n - 1n), blobPart(Buffer.of(0, 255))],
          ],
        });
        const reader = await read({ entityType: 't', columns: ['b', 'v', 'n'] });
        expect((await readAll(reader, 2)).map((row) => row.values)).toEqual([
          [null, null, null],
          [Buffer.alloc(0), '', 0n],
          [Buffer.of(0, 255), 'é', 2n ** 63n - 1n],
        ]);
      });

      it('reads a 5 MB cell, and ends a page early rather than hold many of them', async () => {
        const big = 'x'.repeat(5_000_000);
        await fixture.createTable({
          name: 't',
          columns: [
            { name: 'k', type: 'integer', notNull: true },
            { name: 'v', type: 'text' },
          ],
          key: ['k'],
          rows: [1, 2, 3, 4].map((k) => [integerPart(k), textPart(big)]),
        });
        const reader = await read({ entityType: 't' });
        expect(await reader.page(null, 100)).toHaveLength(2);
        expect((await readAll(reader, 100)).map((row) => row.values[0] === big)).toEqual([
          true,
          true,
          true,
          true,
        ]);
      });

      needs('invalidText', 'reads text that is not valid, with replacement characters', async () => {
        await fixture.createTable({
          name: 't',
          columns: [
            { name: 'k', type: 'integer', notNull: true },
            { name: 'v', type: 'text' },
          ],
          key: ['k'],
          rows: [[integerPart(1), invalidText(0x61, 0xff, 0x62)]],
        });
        const reader = await read({ entityType: 't' });
        expect((await reader.page(null, 1))[0]?.values).toEqual(['a\ufffdb']);
      });
    });

    describe('names', () => {
      const names = [
        'two words',
        'qu"ote',
        "it's",
        'select',
        'a.b',
        'a]b',
        '[x]',
        'ünï ☃',
        'semi;--',
        '__proto__',
        '`',
      ];
      it.each(names)('reads table, key and column named %s', async (odd) => {
        await fixture.createTable({
          name: odd,
          columns: [
            { name: odd, type: 'text', notNull: true },
            { name: `${odd} 2`, type: 'text' },
          ],
          key: [odd],
          rows: ['x', 'y'].map((k) => [textPart(k), textPart(`some ${k}`)]),
        });
        if (skips.views === undefined) await fixture.createView(`${odd} view`, odd);
        const [found] = await (await open()).discover();
        expect(found).toMatchObject({
          name: odd,
          keyColumns: [odd],
          textColumns: [`${odd} 2`],
          selected: true,
        });
        for (const entityType of skips.views === undefined ? [odd, `${odd} view`] : [odd]) {
          const reader = await read({ entityType, keyColumns: [odd], columns: [`${odd} 2`, odd] });
          await reader.proveKey();
          expect((await readAll(reader, 1)).map((row) => row.values)).toEqual([
            ['some x', 'x'],
            ['some y', 'y'],
          ]);
          expect((await reader.fetch([[textPart('y')]], true))[0]?.values).toEqual(['some y', 'y']);
        }
      });
    });

    describe('specs', () => {
      beforeEach(() => keyed('text', ['a', 'b', 'c'].map(textPart)));

      needs('ownNames', 'names the nearest table or column for one that is unknown', async () => {
        await expect(read({ entityType: 'T' })).rejects.toMatchObject({
          code: 'ENTITY_TYPE_UNKNOWN',
          hint: 'Did you mean "t"?',
          exitCode: 2,
        });
        await expect(read({ entityType: 't', columns: ['V'] })).rejects.toMatchObject({
          code: 'COLUMN_UNKNOWN',
          hint: 'Did you mean "v"?',
        });
        await expect(read({ entityType: 't', keyColumns: ['nothing like it'] })).rejects.toMatchObject({
          code: 'COLUMN_UNKNOWN',
          hint: expect.stringContaining('k, v'),
        });
      });

      it('applies the filter to count, pages and lookups', async () => {
        const reader = await read({ entityType: 't', filter: `v <> 'row 1' OR v IS NULL -- not the second` });
        expect(await reader.count()).toBe(2);
        expect((await readAll(reader, 1)).map((row) => row.values[0])).toEqual(['row 0', 'row 2']);
        const rows = await reader.fetch([[textPart('b')], [textPart('c')]], true);
        expect(rows.map((row) => row?.values[0] ?? null)).toEqual([null, 'row 2']);
      });

      it.each(['nope = 1', 'v = ', ') OR (1', 'v = 1; DELETE FROM t', 'v = ?', 'count(*) > 1'])(
        'refuses the filter %s',
        async (filter) => {
          await expect(read({ entityType: 't', filter })).rejects.toMatchObject({
            code: 'FILTER_INVALID',
            hint: expect.any(String),
          });
        },
      );
    });

    describe('beside writers', () => {
      it('shows every row that stays exactly once, whatever comes and goes during the scan', async () => {
        const keys = Array.from({ length: 50 }, (_, i) => textPart(`k${String(i).padStart(2, '0')}`));
        await keyed('text', keys);
        const reader = await read({ entityType: 't' });
        const rows: SourceRow[] = [];
        for (let round = 0; ; round++) {
          const page = await reader.page(rows.at(-1)?.key ?? null, 4);
          if (page.length === 0) break;
          rows.push(...page);
          if (round > 12) continue;
          await fixture.insert('t', [[textPart(`k${String(round * 3).padStart(2, '0')}+`), textPart('new')]]);
          await fixture.deleteKey('t', 'k', textPart(`k${String(49 - round).padStart(2, '0')}`));
        }
        const seen = rows.map((row) => formatKey(row.key));
        expect(new Set(seen).size).toBe(seen.length);
        for (let i = 0; i < 37; i++) expect(seen).toContain(`k${String(i).padStart(2, '0')}`);
      });

      it('has a change token that moves with every commit of others, and only then', async () => {
        await keyed('text', [textPart('a')]);
        const source = await open();
        const before = await source.changeToken();
        const reader = await read({ entityType: 't' });
        await reader.proveKey();
        await readAll(reader, 10);
        expect(await source.changeToken()).toBe(before);
        await fixture.insert('t', [[textPart('b'), textPart('b')]]);
        expect(await source.changeToken()).not.toBe(before);
      });

      it('keeps its identity', async () => {
        await keyed('text', [textPart('a')]);
        const source = await open();
        const before = await source.identity();
        await fixture.insert('t', [[textPart('b'), textPart('b')]]);
        expect(await source.identity()).toBe(before);
      });
    });

    needs(
      'blobs',
      'sums up the same checksums as we compute, and reads the rows of chosen buckets, where it can at all',
      async () => {
        const numbers = Array.from({ length: 300 }, (_, i) => i - 100);
        await fixture.createTable({
          name: 't',
          columns: [
            { name: 'k', type: 'text', notNull: true },
            { name: 'n', type: 'integer', notNull: true },
            { name: 'v', type: 'text' },
            { name: 'b', type: 'blob' },
          ],
          key: ['k', 'n'],
          rows: numbers.map((n) => [
            textPart(`ké 🦊${n % 7} `),
            integerPart(n === 0 ? 2n ** 63n - 1n : n),
            n % 5 === 0 ? nullPart : textPart(n % 3 === 0 ? '' : `"row" ${n}\\`),
            n % 4 === 0 ? nullPart : blobPart(Buffer.from(n % 8 === 1 ? '' : `\0${n}`)),
          ]),
        });
        const spec = { entityType: 't', keyColumns: ['n', 'k'], columns: ['v', 'n', 'b', 'k'] };
        const reader = await read({ ...spec, filter: 'n > -99' });
        if (reader.sums === undefined) return;
        const ours = new BucketSums(5);
        const checksumOf = (row: SourceRow) => rowChecksum(encodeKey(row.key), row.values);
        const rows = await readAll(reader, 100);
        expect(rows).toHaveLength(298);
        for (const row of rows) ours.add(checksumOf(row));
        const theirs = await reader.sums.read(5);
        expect(theirs?.counts).toEqual(ours.counts);
        expect(theirs?.sums).toEqual(ours.sums);
        const buckets = new Buckets(5);
        for (const bucket of [3, 8, 31]) buckets.add(bucket);
        const chosen: SourceRow[] = [];
        for (;;) {
          const page = await reader.sums.page(chosen.at(-1)?.key ?? null, 4, buckets);
          if (page.length === 0) break;
          chosen.push(...page);
        }
        const forms = (some: readonly SourceRow[]) => some.map((row) => formatKey(row.key)).toSorted();
        expect(forms(chosen)).toEqual(
          forms(rows.filter((row) => buckets.has(ours.bucketOf(checksumOf(row))))),
        );
      },
    );

    it('closes readers and itself more than once, in any order', async () => {
      await keyed('text', [textPart('a')]);
      const other = skips.views === undefined ? 'seen' : 't';
      if (skips.views === undefined) await fixture.createView('seen', 't');
      const source = await open();
      const readers = [await read({ entityType: 't' }), await read({ entityType: other })];
      for (const reader of readers) await readAll(reader, 1);
      await readers[0]?.close();
      await source.close();
      for (const reader of readers) await reader.close();
      await source.close();
    });
  });
}

const text = (part: KeyPart | undefined): string => (part === undefined ? '' : formatKey([part]));
