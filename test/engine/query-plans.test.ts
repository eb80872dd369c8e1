/** How SQLite runs the catalog's statements: a page of a million rows must not cost a look at all of them. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import { temporaryFolder } from '../support/workspace.ts';

/** The statements that opening the catalog prepares, each with its plan. */
function plans(): { sql: string; plan: string }[] {
  const { prepare } = Database.prototype;
  const prepared: string[] = [];
  Database.prototype.prepare = function observed(this: Database.Database, sql: string) {
    prepared.push(sql);
    return prepare.call(this, sql);
  } as typeof prepare;
  onTestFinished(() => void (Database.prototype.prepare = prepare));
  const path = join(temporaryFolder(), 'catalog.db');
  openCatalogForWriting(path).close();
  Database.prototype.prepare = prepare;
  const db = new Database(path);
  try {
    return prepared.map((sql) => ({ sql, plan: planOf(db, sql) }));
  } finally {
    db.close();
  }
}

/** Values change nothing about a plan here, but there have to be as many as the statement takes. */
function planOf(db: Database.Database, sql: string): string {
  const statement = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const named = Object.fromEntries([...sql.matchAll(/:(\w+)/g)].map(([, name]) => [name, null]));
  const values = Object.keys(named).length > 0 ? [named] : Array.from(sql.matchAll(/\?/g), () => null);
  return statement
    .all(...values)
    .map((row) => row.detail)
    .join('; ');
}

test('no page is sorted out of all rows, but for those that are ranked or named for people', () => {
  const all = plans();
  expect(all.length).toBeGreaterThan(100);
  const sorted = all.filter(
    ({ sql, plan }) => /ORDER BY[^)]*LIMIT/.test(sql) && plan.includes('TEMP B-TREE FOR ORDER BY'),
  );
  const isForPeople = ({ sql }: { sql: string }): boolean => /bm25|ORDER BY t\.name/.test(sql);
  expect(sorted.filter((found) => !isForPeople(found))).toEqual([]);
});
