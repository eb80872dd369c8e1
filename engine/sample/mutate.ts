/** Changes to a sample shop behind the index's back, with keys known: what `validate` must find, exactly. */
import Database from 'better-sqlite3';
import { hasCode, PlumblineError } from '../errors.ts';
import { formatKey, integerPart, textPart } from '../key.ts';
import { Random } from './random.ts';
import {
  customerRow,
  orderRow,
  productOf,
  productRow,
  reviewRow,
  SHOP_APPLICATION_ID,
  SHOP_TABLES,
  type ShopProduct,
  type ShopRow,
  type ShopTable,
} from './rows.ts';
import { comment, describe, note, review } from './text.ts';

export interface ShopChange {
  table: ShopTable;
  inserts: number;
  updates: number;
  deletes: number;
  /** Another whole number changes other rows. */
  seed?: number;
}

/** External keys, as Plumbline prints them. No key is in two of the lists. */
export interface ShopChanges {
  inserted: string[];
  updated: string[];
  deleted: string[];
}

/** A row as it is found for changing; `sku` and `name` say what its text is about. */
interface Found {
  sku: string | null;
  customerId: number | null;
  id: number | null;
  name: string;
  text: string | null;
}

interface TableShape {
  readonly key: readonly ('id' | 'sku' | 'customerId')[];
  /** One row per row of the table, in the shape of {@link Found}. */
  readonly select: string;
  /** Which of them nothing refers to. */
  readonly free: string;
  readonly update: string;
  readonly remove: string;
  readonly newText: (row: Found, random: Random) => string;
}

const aboutProduct = (row: Found): ShopProduct => productOf(row.sku ?? '', row.name);

const SHAPES: Readonly<Record<ShopTable, TableShape>> = {
  customers: {
    key: ['id'],
    select: `SELECT id, NULL AS customerId, NULL AS sku, '' AS name, notes AS text FROM customers`,
    free: 'id NOT IN (SELECT customer_id FROM orders) AND id NOT IN (SELECT customer_id FROM reviews)',
    update: 'UPDATE customers SET notes = ? WHERE id = ?',
    remove: 'DELETE FROM customers WHERE id = ?',
    newText: (_row, random) => note(random),
  },
  products: {
    key: ['sku'],
    select: `SELECT NULL AS id, NULL AS customerId, sku, name, description AS text FROM products`,
    free: 'sku NOT IN (SELECT product_sku FROM orders) AND sku NOT IN (SELECT product_sku FROM reviews)',
    update: 'UPDATE products SET description = ? WHERE sku = ?',
    remove: 'DELETE FROM products WHERE sku = ?',
    newText: (row, random) => describe(aboutProduct(row), random),
  },
  orders: {
    key: ['id'],
    select: `SELECT o.id, o.customer_id AS customerId, p.sku, p.name, o.comment AS text
             FROM orders AS o JOIN products AS p ON p.sku = o.product_sku`,
    free: 'TRUE',
    update: 'UPDATE orders SET comment = ? WHERE id = ?',
    remove: 'DELETE FROM orders WHERE id = ?',
    newText: (row, random) => comment(aboutProduct(row), random),
  },
  reviews: {
    key: ['sku', 'customerId'],
    select: `SELECT NULL AS id, r.customer_id AS customerId, p.sku, p.name, r.body AS text
             FROM reviews AS r JOIN products AS p ON p.sku = r.product_sku`,
    free: 'TRUE',
    update: 'UPDATE reviews SET body = ? WHERE product_sku = ? AND customer_id = ?',
    remove: 'DELETE FROM reviews WHERE product_sku = ? AND customer_id = ?',
    newText: (row, random) => review(aboutProduct(row), random.between(1, 5), random).body,
  },
};

/**
 * Inserts, updates and deletes random rows of one table, in one transaction. An update changes the text (notes,
 * description, comment or body) to another one. Only customers and products that no order and no review refers to are
 * deleted: 30 % of a new shop's.
 * @throws PlumblineError `SOURCE_BUSY`; `SAMPLE_INVALID` if the file is no sample shop, `SAMPLE_TOO_FEW_ROWS` if there are not so many
 * rows to change; nothing is changed then
 */
export function mutateShop(path: string, change: ShopChange): ShopChanges {
  const db = openShop(path);
  try {
    return db.transaction(() => apply(db, change))();
  } catch (error) {
    throw isBusy(error) ? busy(path, error) : error;
  } finally {
    db.close();
  }
}

/** True for a file that `writeSampleShop` has made. One that is locked just now counts as such: nothing waits for it here. */
export function isSampleShop(path: string): boolean {
  try {
    openShop(path, { readonly: true, timeout: 0 }).close();
    return true;
  } catch (error) {
    return hasCode(error, 'SOURCE_BUSY');
  }
}

function openShop(path: string, options: Database.Options = {}): Database.Database {
  const invalid = (cause?: unknown): PlumblineError =>
    new PlumblineError('SAMPLE_INVALID', `${path} is not a sample shop.`, {
      hint: 'Make one with: npm run sample -- --out shop.sqlite',
      cause,
    });
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { ...options, fileMustExist: true });
    const tables = new Set(db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all());
    const isOurs = db.pragma('application_id', { simple: true }) === SHOP_APPLICATION_ID;
    if (!isOurs || !SHOP_TABLES.every((table) => tables.has(table))) throw invalid();
    db.pragma('foreign_keys = ON');
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw busy(path, error);
    throw error instanceof PlumblineError ? error : invalid(error);
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

