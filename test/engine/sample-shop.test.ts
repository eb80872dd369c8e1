import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mutateShop, SHOP_TABLES, writeSampleShop, type ShopTable } from '../../engine/sample/shop.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-shop-'));
const shop = join(folder, 'shop.sqlite');
const ROWS = 10_000;
const TEXT = { customers: 'notes', products: 'description', orders: 'comment', reviews: 'body' } as const;

beforeAll(async () => {
  await writeSampleShop(shop, { rows: ROWS });
});
afterAll(() => rmSync(folder, { recursive: true }));

function open<T>(path: string, use: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return use(db);
  } finally {
    db.close();
  }
}

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Every row of a table, as JSON by external key. */
function snapshot(path: string, table: ShopTable): Map<string, string> {
  const key = {
    customers: 'id',
    products: 'sku',
    orders: 'id',
    reviews: 'json_array(product_sku, customer_id)',
  }[table];
  return open(path, (db) => {
    const rows = db.prepare(`SELECT CAST(${key} AS TEXT) AS externalKey, * FROM ${table}`).all() as {
      externalKey: string;
    }[];
    return new Map(rows.map((row) => [row.externalKey, JSON.stringify(row)]));
  });
}

function expectSound(path: string): void {
  open(path, (db) => {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  });
}

describe('writing', () => {
  test('the same seed gives the same file, another seed another', async () => {
    const paths = [1, 1, 2].map((_, index) => join(folder, `seed-${index}.sqlite`));
    for (const [index, seed] of [1, 1, 2].entries())
      await writeSampleShop(paths[index] ?? '', { rows: 2_000, seed });
    const [first, again, other] = paths.map(hashOf);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test.each([2_000, 2_003, 7_777])('%i rows are exactly that many', async (rows) => {
    const path = join(folder, `rows-${rows}.sqlite`);
    const progress: number[] = [];
    const summary = await writeSampleShop(path, { rows, onProgress: (now) => progress.push(now.rows) });
    const counts = open(path, (db) =>
      SHOP_TABLES.map((table) => [table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]),
    );
    expect(Object.fromEntries(counts)).toEqual(summary.rows);
    expect(Object.values(summary.rows).reduce((sum, count) => sum + count)).toBe(rows);
    expect(progress.at(-1)).toBe(rows);
    expectSound(path);
  });

  test.each(Object.entries(TEXT))('%s.%s is varied, with some repeats and some NULLs', (table, column) => {
    const [total, filled, distinct] = open(shop, (db) =>
      db.prepare(`SELECT count(*), count(${column}), count(DISTINCT ${column}) FROM ${table}`).raw().get(),
    ) as [number, number, number];
    expect(filled).toBeLessThan(total);
    expect(distinct / filled).toBeGreaterThan(0.85);
    expect(distinct / filled).toBeLessThan(0.99);
  });

  test('descriptions hold HTML and plain text, some of them long; names go beyond ASCII', () => {
    const count = (where: string, table = 'products'): number =>
      open(shop, (db) => Number(db.prepare(`SELECT count(*) FROM ${table} WHERE ${where}`).pluck().get()));
    expect(count(`description LIKE '<%'`)).toBeGreaterThan(200);
    expect(count(`description LIKE '%&%;%'`)).toBeGreaterThan(20);
    expect(count(`description NOT LIKE '%<%'`)).toBeGreaterThan(500);
    expect(count('length(description) > 1500')).toBeGreaterThan(20);
    expect(count('length(name) < length(CAST(name AS BLOB))', 'customers')).toBeGreaterThan(100);
  });

  test('no text shows its grammar', () => {
    for (const [table, column] of Object.entries(TEXT)) {
      const texts = open(shop, (db) =>
        db.prepare(`SELECT ${column} FROM ${table}`).pluck().all(),
      ) as string[];
      for (const text of texts)
        if (text !== null) expect(text).not.toMatch(/[{}]|undefined|null|^\s|\s$|[^\n] {2}/);
    }
  });

  test('an existing file is kept unless it may be replaced', async () => {
    const path = join(folder, 'precious.sqlite');
    writeFileSync(path, 'precious');
    await expect(writeSampleShop(path, { rows: 2_000 })).rejects.toMatchObject({ code: 'SAMPLE_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    await writeSampleShop(path, { rows: 2_000, overwrite: true });
    expectSound(path);
  });

  test('a journal left by an old database is not taken for the new one', async () => {
    const path = join(folder, 'journal.sqlite');
    writeFileSync(`${path}-wal`, 'old');
    await expect(writeSampleShop(path, { rows: 2_000 })).rejects.toMatchObject({ code: 'SAMPLE_EXISTS' });
    await writeSampleShop(path, { rows: 2_000, overwrite: true });
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('abort leaves nothing behind', async () => {
    const path = join(folder, 'aborted.sqlite');
    const abort = new AbortController();
    const writing = writeSampleShop(path, {
      rows: 50_000,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(folder).filter((name) => name.startsWith('aborted'))).toEqual([]);
  });

  test.each([1_999, 1_000_001, 2_000.5, NaN])('%d rows are refused', async (rows) => {
    const writing = writeSampleShop(join(folder, 'refused.sqlite'), { rows });
    await expect(writing).rejects.toMatchObject({ code: 'SAMPLE_ROWS_INVALID', exitCode: 2 });
  });

  test('a missing folder is named', async () => {
    const writing = writeSampleShop(join(folder, 'no', 'shop.sqlite'), { rows: 2_000 });
    await expect(writing).rejects.toMatchObject({ code: 'SAMPLE_FOLDER_MISSING' });
  });
});

describe('mutateShop', () => {
  test.each(SHOP_TABLES)('%s: reports exactly what changed', (table) => {
    const before = snapshot(shop, table);
    const others = SHOP_TABLES.filter((name) => name !== table).map((name) => snapshot(shop, name));
    const { inserted, updated, deleted } = mutateShop(shop, { table, inserts: 17, updates: 23, deletes: 31 });
    const after = snapshot(shop, table);

    expect([inserted.length, updated.length, deleted.length]).toEqual([17, 23, 31]);
    expect([...after.keys()].filter((key) => !before.has(key)).sort()).toEqual([...inserted].sort());
    expect([...before.keys()].filter((key) => !after.has(key)).sort()).toEqual([...deleted].sort());
    const changed = [...after]
      .filter(([key, row]) => before.has(key) && before.get(key) !== row)
      .map(([key]) => key);
    expect(changed.sort()).toEqual([...updated].sort());
    for (const key of updated) {
      const text = (row: string | undefined): unknown =>
        (JSON.parse(row ?? '{}') as Record<string, unknown>)[TEXT[table]];
      expect(text(after.get(key))).toMatch(/\w/);
      expect(text(after.get(key))).not.toBe(text(before.get(key)));
    }
    expect(SHOP_TABLES.filter((name) => name !== table).map((name) => snapshot(shop, name))).toEqual(others);
    expectSound(shop);
  });

  test('another seed changes other rows, the same seed on the same shop the same', async () => {
    const updatedWith = async (seed: number): Promise<string[]> => {
      const path = join(folder, 'mutated.sqlite');
      await writeSampleShop(path, { rows: 2_000, overwrite: true });
      return mutateShop(path, { table: 'orders', inserts: 0, updates: 10, deletes: 0, seed }).updated;
    };
    expect(await updatedWith(5)).toEqual(await updatedWith(5));
    expect(await updatedWith(5)).not.toEqual(await updatedWith(6));
  });

  test('too many changes are refused and nothing is changed', () => {
    const before = hashOf(shop);
    const mutate = (): unknown =>
      mutateShop(shop, { table: 'products', inserts: 1, updates: 0, deletes: ROWS });
    expect(mutate).toThrow(expect.objectContaining({ code: 'SAMPLE_TOO_FEW_ROWS' }));
    expect(hashOf(shop)).toBe(before);
  });

  test('a file that is no sample shop is refused', () => {
    const path = join(folder, 'other.sqlite');
    const mutate = (): unknown => mutateShop(path, { table: 'orders', inserts: 1, updates: 0, deletes: 0 });
    expect(mutate).toThrow(expect.objectContaining({ code: 'SAMPLE_INVALID' }));
    expect(existsSync(path)).toBe(false);
    new Database(path).exec('CREATE TABLE customers (id)').close();
    expect(mutate).toThrow(expect.objectContaining({ code: 'SAMPLE_INVALID' }));
  });
});

describe('scripts/sample.ts', () => {
  const script = new URL('../../scripts/sample.ts', import.meta.url).pathname;
  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

  test('writes a shop and says what is in it', () => {
    const out = join(folder, 'cli.sqlite');
    const { status, stdout, stderr } = run('--rows', '2000', '--out', out, '--seed', '3');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`Wrote ${out}: 400 customers, 200 products, 900 orders, 500 reviews.\n`);
  });

  test.each([
    [[], '--out is missing'],
    [['--out', shop], 'exists already'],
    [['--out', shop, '--rows', 'many'], '--rows takes a whole number, not "many"'],
    [['--out', shop, '--rows', '5'], 'from 2000 to 1000000'],
    [['--owt', shop], '--owt'],
  ])('%j is refused with exit code 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
