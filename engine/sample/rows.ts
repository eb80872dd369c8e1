/**
 * The sample shop's tables and rows. Every row is a function of its random numbers and of what it refers to; nothing is
 * kept, so that a million rows need no more memory than a thousand.
 */
import { FIRST_NAMES, LAST_NAMES, PLACES } from './people.ts';
import { PRODUCT_KINDS } from './products.ts';
import { Random } from './random.ts';
import { STOCK_COMMENTS, STOCK_NOTES, STOCK_REVIEWS, WORDS } from './sentences.ts';
import { comment, describe, inventSubject, note, review, type Subject } from './text.ts';

export const SHOP_TABLES = ['customers', 'products', 'orders', 'reviews'] as const;
export type ShopTable = (typeof SHOP_TABLES)[number];

/** Values in the order of the table's columns. */
export type ShopRow = readonly (string | number | null)[];

export interface ShopProduct extends Subject {
  readonly sku: string;
}

/** `plum`, in the file's header: tells a sample shop from a real one that has the same tables, which is never changed. */
export const SHOP_APPLICATION_ID = 0x706c756d;

export const SHOP_SCHEMA = `
  CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    city TEXT,
    country TEXT,
    notes TEXT
  );
  CREATE TABLE products (
    sku TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT,
    price REAL NOT NULL,
    stock INTEGER NOT NULL
  );
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    product_sku TEXT NOT NULL REFERENCES products (sku),
    quantity INTEGER NOT NULL,
    ordered_at TEXT NOT NULL,
    status TEXT NOT NULL,
    comment TEXT
  );
  CREATE TABLE reviews (
    product_sku TEXT NOT NULL REFERENCES products (sku),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    rating INTEGER NOT NULL,
    title TEXT,
    body TEXT,
    PRIMARY KEY (product_sku, customer_id)
  );
`;

/** Created after the rows: filling an index in key order is several times faster. */
export const SHOP_INDEXES = `
  CREATE INDEX orders_customer ON orders (customer_id);
  CREATE INDEX orders_product ON orders (product_sku);
  CREATE INDEX reviews_customer ON reviews (customer_id);
`;

/** Share of rows whose text is a stock phrase or, for products, that of an earlier product. */
const REPEATED = 0.07;
/**
 * Apart from each other, so that a product's subject (needed by every order of it) costs no description. Beyond the table
 * numbers that seed the other rows.
 */
const STREAM = { subject: 101, stock: 102, description: 103 };
const FIRST_ORDER_MS = Date.UTC(2023, 0, 1);
const ORDER_INTERVAL_MS = 61_000;
const STATUSES = [
  'paid',
  'packed',
  'shipped',
  'delivered',
  'delivered',
  'delivered',
  'returned',
  'cancelled',
];

export function customerRow(id: number, random: Random): ShopRow {
  const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
  const [city, country] = random.pick(PLACES);
  const email = random.chance(0.04) ? null : `${asciiName(first)}.${asciiName(last)}${id}@example.com`;
  const notes = random.chance(0.3) ? null : random.chance(REPEATED) ? random.pick(STOCK_NOTES) : note(random);
  return [id, `${first} ${last}`, email, random.chance(0.04) ? null : city, country, notes];
}

/** Product `number`, from 1, of the shop with this seed: what orders and reviews of it are about. */
export function productAt(seed: number, number: number): ShopProduct {
  const { random, parent } = productSource(seed, number);
  if (parent === null) {
    const subject = inventSubject(random);
    return { ...subject, sku: skuFor(subject, number) };
  }
  const original = productAt(seed, parent);
  const name = `${original.name.replace(/, [^,]+$/, '')}, ${random.pick(WORDS['colour'] ?? [])}`;
  return { kind: original.kind, name, sku: skuFor(original, number) };
}

export function productRow(seed: number, number: number): ShopRow {
  const { sku, name, kind } = productAt(seed, number);
  const random = new Random(seed, STREAM.stock, number);
  const [low, high] = kind.price;
  const price = random.between(low, high) - 0.05;
  const description = random.chance(0.02) ? null : descriptionOf(seed, number);
  return [sku, name, kind.category, description, price, random.chance(0.1) ? 0 : random.between(1, 400)];
}

/** A colour variant has the description of the product it varies. */
function descriptionOf(seed: number, number: number): string {
  const { parent } = productSource(seed, number);
  return parent === null
    ? describe(productAt(seed, number), new Random(seed, STREAM.description, number))
    : descriptionOf(seed, parent);
}

function productSource(seed: number, number: number): { random: Random; parent: number | null } {
  const random = new Random(seed, STREAM.subject, number);
  const varies = random.chance(REPEATED) && number > 1;
  return { random, parent: varies ? random.between(Math.max(1, number - 50), number - 1) : null };
}

const skuFor = ({ kind }: Subject, number: number): string =>
  `${kind.code}-${String(number).padStart(6, '0')}`;

/** What a product read back from the database is about. */
export function productOf(sku: string, name: string): ShopProduct {
  const kind = PRODUCT_KINDS.find(({ code }) => sku.startsWith(code)) ?? PRODUCT_KINDS[0];
  if (kind === undefined) throw new RangeError('the shop sells nothing');
  return { sku, name, kind };
}

export function orderRow(id: number, customerId: number, product: ShopProduct, random: Random): ShopRow {
  const orderedAt = new Date(FIRST_ORDER_MS + id * ORDER_INTERVAL_MS)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ');
  const quantity = random.chance(0.8) ? 1 : random.between(2, 6);
  return [
    id,
    customerId,
    product.sku,
    quantity,
    orderedAt,
    random.pick(STATUSES),
    orderComment(product, random),
  ];
}

function orderComment(product: ShopProduct, random: Random): string | null {
  if (random.chance(0.15)) return null;
  return random.chance(REPEATED) ? random.pick(STOCK_COMMENTS) : comment(product, random);
}

export function reviewRow(customerId: number, product: ShopProduct, random: Random): ShopRow {
  const rating = random.pick([1, 2, 3, 4, 4, 5, 5, 5]);
  const { title, body } = review(product, rating, random);
  const text = random.chance(0.03) ? null : random.chance(REPEATED) ? random.pick(STOCK_REVIEWS) : body;
  return [product.sku, customerId, rating, random.chance(0.1) ? null : title, text];
}

/** Latin letters without accents; names in other scripts become `client`. */
function asciiName(name: string): string {
  const plain = name
    .normalize('NFD')
    .replace(/[^a-z]/gi, '')
    .toLowerCase();
  return plain === '' ? 'client' : plain;
}