const busy = (path: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_BUSY', `${path} is locked by another program`, {
    hint: 'Another program is writing to it; try again when it is done. Nothing was changed.',
    retryable: true,
    cause,
  });

function apply(
  db: Database.Database,
  { table, inserts, updates, deletes, seed = 1 }: ShopChange,
): ShopChanges {
  const shape = SHAPES[table];
  const random = new Random(seed, SHOP_TABLES.indexOf(table), 301);
  const read = (where: string) =>
    db
      .prepare(`SELECT * FROM (${shape.select}) WHERE ${where} ORDER BY ${shape.key.join(', ')}`)
      .iterate() as IterableIterator<Found>;

  const toDelete = sample(read(shape.free), deletes, random);
  const deleted = toDelete.map((row) => externalKey(row, shape));
  const isDeleted = new Set(deleted);
  const toUpdate = sample(read('TRUE'), updates, random, (row) => !isDeleted.has(externalKey(row, shape)));
  if (toDelete.length < deletes || toUpdate.length < updates) {
    throw new PlumblineError(
      'SAMPLE_TOO_FEW_ROWS',
      `Table ${table} has too few rows for ${updates} updates and ${deletes} deletes.`,
      {
        hint: `At most ${toDelete.length} rows can be deleted and ${toUpdate.length} updated beside them.`,
      },
    );
  }
  // Inserts come first: a key that is about to be deleted must not come back.
  const inserted = Array.from({ length: inserts }, () => externalKey(insertOne(db, table, random), shape));
  for (const row of toUpdate)
    db.prepare(shape.update).run(anotherText(row, shape, random), ...keyOf(row, shape));
  for (const row of toDelete) db.prepare(shape.remove).run(...keyOf(row, shape));
  return { inserted, updated: toUpdate.map((row) => externalKey(row, shape)), deleted };
}

/** `count` rows, each as likely as any other, in the order of `rows`; constant memory. Algorithm R, Waterman. */
function sample(
  rows: Iterable<Found>,
  count: number,
  random: Random,
  accept = (_row: Found): boolean => true,
): Found[] {
  const chosen: { row: Found; seen: number }[] = [];
  let seen = 0;
  for (const row of rows) {
    if (!accept(row)) continue;
    const slot = seen < count ? seen : random.below(seen + 1);
    if (slot < count) chosen[slot] = { row, seen };
    seen++;
  }
  return chosen.sort((a, b) => a.seen - b.seen).map(({ row }) => row);
}

function keyOf(row: Found, shape: TableShape): (string | number)[] {
  return shape.key.map((column) => row[column] ?? '');
}

function externalKey(row: Found, shape: TableShape): string {
  return formatKey(
    keyOf(row, shape).map((value) => (typeof value === 'string' ? textPart(value) : integerPart(value))),
  );
}

function anotherText(row: Found, shape: TableShape, random: Random): string {
  for (;;) {
    const text = shape.newText(row, random);
    if (text !== row.text) return text;
  }
}

/** Inserts one new row and says how to find it. */
function insertOne(db: Database.Database, table: ShopTable, random: Random): Found {
  const found: Found = { id: null, customerId: null, sku: null, name: '', text: null };
  switch (table) {
    case 'customers':
    case 'orders': {
      const id = nextNumber(db, `SELECT max(id) FROM ${table}`);
      insert(
        db,
        table,
        table === 'customers'
          ? customerRow(id, random)
          : orderRow(id, anyCustomer(db, random), anyProduct(db, random), random),
      );
      return { ...found, id };
    }
    case 'products': {
      const number = nextNumber(db, 'SELECT max(CAST(substr(sku, 5) AS INTEGER)) FROM products');
      const row = productRow(random.below(2 ** 31), number);
      insert(db, table, row);
      return { ...found, sku: String(row[0]) };
    }
    case 'reviews': {
      const { product, customerId } = newPair(db, random);
      insert(db, table, reviewRow(customerId, product, random));
      return { ...found, sku: product.sku, customerId };
    }
    default:
      return table satisfies never;
  }
}

function insert(db: Database.Database, table: ShopTable, row: ShopRow): void {
  db.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`).run(...row);
}

function nextNumber(db: Database.Database, maximum: string): number {
  return 1 + Number(db.prepare(maximum).pluck().get());
}

function newPair(db: Database.Database, random: Random): { product: ShopProduct; customerId: number } {
  const known = db.prepare('SELECT 1 FROM reviews WHERE product_sku = ? AND customer_id = ?');
  for (;;) {
    const pair = { product: anyProduct(db, random), customerId: anyCustomer(db, random) };
    if (known.get(pair.product.sku, pair.customerId) === undefined) return pair;
  }
}

function anyCustomer(db: Database.Database, random: Random): number {
  return Number(anyRow(db, 'customers', 'id', random)['id']);
}

function anyProduct(db: Database.Database, random: Random): ShopProduct {
  const { sku, name } = anyRow(db, 'products', 'sku, name', random);
  return productOf(String(sku), String(name));
}

/** The first row at or after a random rowid, so that a big table costs one look-up. */
function anyRow(
  db: Database.Database,
  table: 'customers' | 'products',
  columns: string,
  random: Random,
): Record<string, unknown> {
  const last = Number(db.prepare(`SELECT max(rowid) FROM ${table}`).pluck().get());
  const from = random.between(1, last);
  return db
    .prepare(`SELECT ${columns} FROM ${table} WHERE rowid >= ? ORDER BY rowid LIMIT 1`)
    .get(from) as Record<string, unknown>;
}
