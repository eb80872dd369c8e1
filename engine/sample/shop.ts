/**
 * The sample shop: a SQLite database with customers, products, orders and reviews in varied English, of any size, the
 * same for the same seed. Something to try Plumbline on, and data that tests know everything about.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { PlumblineError } from '../errors.ts';
import { Random } from './random.ts';
import {
  customerRow,
  orderRow,
  productAt,
  productRow,
  reviewRow,
  SHOP_APPLICATION_ID,
  SHOP_INDEXES,
  SHOP_SCHEMA,
  SHOP_TABLES,
  type ShopRow,
  type ShopTable,
} from './rows.ts';

export { isSampleShop, mutateShop, type ShopChange, type ShopChanges } from './mutate.ts';
export { SHOP_TABLES, type ShopTable } from './rows.ts';

export const MIN_SHOP_ROWS = 2_000;
export const MAX_SHOP_ROWS = 1_000_000;
const DEFAULT_SEED = 1;
const CHUNK_ROWS = 5_000;
/** Seeds who reviews a product first; unlike any other use of the seed. */
const REVIEWER = 201;
/** Customers and products beyond this share are new: nothing refers to them yet, so they can be deleted. */
const REFERRED_SHARE = 0.7;

export interface SampleShopOptions {
  /** Rows over all tables, from 2,000 to 1,000,000. */
  rows: number;
  /** Another whole number gives other data. */
  seed?: number;
  /** Replace an existing file. It must not be open anywhere. */
  overwrite?: boolean;
  /** Abort leaves nothing behind; an existing file stays as it was. */
  signal?: AbortSignal;
  /** Called every few thousand rows. */
  onProgress?: (progress: { rows: number; total: number }) => void;
}

export interface ShopSummary {
  path: string;
  seed: number;
  /** Rows per table. */
  rows: Record<ShopTable, number>;
}

/**
 * Writes the shop to `path`, in constant memory, under a temporary name that is renamed once everything is on disk.
 * The file is in rollback-journal mode and the same, byte for byte, for the same rows and seed.
 * @throws PlumblineError `SAMPLE_ROWS_INVALID`, `SAMPLE_EXISTS`, `SAMPLE_FOLDER_MISSING`; the signal's reason on abort
 */
export async function writeSampleShop(path: string, options: SampleShopOptions): Promise<ShopSummary> {
  const seed = options.seed ?? DEFAULT_SEED;
  const rows = rowsPerTable(options.rows);
  checkTarget(path, options.overwrite ?? false);
  const temporary = `${path}.${process.pid}.partial`;
  try {
    await fill(temporary, seed, rows, options);
    for (const leftover of leftovers(path)) rmSync(leftover, { force: true });
    publish(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return { path, seed, rows };
}

function rowsPerTable(total: number): Record<ShopTable, number> {
  if (!Number.isInteger(total) || total < MIN_SHOP_ROWS || total > MAX_SHOP_ROWS) {
    throw new PlumblineError('SAMPLE_ROWS_INVALID', `A sample shop of ${total} rows cannot be made.`, {
      hint: `Ask for a whole number of rows from ${MIN_SHOP_ROWS} to ${MAX_SHOP_ROWS}.`,
    });
  }
  const customers = Math.round(total * 0.2);
  const products = Math.round(total * 0.1);
  const reviews = Math.round(total * 0.25);
  return { customers, products, orders: total - customers - products - reviews, reviews };
}

function checkTarget(path: string, overwrite: boolean): void {
  const existing = [path, ...leftovers(path)].find((file) => existsSync(file));
  if (existing !== undefined && !overwrite) {
    throw new PlumblineError('SAMPLE_EXISTS', `${existing} exists already.`, {
      hint: 'Choose another name, or say that it may be replaced (--force).',
    });
  }
  if (!existsSync(dirname(path))) {
    throw new PlumblineError('SAMPLE_FOLDER_MISSING', `The folder ${dirname(path)} does not exist.`, {
      hint: 'Create it first, or choose another folder.',
    });
  }
}

/** SQLite would replay an old database's journal into the new file of the same name. */
const leftovers = (path: string): string[] => [`${path}-journal`, `${path}-wal`, `${path}-shm`];

async function fill(
  path: string,
  seed: number,
  rows: Record<ShopTable, number>,
  { rows: total, signal, onProgress }: SampleShopOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const db = new Database(path);
  try {
    // Nobody sees this file before it is whole, so it needs neither a journal nor a sync per transaction.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    db.exec(SHOP_SCHEMA);
    db.pragma(`application_id = ${SHOP_APPLICATION_ID}`);
    let done = 0;
    for (const table of SHOP_TABLES) {
      const insert = insertInto(db, table);
      for (let first = 1; first <= rows[table]; first += CHUNK_ROWS) {
        const last = Math.min(rows[table], first + CHUNK_ROWS - 1);
        db.transaction(() => {
          for (let number = first; number <= last; number++) insert(rowOf(table, number, seed, rows));
        })();
        done += last - first + 1;
        onProgress?.({ rows: done, total });
        await setImmediate();
        signal?.throwIfAborted();
      }
    }
    db.exec(SHOP_INDEXES);
  } finally {
    db.close();
  }
}

function insertInto(db: Database.Database, table: ShopTable): (row: ShopRow) => void {
  const columns = db.pragma(`table_info(${table})`) as unknown[];
  const statement = db.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`);
  return (row) => void statement.run(...row);
}

/** Row `number` of a table, counted from 1. */
function rowOf(table: ShopTable, number: number, seed: number, rows: Record<ShopTable, number>): ShopRow {
  const random = new Random(seed, SHOP_TABLES.indexOf(table), number);
  const referred = (count: number): number => Math.floor(count * REFERRED_SHARE);
  switch (table) {
    case 'customers':
      return customerRow(number, random);
    case 'products':
      return productRow(seed, number);
    case 'orders': {
      const customerId = 1 + random.below(referred(rows.customers));
      // Squared: some products sell far better than others.
      const product = productAt(seed, 1 + Math.floor(random.next() ** 2 * referred(rows.products)));
      return orderRow(number, customerId, product, random);
    }
    case 'reviews': {
      const pair = reviewPair(number - 1, referred(rows.products), referred(rows.customers), seed);
      return reviewRow(pair.customerId, productAt(seed, pair.product), random);
    }
    default:
      return table satisfies never;
  }
}

/**
 * A pair that no other review has: product by product, each in several rounds with another customer every time. There
 * are fewer than six reviews a product, so steps of a seventh of the customers never meet.
 */
function reviewPair(
  index: number,
  products: number,
  customers: number,
  seed: number,
): { product: number; customerId: number } {
  const product = 1 + (index % products);
  const round = Math.floor(index / products);
  const start = new Random(seed, REVIEWER, product).below(customers);
  return { product, customerId: 1 + ((start + round * Math.floor(customers / 7)) % customers) };
}

function publish(temporary: string, path: string): void {
  sync(temporary);
  renameSync(temporary, path);
  sync(dirname(path));
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
